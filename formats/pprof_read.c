/*
 * Reading pprof: what `go tool pprof` reads and Go, perf_to_profile, gperftools (by pprof -proto),
 * py-spy, Datadog, Pyroscope and ddrec itself write: profile.proto, bare, in gzip or in zlib.
 *
 * The first value of a profile is a count of samples. If the file has one, "samples" of "count",
 * that comes first; else, or if samples of another kind lack it, each counts as one. The other
 * values follow as they are; what is shown is what the file calls its default, or in a file without
 * samples its last.
 *
 * Threads come of labels, under the names that ddrec, Datadog and others give them
 * (pprof_labels.c). Where no sample has any, the main program's name stands for the process.
 */
#include "formats/gzip.h"
#include "formats/import.h"
#include "formats/pprof_proto.h"
#include "formats/pprof_reader.h"

#include <inttypes.h>
#include <string.h>

enum {
	SNIFF_BYTES = 1 << 14,
	MAX_FRAMES_PER_BYTE = 16, /* of the file: inlining makes more frames than there are ids */
	FREE_FRAMES = 1 << 20,
};

static void auto_reader_ptr(struct pprof_reader *r)
{
	free(r->strings);
	free(r->modules);
	free(r->frames);
	free(r->first_frame);
	pprof_labels_fini(&r->labels);
}

static bool no_memory(const struct pprof_reader *r, struct err *err)
{
	return err_set(err, "%s: no memory for the profile", r->name);
}

/* Strings: checked, so in range; an index of a file without strings is 0. */

uint32_t pprof_reader_string(struct pprof_reader *r, uint64_t string)
{
	if (!r->f->n_strings)
		return 0;
	if (!r->strings[string]) {
		const struct pprof_file_string *s = &r->f->strings[string];
		r->strings[string] = profile_add_string_n(r->p,
					     (const char *)r->f->data->data + s->offset, s->len) +
			1;
	}
	return r->strings[string] - 1;
}

const char *pprof_reader_text(struct pprof_reader *r, uint64_t string)
{
	return profile_string(r->p, pprof_reader_string(r, string));
}

/* Value types. */

static bool is_sample_count(struct pprof_reader *r, const struct pprof_file_value_type *t)
{
	const char *type = pprof_reader_text(r, t->type);
	size_t len = strlen(type);
	return !strcmp(pprof_reader_text(r, t->unit), "count") &&
		(!strcmp(type, "sample") || (len >= 7 && !strcmp(type + len - 7, "samples")));
}

static void add_value_type(struct pprof_reader *r, size_t i)
{
	const struct pprof_file_value_type *t = &r->f->value_types[i];
	size_t n = r->p->n_value_types;
	const char *type = pprof_reader_text(r, t->type);
	uint32_t added = profile_add_value_type(
		r->p, strcmp(type, "sample") ? type : "samples", pprof_reader_text(r, t->unit));
	r->values[i] = added == n ? added : PROFILE_NONE;
	if (added != n)
		profile_add_note(r->p, "value types that occur twice in the file, left out", 1);
	else if (r->f->default_type && t->type == r->f->default_type)
		r->p->meta.main_value = added;
}

/* Whether each sample that has any value has that one. Files with values of several kinds, such as
 * CPU time and allocations, count the samples of each kind; none of them counts all. */
static bool counts_all_samples(struct pprof_reader *r, size_t value)
{
	AUTO(auto_pprof_file_sample) struct pprof_file_sample s = { 0 };
	struct cursor at = pprof_samples(r->f);
	struct err ignored = { 0 }; /* it comes again when samples are read */
	while (r->f->n_value_types > 2 && pprof_next_sample(r->f, &at, &s, &ignored)) {
		bool any = false;
		for (size_t i = 0; i < s.n_values; i++)
			any |= s.values[i] != 0;
		if (any && !s.values[value])
			return false;
	}
	return true;
}

static void add_value_types(struct pprof_reader *r)
{
	size_t n = r->f->n_value_types, count = 0;
	while (count < n && !is_sample_count(r, &r->f->value_types[count]))
		count++;
	if (count < n && !counts_all_samples(r, count))
		count = n;
	r->adds_count = count == n;
	if (r->adds_count)
		profile_add_value_type(r->p, "samples", "count");
	else
		add_value_type(r, count);
	for (size_t i = 0; i < n; i++)
		if (i != count)
			add_value_type(r, i);
	if (r->adds_count && !r->p->meta.main_value)
		r->p->meta.main_value = (uint32_t)r->p->n_value_types - 1;
}

/* Samples. */

static bool is_no_stack(const struct pprof_reader *r, const struct pprof_file_sample *s)
{
	if (s->n_locations != 1)
		return !s->n_locations;
	const struct pprof_file_location *l = &r->f->locations[s->locations[0]];
	const struct profile_frame *frame =
		&r->p->frames[r->frames[r->first_frame[s->locations[0]]]];
	return l->mapping == PPROF_NONE && !l->address &&
		!strcmp(profile_string(r->p, r->p->functions[frame->function].name), "[no stack]");
}

static bool add_stack(struct pprof_reader *r, const struct pprof_file_sample *s,
	uint32_t *ret_stack, struct err *err)
{
	uint32_t stack = PROFILE_NO_STACK;
	for (size_t i = is_no_stack(r, s) ? 0 : s->n_locations; i-- > 0;) {
		uint32_t first = r->first_frame[s->locations[i]];
		uint32_t end = r->first_frame[s->locations[i] + 1];
		for (uint32_t k = first; k < end; k++)
			stack = profile_add_stack(r->p, stack, r->frames[k]);
		r->n_walked += end - first;
		if ((r->n_walked - MIN(r->n_walked, (uint64_t)FREE_FRAMES)) / MAX_FRAMES_PER_BYTE >
			r->f->data->len)
			return err_set(err,
				"%s: pprof: up to the sample at offset %zu there are %" PRIu64
				" frames, too many for its size",
				r->name, s->offset, r->n_walked);
	}
	*ret_stack = stack;
	return true;
}

/* The profile's values of a sample; false: one that is not shown. */
static bool take_values(struct pprof_reader *r, const struct pprof_file_sample *s, int64_t *values)
{
	values[0] = 1; /* unless the file has it */
	for (size_t i = 0; i < s->n_values; i++) {
		if (s->values[i] < 0) {
			profile_add_note(r->p,
				"samples with negative values, as differences of profiles have, "
				"left out",
				1);
			return false;
		}
		if (r->values[i] != PROFILE_NONE)
			values[r->values[i]] = s->values[i];
	}
	if (!values[0])
		profile_add_note(r->p, "samples with a count of 0, left out", 1);
	return values[0] != 0;
}

static bool add_to_totals(struct pprof_reader *r, const struct pprof_file_sample *s,
	const int64_t *values, struct err *err)
{
	for (size_t i = 0; i < r->p->n_value_types; i++) {
		if (values[i] > INT64_MAX / 2 - r->totals[i])
			return err_set(err,
				"%s: pprof: up to the sample at offset %zu its values add up to "
				"more than 2^62",
				r->name, s->offset);
		r->totals[i] += values[i];
	}
	return true;
}

static bool add_sample(struct pprof_reader *r, const struct pprof_file_sample *s, struct err *err)
{
	int64_t values[65];
	struct pprof_thread_labels thread;
	struct profile_sample sample = { .cpu = PROFILE_NONE };
	if (!take_values(r, s, values))
		return true;
	if (!add_to_totals(r, s, values, err) || !add_stack(r, s, &sample.stack, err))
		return false;
	uint64_t time_ns = pprof_labels_read(&r->labels, s, &thread);
	if (thread.has_others)
		profile_add_note(r->p, "samples with further labels, which are left out", 1);
	sample.thread = pprof_labels_thread(&r->labels, r->p, pprof_reader_string(r, thread.name),
		pprof_reader_string(r, thread.process_name), &thread);
	sample.time_ns = time_ns - MIN(time_ns, r->p->meta.start_real_ns);
	if (r->p->has_times)
		profile_add_sample(r->p, &sample, values);
	else
		profile_sum_sample(r->p, sample.thread, sample.stack, values);
	return !profile_failed(r->p) || no_memory(r, err);
}

/* Times are kept when every sample has one. */
static bool have_times(struct pprof_reader *r, struct pprof_file_sample *s, struct err *err)
{
	struct cursor at = pprof_samples(r->f);
	struct pprof_thread_labels thread;
	size_t n = 0;
	for (; pprof_next_sample(r->f, &at, s, err); n++) {
		thread.has_time = false;
		pprof_labels_read(&r->labels, s, &thread);
		if (!thread.has_time)
			return false;
	}
	return n > 0;
}

static bool add_samples(struct pprof_reader *r, struct err *err)
{
	AUTO(auto_pprof_file_sample) struct pprof_file_sample s = { 0 };
	struct cursor at = pprof_samples(r->f);
	err->text[0] = '\0';
	r->p->has_times = have_times(r, &s, err);
	if (err->text[0])
		return false;
	while (pprof_next_sample(r->f, &at, &s, err))
		if (!add_sample(r, &s, err))
			return false;
	return !err->text[0];
}

/* Where no sample has a label for it: after the main program, the first mapping of one. */
static void name_process(struct pprof_reader *r)
{
	uint32_t name = 0;
	for (size_t i = 0; !name && i < r->f->n_mappings; i++) {
		const struct profile_module *m = &r->p->modules[r->modules[i]];
		name = m->kind == PROFILE_USER ? m->name : 0;
	}
	for (size_t i = 0; !r->labels.has_threads && i < r->p->n_threads; i++)
		r->p->threads[i].process_name = name;
}

static bool fill_profile(struct pprof_reader *r, struct err *err)
{
	r->strings = calloc(r->f->n_strings + 1, sizeof *r->strings);
	if (!r->strings || !pprof_labels_init(&r->labels, r->f))
		return no_memory(r, err);
	add_value_types(r);
	pprof_reader_add_meta(r);
	if (!pprof_reader_add_modules(r) || !pprof_reader_add_locations(r))
		return no_memory(r, err);
	if (!add_samples(r, err))
		return false;
	name_process(r);
	r->p->health.is_untold = true;
	r->p->health.n_samples = r->p->health.n_shown;
	return !profile_failed(r->p) || no_memory(r, err);
}

static bool read_profile(const struct import_input *in, struct profile *p, struct err *err)
{
	AUTO_BUF struct buf data = BUF_INIT;
	AUTO(auto_pprof_file) struct pprof_file f = { 0 };
	AUTO(auto_reader) struct pprof_reader r = { .f = &f, .p = p, .name = in->name };
	return gunzip_file(in->fd, in->bytes, in->name, &data, err) &&
		pprof_decode(&f, &data, in->name, err) && fill_profile(&r, err);
}

/* Recognition. */

/* Whether the file has fields of that number and wire type. */
static bool is_field(uint64_t number, uint64_t wire)
{
	if (number == PROFILE_COMMENT)
		return wire == PB_VARINT || wire == PB_BYTES;
	if ((number >= PROFILE_SAMPLE_TYPE && number <= PROFILE_STRING_TABLE) ||
		number == PROFILE_PERIOD_TYPE)
		return wire == PB_BYTES;
	return number >= PROFILE_DROP_FRAMES && number <= PROFILE_DOC_URL && wire == PB_VARINT;
}

static bool is_value_type(struct cursor c)
{
	struct pb_field field;
	while (pb_next(&c, &field))
		if (field.number > VALUE_TYPE_UNIT || field.wire != PB_VARINT)
			return false;
	return !c.failed;
}

/* Whole fields from the start on, a value type among them, and only the last one cut. */
static bool is_profile(const uint8_t *start, size_t n)
{
	struct cursor c = cursor_make(start, n);
	bool has_value_type = false;
	while (cursor_left(&c)) {
		struct cursor head = c;
		struct pb_field field;
		uint64_t tag = cursor_uleb(&head);
		if (!head.failed && !is_field(tag >> 3, tag & 7))
			return false;
		if (!pb_next(&c, &field))
			break;
		if (field.number != PROFILE_SAMPLE_TYPE)
			continue;
		if (!is_value_type(field.bytes))
			return false;
		has_value_type = true;
	}
	return has_value_type;
}

static bool is_mine(const uint8_t *start, size_t n)
{
	uint8_t unpacked[SNIFF_BYTES];
	if (gunzip_knows(start, n))
		return is_profile(unpacked, gunzip_start(start, n, unpacked, sizeof unpacked));
	return is_profile(start, n);
}

const struct import_format import_pprof = { "pprof", is_mine, read_profile };
