/*
 * pprof: profile.proto in gzip, as `go tool pprof`, speedscope, Perfetto, Pyroscope and Parca read
 * it. docs/pprof.md says what is written where, and what is lost.
 *
 * The profile is turned into pprof's tables first (pprof_tables.h), then written field by field;
 * the strings come last, for only then are all known. Memory grows with the tables, not with the
 * file.
 *
 * What readers need: samples/count comes first and what should be shown last, since speedscope
 * shows the last; every location has a line, or speedscope drops it; no doc_url, or Perfetto does
 * not know the file; system_name is the linkage name and empty where there is none, or pprof cuts
 * names of C++ short; the same value types and period type for the same kind of recording, or pprof
 * merges and compares nothing.
 */
#include "formats/format.h"
#include "formats/gzip.h"
#include "formats/pprof_comments.h"
#include "formats/pprof_mappings.h"
#include "formats/pprof_proto.h"
#include "formats/pprof_sums.h"
#include "formats/protobuf.h"

#include <string.h>

enum { PASS_BYTES = 1 << 16 };

struct pprof_writer {
	const struct profile *p;
	struct gzip_writer gzip;
	struct pprof_tables tables;
	struct pprof_sums sums;
	struct pprof_mappings mappings;
	uint64_t *counts;                /* of samples, by stack */
	struct buf out, message, inside; /* what is written, and messages at work */
	uint32_t thread, tid, pid, comm, timestamp, nanoseconds; /* strings */
};

static void auto_writer_ptr(struct pprof_writer *w)
{
	pprof_tables_fini(&w->tables);
	pprof_sums_fini(&w->sums);
	pprof_mappings_fini(&w->mappings);
	free(w->counts);
	buf_fini(&w->out);
	buf_fini(&w->message);
	buf_fini(&w->inside);
}

static bool no_memory(struct err *err)
{
	return err_set(err, "pprof: out of memory");
}

/* The message becomes a field of the file. */
static bool end_message(struct pprof_writer *w, uint32_t number, struct err *err)
{
	pb_message(&w->out, number, &w->message);
	buf_clear(&w->message);
	return w->out.len < PASS_BYTES || gzip_pass(&w->gzip, &w->out, err);
}

/* Values. */

static size_t count_values(const struct profile *p)
{
	return MAX(p->n_value_types, (size_t)1);
}

/* CPU time has one name, whichever clock counted it, so that profiles of two machines merge. */
static bool is_cpu_time(const struct profile *p, size_t i)
{
	const char *type = profile_value_name(p, i);
	return profile_counts_time(p, i) &&
		(!strncmp(type, "cpu-clock", 9) || !strncmp(type, "task-clock", 10));
}

static void add_value_type(struct pprof_writer *w, size_t i)
{
	const struct profile *p = w->p;
	const char *type = is_cpu_time(p, i) ? "cpu" : profile_value_name(p, i);
	const char *unit = profile_value_unit(p, i);
	pb_u64(&w->message, VALUE_TYPE_TYPE, pprof_add_string(&w->tables, type));
	pb_u64(&w->message, VALUE_TYPE_UNIT, pprof_add_string(&w->tables, unit));
}

static bool write_value_types(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < count_values(w->p); i++) {
		add_value_type(w, i);
		if (!end_message(w, PROFILE_SAMPLE_TYPE, err))
			return false;
	}
	return true;
}

/* Samples. */

static void add_label(
	struct pprof_writer *w, uint32_t key, uint32_t str, uint64_t num, uint32_t unit)
{
	buf_clear(&w->inside);
	pb_u64(&w->inside, LABEL_KEY, key);
	pb_u64(&w->inside, LABEL_STR, str);
	pb_u64(&w->inside, LABEL_NUM, num);
	pb_u64(&w->inside, LABEL_NUM_UNIT, unit);
	pb_message(&w->message, SAMPLE_LABEL, &w->inside);
}

static void add_thread(struct pprof_writer *w, uint32_t thread)
{
	const struct pprof_thread *t = &w->tables.threads[thread];
	if (t->name)
		add_label(w, w->thread, t->name, 0, 0);
	if (t->tid)
		add_label(w, w->tid, 0, t->tid, 0);
	if (t->pid)
		add_label(w, w->pid, 0, t->pid, 0);
	if (t->process_name)
		add_label(w, w->comm, t->process_name, 0, 0);
}

static void add_stack(struct pprof_writer *w, uint32_t stack)
{
	buf_clear(&w->inside);
	for (; stack != PROFILE_NO_STACK; stack = w->tables.stacks[stack].parent)
		buf_uleb(&w->inside, (uint64_t)w->tables.stacks[stack].location + 1);
	pb_message(&w->message, SAMPLE_LOCATION_ID, &w->inside);
}

static void add_sample(
	struct pprof_writer *w, const struct pprof_sum *sample, const int64_t *values)
{
	add_stack(w, sample->stack);
	buf_clear(&w->inside);
	for (size_t i = 0; i < count_values(w->p); i++)
		buf_uleb(&w->inside, (uint64_t)values[i]);
	pb_message(&w->message, SAMPLE_VALUE, &w->inside);
	add_thread(w, sample->thread);
	w->counts[sample->stack] += (uint64_t)values[0];
}

static const int64_t *values_of(const struct profile *p, size_t sample)
{
	static const int64_t one = 1;
	return p->n_value_types ? &p->values[sample * p->n_value_types] : &one;
}

static struct pprof_sum place_of(struct pprof_writer *w, size_t sample)
{
	return (struct pprof_sum){ pprof_thread(&w->tables, w->p->samples[sample].thread),
		pprof_stack(&w->tables, w->p->samples[sample].stack) };
}

/* All stacks and threads, and the sums unless samples are written one by one. */
static bool collect(struct pprof_writer *w, bool one_by_one, struct err *err)
{
	w->sums.n_values = count_values(w->p);
	for (size_t i = 0; i < w->p->n_samples; i++) {
		struct pprof_sum place = place_of(w, i);
		if (w->tables.failed ||
			(!one_by_one &&
				!pprof_sums_add(
					&w->sums, place.thread, place.stack, values_of(w->p, i))))
			return no_memory(err);
	}
	w->counts = calloc(w->tables.n_stacks + 1, sizeof *w->counts);
	return w->counts || no_memory(err);
}

static bool write_sums(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < w->sums.n; i++) {
		add_sample(w, &w->sums.sums[i], &w->sums.values[i * w->sums.n_values]);
		if (!end_message(w, PROFILE_SAMPLE, err))
			return false;
	}
	return true;
}

/* One by one, with the time of day of each, or, where that is unknown, since the start. */
static bool write_each(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < w->p->n_samples; i++) {
		struct pprof_sum place = place_of(w, i);
		add_sample(w, &place, values_of(w->p, i));
		add_label(w, w->timestamp, 0, w->p->meta.start_real_ns + w->p->samples[i].time_ns,
			w->nanoseconds);
		if (!end_message(w, PROFILE_SAMPLE, err))
			return false;
	}
	return true;
}

/* Mappings, locations, functions. */

static const char *mapping_name(const struct profile *p, uint32_t module)
{
	const struct profile_module *m = &p->modules[module];
	const char *name = profile_string(p, m->name), *path = profile_string(p, m->path);
	if (m->kind == PROFILE_KERNEL && !strcmp(name, "[kernel]"))
		return "[kernel.kallsyms]";
	return *path ? path : *name ? name : PROFILE_JIT_LABEL;
}

static bool write_mappings(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < w->mappings.n; i++) {
		const struct pprof_mapping *m = &w->mappings.mappings[i];
		const char *build_id = profile_string(w->p, w->p->modules[m->module].build_id);
		struct buf *out = &w->message;
		pb_u64(out, MAPPING_ID, i + 1);
		pb_u64(out, MAPPING_START, m->start);
		pb_u64(out, MAPPING_LIMIT, m->limit);
		pb_u64(out, MAPPING_FILE_OFFSET, m->file_off);
		pb_u64(out, MAPPING_FILENAME,
			pprof_add_string(&w->tables, mapping_name(w->p, m->module)));
		pb_u64(out, MAPPING_BUILD_ID, pprof_add_string(&w->tables, build_id));
		pb_bool(out, MAPPING_HAS_FUNCTIONS, m->has_functions);
		pb_bool(out, MAPPING_HAS_FILENAMES, m->has_filenames);
		pb_bool(out, MAPPING_HAS_LINE_NUMBERS, m->has_line_numbers);
		pb_bool(out, MAPPING_HAS_INLINE_FRAMES, m->has_inline_frames);
		if (!end_message(w, PROFILE_MAPPING, err))
			return false;
	}
	return true;
}

static void add_line(struct pprof_writer *w, const struct pprof_line *line)
{
	buf_clear(&w->inside);
	pb_u64(&w->inside, LINE_FUNCTION_ID, (uint64_t)line->function + 1);
	pb_u64(&w->inside, LINE_LINE, line->line);
	pb_message(&w->message, LOCATION_LINE, &w->inside);
}

static bool write_locations(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < w->tables.n_locations; i++) {
		const struct pprof_location *l = &w->tables.locations[i];
		uint32_t mapping = l->module == PROFILE_NONE ? 0 : w->mappings.of_module[l->module];
		uint64_t shift = mapping && l->pc ? w->mappings.mappings[mapping - 1].shift : 0;
		pb_u64(&w->message, LOCATION_ID, i + 1);
		pb_u64(&w->message, LOCATION_MAPPING_ID, mapping);
		pb_u64(&w->message, LOCATION_ADDRESS, l->pc + shift);
		for (uint32_t k = 0; k < l->n_lines; k++)
			add_line(w, &w->tables.lines[l->first_line + k]);
		if (!end_message(w, PROFILE_LOCATION, err))
			return false;
	}
	return true;
}

static bool write_functions(struct pprof_writer *w, struct err *err)
{
	for (size_t i = 0; i < w->tables.n_functions; i++) {
		const struct pprof_function *f = &w->tables.functions[i];
		pb_u64(&w->message, FUNCTION_ID, i + 1);
		pb_u64(&w->message, FUNCTION_NAME, f->name);
		pb_u64(&w->message, FUNCTION_SYSTEM_NAME, f->system_name);
		pb_u64(&w->message, FUNCTION_FILENAME, f->file);
		if (!end_message(w, PROFILE_FUNCTION, err))
			return false;
	}
	return true;
}

/* What is said of the whole. */

static uint64_t period_ns(const struct profile_meta *meta)
{
	return meta->frequency_hz ? (1000000000 + meta->frequency_hz / 2) / meta->frequency_hz : 0;
}

static bool write_meta(struct pprof_writer *w, struct err *err)
{
	const struct profile *p = w->p;
	size_t last = count_values(p) - 1;
	pb_u64(&w->out, PROFILE_TIME_NANOS, p->meta.start_real_ns);
	pb_u64(&w->out, PROFILE_DURATION_NANOS, p->meta.duration_ns);
	add_value_type(w, last);
	if (!end_message(w, PROFILE_PERIOD_TYPE, err))
		return false;
	pb_u64(&w->out, PROFILE_PERIOD, profile_counts_time(p, last) ? period_ns(&p->meta) : 0);
	pprof_add_comments(&w->tables, &w->out);
	if (p->meta.main_value && p->meta.main_value < p->n_value_types)
		pb_u64(&w->out, PROFILE_DEFAULT_SAMPLE_TYPE,
			pprof_string(&w->tables, p->value_types[p->meta.main_value].type));
	return true;
}

static bool write_strings(struct pprof_writer *w, struct err *err)
{
	const struct string_table *strings = &w->tables.strings;
	for (size_t i = 0; i < strings->n; i++) {
		pb_bytes(&w->out, PROFILE_STRING_TABLE, strings->entries[i].str,
			strings->entries[i].len);
		if (w->out.len >= PASS_BYTES && !gzip_pass(&w->gzip, &w->out, err))
			return false;
	}
	return gzip_pass(&w->gzip, &w->out, err);
}

static bool write_fields(struct pprof_writer *w, bool one_by_one, struct err *err)
{
	if (!write_value_types(w, err))
		return false;
	if (!(one_by_one ? write_each(w, err) : write_sums(w, err)))
		return false;
	if (!pprof_mappings_build(&w->mappings, &w->tables, w->counts))
		return no_memory(err);
	if (!write_mappings(w, err) || !write_locations(w, err) || !write_functions(w, err) ||
		!write_meta(w, err))
		return false;
	return w->tables.failed ? no_memory(err) : write_strings(w, err);
}

static bool init_writer(struct pprof_writer *w, const struct format_options *options)
{
	struct pprof_tables *t = &w->tables;
	if (!pprof_tables_init(t, w->p, options->tree.no_inline))
		return false;
	w->thread = pprof_add_string(t, "thread");
	w->tid = pprof_add_string(t, "tid");
	w->pid = pprof_add_string(t, "pid");
	w->comm = pprof_add_string(t, "comm");
	w->timestamp = pprof_add_string(t, "timestamp");
	w->nanoseconds = pprof_add_string(t, "nanoseconds");
	return !t->failed;
}

static bool pprof_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO_FREE struct pprof_writer *w = calloc(1, sizeof *w);
	if (options->timestamps && !p->has_times)
		return err_set(err, "--timestamps: the profile has no times");
	if (!w)
		return no_memory(err);
	w->p = p;
	bool ok = init_writer(w, options) || no_memory(err);
	ok = ok && collect(w, options->timestamps, err);
	if (ok) {
		ok = gzip_open(&w->gzip, out, err);
		ok = ok && gzip_close(&w->gzip, write_fields(w, options->timestamps, err), err);
	}
	auto_writer_ptr(w);
	return ok;
}

const struct format format_pprof = {
	.name = "pprof",
	.summary = "for `go tool pprof` and what reads its profiles",
	.default_file = "profile.pb.gz",
	.needs_threads = true,
	.needs_addresses = true,
	.is_binary = true,
	.write = pprof_write,
};
