/*
 * The second pass: a batch of samples, read into memory at once and decoded one by one. In the
 * order of time they lie all over one round of perf's rings, in the file they lie close together;
 * so they are read in the order of the file, neighbours with one call.
 */
#include "report/perf_input.h"
#include "report/perf_reuse.h"
#include "report/perf_sample.h"
#include "report/perf_walk.h"

#include <string.h>

enum { GAP_BYTES = 4096 }; /* as much is read in vain rather than calling once more */

struct input_decoder {
	struct perf_input *p;
	const struct perf_desc *desc;
	const struct perf_entry *entries; /* of the batch */
	uint32_t n, next;
	const uint8_t *records[PERF_BATCH_SAMPLES]; /* NULL: could not be read */
	uint32_t order[PERF_BATCH_SAMPLES];         /* entries by place */
	uint8_t *buffer;
	size_t buffer_bytes;
	struct perf_sample_room room;
	struct perf_reuse reuse;
	uint8_t deferred[PERF_MAX_RECORD_BYTES + 1];
	struct trace_damage damage;
	uint64_t told[PERF_N_TOLD];
};

bool perf_decoder_new(struct input *in, struct input_decoder **ret_decoder, struct err *err)
{
	struct input_decoder *d = calloc(1, sizeof(*d));
	if (!d)
		return err_set(err, "no memory");
	d->p = perf_input_of(in);
	d->desc = &d->p->header.descs[d->p->desc_of_event[d->p->chosen]];
	*ret_decoder = d;
	return true;
}

void perf_decoder_free(struct input_decoder *d, struct trace_damage *damage)
{
	damage->n_bad_records += d->damage.n_bad_records;
	if (d->damage.why[0])
		perf_file_damaged(damage, d->damage.why_at, "%s", d->damage.why);
	for (size_t i = 0; i < PERF_N_TOLD; i++)
		__atomic_fetch_add(&d->p->told[i].count, d->told[i], __ATOMIC_RELAXED);
	free(d->buffer);
	free(d);
}

static void bad_sample(struct input_decoder *d, perf_place place, const char *what)
{
	uint64_t at = perf_place_offset(place);
	d->damage.n_bad_records++;
	perf_file_damaged(&d->damage, at, "the sample at offset %llu%s %s", (unsigned long long)at,
		perf_place_is_unpacked(place) ? " of the decompressed data" : "", what);
}

static int compare_places(const void *a, const void *b, void *ctx)
{
	const struct perf_entry *entries = ctx;
	perf_place left = entries[*(const uint32_t *)a].place;
	perf_place right = entries[*(const uint32_t *)b].place;
	return (left > right) - (left < right);
}

static uint64_t end_of(perf_place place)
{
	return perf_place_offset(place) + perf_place_size(place);
}

/* How many of the entries from number i on, in order of place, are read with one call. */
static uint32_t run_length(const struct input_decoder *d, uint32_t i)
{
	uint32_t n = 1;
	for (; i + n < d->n; n++) {
		perf_place last = d->entries[d->order[i + n - 1]].place;
		perf_place place = d->entries[d->order[i + n]].place;
		if (perf_place_is_unpacked(place) != perf_place_is_unpacked(last) ||
			perf_place_offset(place) - end_of(last) > GAP_BYTES)
			break;
	}
	return n;
}

static uint64_t run_bytes(const struct input_decoder *d, uint32_t i, uint32_t n)
{
	return end_of(d->entries[d->order[i + n - 1]].place) -
		perf_place_offset(d->entries[d->order[i]].place);
}

/* Room for all runs, each with some bytes to be as aligned as it is in the file. */
static bool make_room(struct input_decoder *d, struct err *err)
{
	size_t bytes = 0;
	for (uint32_t i = 0, n; i < d->n; i += n) {
		n = run_length(d, i);
		bytes += run_bytes(d, i, n) + 16;
	}
	if (bytes <= d->buffer_bytes)
		return true;
	free(d->buffer);
	d->buffer = malloc(bytes);
	d->buffer_bytes = d->buffer ? bytes : 0;
	return d->buffer || err_set(err, "no memory for a batch of samples");
}

/* Reads n entries from number i on into the buffer at `at`; returns how far it is filled, 0 on a
 * failure. */
static size_t read_run(struct input_decoder *d, uint32_t i, uint32_t n, size_t at, struct err *err)
{
	perf_place first = d->entries[d->order[i]].place;
	uint64_t start = perf_place_offset(first), bytes = run_bytes(d, i, n);
	size_t n_read;
	at = (at + 7) / 8 * 8 + start % 8;
	if (!trace_input_read(perf_source_of(&d->p->source, first), start, d->buffer + at, bytes,
		    &n_read, err))
		return 0;
	for (; n > 0; i++, n--) {
		perf_place place = d->entries[d->order[i]].place;
		bool is_there = end_of(place) - start <= n_read;
		d->records[d->order[i]] =
			is_there ? d->buffer + at + (perf_place_offset(place) - start) : NULL;
	}
	return at + bytes;
}

static void order_by_place(struct input_decoder *d)
{
	bool is_in_order = true;
	for (uint32_t i = 0; i < d->n; i++) {
		d->order[i] = i;
		is_in_order = is_in_order && (!i || d->entries[i - 1].place < d->entries[i].place);
	}
	if (!is_in_order)
		qsort_r(d->order, d->n, sizeof(d->order[0]), compare_places,
			(void *)(uintptr_t)d->entries);
}

bool perf_decoder_begin(struct input_decoder *d, const struct input_batch *batch, struct err *err)
{
	size_t at = 0;
	d->entries = d->p->indexes[d->p->chosen].entries + batch->at;
	d->n = batch->n_samples;
	d->next = 0;
	perf_reuse_clear(&d->reuse);
	order_by_place(d);
	if (!make_room(d, err)) {
		d->n = 0;
		return false;
	}
	for (uint32_t i = 0, n; i < d->n; i += n) {
		n = run_length(d, i);
		at = read_run(d, i, n, at, err);
		if (!at)
			return false;
	}
	return true;
}

static const struct perf_deferred *find_deferred(
	const struct perf_input *p, uint64_t cookie, uint32_t tid)
{
	size_t low = 0, n = p->n_deferred;
	while (n > 0) {
		const struct perf_deferred *middle = &p->deferred[low + n / 2];
		bool is_before =
			middle->cookie < cookie || (middle->cookie == cookie && middle->tid < tid);
		low = is_before ? low + n / 2 + 1 : low;
		n = is_before ? n - n / 2 - 1 : n / 2;
	}
	const struct perf_deferred *found = &p->deferred[low];
	return low < p->n_deferred && found->cookie == cookie && found->tid == tid ? found : NULL;
}

/* Adds the user's call chain that came in a record of its own. */
static bool add_deferred(struct input_decoder *d, struct trace_sample *sample,
	struct perf_sample_extra *extra, struct err *err)
{
	const struct perf_deferred *found = find_deferred(d->p, extra->cookie, sample->tid);
	size_t n = 0;
	if (found &&
		!trace_input_read(perf_source_of(&d->p->source, found->place),
			perf_place_offset(found->place), d->deferred, perf_place_size(found->place),
			&n, err))
		return false;
	if (!found || n < perf_place_size(found->place) ||
		!perf_sample_add_deferred(
			d->deferred, found->n_bytes, d->p->arch, &d->room, sample, extra))
		d->told[PERF_TOLD_NO_DEFERRED]++;
	return true;
}

static void count(struct input_decoder *d, const struct perf_sample_extra *extra)
{
	d->told[PERF_TOLD_GUEST] += extra->is_guest;
	d->told[PERF_TOLD_32_BIT] += extra->is_32_bit;
	d->told[PERF_TOLD_CHAIN_CUT] += extra->is_chain_cut;
}

static bool decode(struct input_decoder *d, uint32_t i, struct trace_sample *ret_sample,
	struct perf_sample_extra *extra)
{
	const struct perf_entry *entry = &d->entries[i];
	struct perf_record record;
	if (!d->records[i]) {
		bad_sample(d, entry->place, "is gone: the file became shorter");
		return false;
	}
	uint32_t size = perf_place_size(entry->place);
	if (!perf_record_parse(d->records[i], size, &record) || record.size != size ||
		!perf_sample_read(
			d->desc, d->p->arch, d->records[i], size, &d->room, ret_sample, extra)) {
		bad_sample(d, entry->place, "is malformed");
		return false;
	}
	return true;
}

bool perf_decoder_next(struct input_decoder *d, struct trace_sample *ret_sample, struct err *err)
{
	struct perf_sample_extra extra;
	err->text[0] = 0;
	while (d->next < d->n) {
		uint32_t i = d->next++;
		if (!decode(d, i, ret_sample, &extra))
			continue;
		ret_sample->time_ns = d->entries[i].time_ns;
		if (extra.has_cookie && !add_deferred(d, ret_sample, &extra, err))
			return false;
		count(d, &extra);
		if (ret_sample->stack.n_words)
			perf_reuse_find(&d->reuse, ret_sample->regs[d->p->arch->sp],
				ret_sample->stack.words != d->room.words, ret_sample);
		return true;
	}
	return false;
}
