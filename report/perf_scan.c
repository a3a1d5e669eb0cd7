/*
 * The first pass over a perf.data file: events go to the sink, samples into the index, and what the
 * file does not say outright is worked out on the way: when it began, which vdso it saw.
 *
 * Times. perf makes up records about what it finds at the start, with time 0: they come first. If
 * the kernel gave no times at all, the records are numbered instead, since then they come from one
 * ring and stand in order. If it gave them to samples only (before 2.6.38), an event has the time
 * of the last sample before it.
 */
#include "report/perf_input.h"
#include "report/perf_sideband.h"

#include "common/vdso.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct scan {
	struct perf_input *p;
	const struct input_sink *sink;
	bool has_times;
	uint64_t n_records; /* the time, without times */
	uint64_t last_ns;   /* of the latest sample so far */
	uint64_t min_ns, max_ns;
	uint64_t n_lost;         /* told by the rings, as it happened */
	uint64_t n_lost_samples; /* told by perf at the end, of the same losses */
	bool saw_idle;
};

/* perf's own records that matter to nobody here, or were read with the header. */
static bool is_known(uint32_t type)
{
	static const uint32_t known[] = { PERF_DATA_HEADER_ATTR, PERF_DATA_EVENT_TYPE,
		PERF_DATA_TRACING_DATA, PERF_DATA_FINISHED_ROUND, PERF_DATA_ID_INDEX,
		PERF_DATA_AUXTRACE_INFO, PERF_DATA_THREAD_MAP, PERF_DATA_CPU_MAP,
		PERF_DATA_STAT_CONFIG, PERF_DATA_STAT_ROUND, PERF_DATA_EVENT_UPDATE,
		PERF_DATA_TIME_CONV, PERF_DATA_FEATURE, PERF_DATA_FINISHED_INIT,
		PERF_DATA_BPF_METADATA };
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (known[i] == type)
			return true;
	}
	return false;
}

static void name_unknown(uint32_t type, char *text, size_t size)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{ PERF_DATA_AUXTRACE, "auxtrace" },
		{ PERF_DATA_AUXTRACE_ERROR, "auxtrace error" },
		{ PERF_DATA_STAT, "stat" },
		{ PERF_DATA_SCHEDSTAT_CPU, "schedstat" },
		{ PERF_DATA_SCHEDSTAT_DOMAIN, "schedstat domain" },
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].type == type) {
			snprintf(text, size, "%s records passed over", names[i].name);
			return;
		}
	}
	snprintf(text, size, "records of unknown type %u passed over", type);
}

static bool count_unknown(struct perf_input *p, uint32_t type, struct err *err)
{
	char text[64];
	name_unknown(type, text, sizeof(text));
	size_t i = PERF_N_TOLD;
	if (p->in.n_unknown == PERF_MAX_TOLD)
		snprintf(text, sizeof(text), "records of other unknown types passed over");
	while (i < p->in.n_unknown && strcmp(p->told[i].what, text) != 0)
		i++;
	if (i == PERF_MAX_TOLD)
		i--;
	if (i == p->in.n_unknown) {
		if (i == PERF_MAX_TOLD - 1)
			snprintf(text, sizeof(text), "records of other unknown types passed over");
		p->told[i].what = arena_join(&p->header.arena, text, "", "");
		if (!p->told[i].what)
			return err_set(err, "no memory");
		p->in.n_unknown++;
	}
	p->told[i].count++;
	return true;
}

/* The event that a record is of; false: not told, or unknown. */
static bool find_desc(struct scan *s, const struct perf_record *record, uint32_t *ret_desc)
{
	struct perf_header *h = &s->p->header;
	*ret_desc = 0;
	return h->n_descs == 1 ||
		perf_header_find(h, perf_record_id(record, &h->descs[0]), ret_desc);
}

static uint64_t note_time(struct scan *s, uint64_t time_ns)
{
	if (time_ns) {
		s->min_ns = MIN(s->min_ns, time_ns);
		s->max_ns = MAX(s->max_ns, time_ns);
	}
	return time_ns;
}

static bool bad_record(struct scan *s, const struct perf_record *record)
{
	uint64_t at = perf_place_offset(record->place);
	s->p->in.damage.n_bad_records++;
	perf_file_damaged(&s->p->in.damage, at,
		"the record of type %u at offset %llu%s is malformed", record->type,
		(unsigned long long)at,
		perf_place_is_unpacked(record->place) ? " of the decompressed data" : "");
	return true;
}

static bool take_sample(struct scan *s, const struct perf_record *record, struct err *err)
{
	struct perf_input *p = s->p;
	uint32_t desc;
	uint64_t who;
	if (!find_desc(s, record, &desc) || p->event_of_desc[desc] == perf_no_event)
		return bad_record(s, record);
	const struct perf_desc *d = &p->header.descs[desc];
	uint64_t time_ns = s->has_times ? perf_record_time_ns(record, d) : s->n_records;
	s->last_ns = MAX(s->last_ns, time_ns);
	note_time(s, time_ns);
	if (perf_record_word(record, d, d->layout.sample_tid, -1, &who) && who == 0)
		s->saw_idle = true;
	return perf_index_add(&p->indexes[p->event_of_desc[desc]], time_ns, record->place) ||
		err_set(err, "no memory for an index of samples");
}

static bool take_deferred(struct scan *s, const struct perf_record *record,
	const struct perf_desc *desc, struct err *err)
{
	struct perf_input *p = s->p;
	uint64_t who;
	struct cursor c = cursor_make(record->bytes, record->n_bytes);
	cursor_skip(&c, PERF_RECORD_HEADER_BYTES);
	uint64_t cookie = cursor_u64(&c);
	if (c.failed || !perf_record_word(record, desc, -1, desc->layout.trailer_tid, &who))
		return bad_record(s, record);
	if (p->n_deferred == p->cap_deferred) {
		size_t cap = p->cap_deferred ? p->cap_deferred * 2 : 256;
		struct perf_deferred *more = realloc(p->deferred, cap * sizeof(*more));
		if (!more)
			return err_set(err, "no memory for deferred call chains");
		p->deferred = more;
		p->cap_deferred = cap;
	}
	p->deferred[p->n_deferred++] = (struct perf_deferred){
		.cookie = cookie,
		.tid = (uint32_t)(who >> 32),
		.n_bytes = record->size - desc->layout.trailer_words * 8u,
		.place = record->place,
	};
	return true;
}

static uint64_t time_of_event(struct scan *s, const struct trace_event *event)
{
	if (!s->has_times)
		return s->n_records;
	return s->p->header.descs[0].layout.trailer_words ? note_time(s, event->time_ns)
							  : s->last_ns;
}

static bool hand_on_event(struct scan *s, struct trace_event *event, struct err *err)
{
	event->time_ns = time_of_event(s, event);
	if (event->kind == TRACE_LOST)
		s->n_lost += event->lost.count;
	if (event->kind == TRACE_MMAP && event->mmap.build_id.len &&
		strcmp(event->mmap.path, "[vdso]") == 0)
		s->p->vdso_id = event->mmap.build_id;
	return s->sink->event(s->sink->ctx, event, err);
}

static bool take_sideband(struct scan *s, const struct perf_record *record, struct err *err)
{
	struct perf_input *p = s->p;
	struct trace_event event;
	struct trace_kernel_symbol symbol;
	uint32_t desc;
	if (!find_desc(s, record, &desc))
		desc = 0; /* perf's made-up records have no id */
	const struct perf_desc *d = &p->header.descs[desc];
	if (record->type == PERF_DATA_CALLCHAIN_DEFERRED)
		return take_deferred(s, record, d, err);
	switch (perf_sideband_read(record, d, &event, &symbol)) {
	case PERF_SIDEBAND_EVENT:
		return hand_on_event(s, &event, err);
	case PERF_SIDEBAND_KERNEL_MAP:
		perf_kernel_note(&p->kernel, &event.mmap);
		return true;
	case PERF_SIDEBAND_SYMBOL:
		return s->sink->kernel_symbol(s->sink->ctx, &symbol, err);
	case PERF_SIDEBAND_LOST_SAMPLES:
		s->n_lost_samples += event.lost.count;
		return true;
	case PERF_SIDEBAND_KNOWN:
		note_time(s, s->has_times ? event.time_ns : s->n_records);
		return true;
	case PERF_SIDEBAND_UNKNOWN:
		return count_unknown(p, record->type, err);
	case PERF_SIDEBAND_MALFORMED:
		break;
	}
	return bad_record(s, record);
}

static bool take_record(void *ctx, const struct perf_record *record, struct err *err)
{
	struct scan *s = ctx;
	s->n_records++;
	if (record->type == PERF_RECORD_SAMPLE)
		return take_sample(s, record, err);
	if (record->type < PERF_DATA_HEADER_ATTR)
		return take_sideband(s, record, err);
	if (record->type == PERF_DATA_BUILD_ID) {
		struct cursor c = cursor_make(record->bytes, record->n_bytes);
		cursor_skip(&c, PERF_RECORD_HEADER_BYTES);
		return perf_header_build_id(&s->p->header, record->misc, &c) ||
			bad_record(s, record);
	}
	return is_known(record->type) || count_unknown(s->p, record->type, err);
}

/*
 * A ring tells its losses when it has room again; at the end perf (since 6.2) tells those of each
 * event once more, and the ones that no ring told, because nothing came after.
 */
static bool give_lost_samples(struct scan *s, struct err *err)
{
	if (s->n_lost_samples <= s->n_lost)
		return true;
	struct trace_event lost = { .kind = TRACE_LOST, .time_ns = s->max_ns };
	lost.lost.count = s->n_lost_samples - s->n_lost;
	return s->sink->event(s->sink->ctx, &lost, err);
}

/* perf tells all processes but the one that idles. */
static bool give_idle_name(struct scan *s, struct err *err)
{
	struct trace_event event = { .kind = TRACE_COMM, .comm.name = "swapper" };
	return !s->saw_idle || s->sink->event(s->sink->ctx, &event, err);
}

static bool give_build_ids(struct scan *s, struct err *err)
{
	const struct perf_header *h = &s->p->header;
	for (size_t i = 0; i < h->n_build_ids; i++) {
		const struct perf_build_id *b = &h->build_ids[i];
		struct trace_event event = { .kind = TRACE_BUILD_ID };
		event.build_id.path = b->path;
		event.build_id.id = b->id;
		if (b->is_kernel)
			continue;
		if (strcmp(b->path, "[vdso]") == 0)
			s->p->vdso_id = b->id;
		if (!s->sink->event(s->sink->ctx, &event, err))
			return false;
	}
	return true;
}

/* Ours, if it is the recorded one. */
static bool give_vdso(struct scan *s, struct err *err)
{
	struct perf_input *p = s->p;
	struct trace_file file;
	const char *why;
	if (p->arch != arch_native() || !vdso_get(&file))
		return true;
	bool is_same = p->vdso_id.len ? build_id_equal(&p->vdso_id, &file.build_id)
				      : perf_kernel_is_ours(&p->kernel, &p->header, &why);
	return !is_same || s->sink->file(s->sink->ctx, &file, err);
}

/* Without a clock in the file, perf too takes the file's own time for that of the recording. */
static void set_start(struct scan *s)
{
	struct perf_input *p = s->p;
	struct stat st;
	uint64_t start = s->min_ns == UINT64_MAX ? 0 : s->min_ns;
	p->in.meta.start_mono_ns = start;
	p->in.is_untimed = !s->has_times;
	if (p->header.has_clock)
		p->in.meta.start_real_ns = p->header.real_ns + (start - p->header.clock_ns);
	else if (s->has_times && !p->source.file.is_copy && fstat(p->source.file.fd, &st) == 0)
		p->in.meta.start_real_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
			(uint64_t)st.st_mtim.tv_nsec - (s->max_ns - start);
}

static void set_kernel(struct perf_input *p)
{
	const struct build_id *id = perf_header_kernel_id(&p->header);
	if (!p->kernel.symbol[0])
		return;
	p->in.kernel.symbol = p->kernel.symbol;
	p->in.kernel.address = p->kernel.address;
	if (id)
		p->in.kernel.build_id = *id;
}

static int compare_deferred(const void *a, const void *b)
{
	const struct perf_deferred *left = a, *right = b;
	if (left->cookie != right->cookie)
		return left->cookie < right->cookie ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

bool perf_scan(struct perf_input *p, const struct input_sink *sink, struct err *err)
{
	struct scan s = {
		.p = p,
		.sink = sink,
		.has_times = p->header.descs[0].sample_type & PERF_SAMPLE_TIME,
		.min_ns = UINT64_MAX,
	};
	const struct perf_walk_sink walk_sink = { take_record, &s };
	if (!perf_walk(&p->source, &p->extent, &walk_sink, &p->in.damage, err))
		return false;
	if (p->n_deferred)
		qsort(p->deferred, p->n_deferred, sizeof(*p->deferred), compare_deferred);
	for (uint32_t i = 0; i < p->in.n_events; i++)
		p->in.events[i].n_samples = p->indexes[i].n;
	set_start(&s);
	set_kernel(p);
	return give_idle_name(&s, err) && give_lost_samples(&s, err) && give_build_ids(&s, err) &&
		give_vdso(&s, err);
}
