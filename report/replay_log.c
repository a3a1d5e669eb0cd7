/*
 * The events of a recording, sorted: see replay_log.h.
 */
#include "report/replay_log.h"

#include "formats/string_table.h"

#include <string.h>
#include <sys/mman.h>

struct replay_log {
	struct module_table *modules;
	struct replay_event *events;
	size_t n_events, cap_events;
	uint64_t bytes, max_bytes; /* of events and their strings */
	struct string_table strings;
	struct replay_counts counts;
};

struct replay_log *replay_log_new(struct module_table *modules)
{
	struct replay_log *log = calloc(1, sizeof(*log));
	if (log)
		*log = (struct replay_log){ .modules = modules, .max_bytes = UINT64_MAX };
	return log;
}

void replay_log_free(struct replay_log *log)
{
	if (!log)
		return;
	string_table_fini(&log->strings);
	free(log->events);
	free(log);
}

void replay_log_limit(struct replay_log *log, uint64_t max_bytes)
{
	log->max_bytes = max_bytes;
}

static const char *keep_string(struct replay_log *log, const char *str)
{
	size_t n_before = log->strings.n;
	uint32_t id = string_table_add(&log->strings, str, strlen(str));
	if (id == INTERN_NONE)
		return NULL;
	if (log->strings.n > n_before)
		log->bytes += log->strings.entries[id].len;
	return log->strings.entries[id].str;
}

/* The string that an event carries, if it is of a kind that does. */
static const char **event_string(struct trace_event *event)
{
	switch (event->kind) {
	case TRACE_MMAP:
		return &event->mmap.path;
	case TRACE_COMM:
		return &event->comm.name;
	case TRACE_BUILD_ID:
		return &event->build_id.path;
	default:
		return NULL;
	}
}

bool replay_log_add(struct replay_log *log, const struct trace_event *event, struct err *err)
{
	log->bytes += sizeof(struct replay_event);
	if (log->bytes > log->max_bytes) {
		log->counts.n_left_out++;
		return true;
	}
	if (log->n_events == log->cap_events) {
		size_t cap = log->cap_events ? log->cap_events * 2 : 1024;
		struct replay_event *events = realloc(log->events, cap * sizeof(*events));
		if (!events)
			return err_set(err, "no memory for %zu events", cap);
		log->events = events;
		log->cap_events = cap;
	}
	struct replay_event *copy = &log->events[log->n_events];
	*copy = (struct replay_event){ .event = *event, .order = log->n_events };
	const char **str = event_string(&copy->event);
	if (str && !(*str = keep_string(log, *str)))
		return err_set(err, "no memory for the names of events");
	log->n_events++;
	return true;
}

static int compare_events(const void *a, const void *b)
{
	const struct replay_event *left = a, *right = b;
	if (left->event.time_ns != right->event.time_ns)
		return left->event.time_ns < right->event.time_ns ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

static int compare_paths(const void *a, const void *b)
{
	const struct trace_event *const *left = a, *const *right = b;
	return strcmp((*left)->build_id.path, (*right)->build_id.path);
}

static int compare_to_path(const void *key, const void *entry)
{
	const struct trace_event *const *id = entry;
	return strcmp(key, (*id)->build_id.path);
}

/* Gives mappings that came without a build-id the one that the recorder read from the file. */
static bool apply_build_ids(struct replay_log *log)
{
	AUTO_FREE const struct trace_event **ids = calloc(log->n_events + 1, sizeof(*ids));
	size_t n = 0;

	if (!ids)
		return false;
	for (size_t i = 0; i < log->n_events; i++) {
		if (log->events[i].event.kind == TRACE_BUILD_ID)
			ids[n++] = &log->events[i].event;
	}
	qsort(ids, n, sizeof(*ids), compare_paths);
	for (size_t i = 0; n && i < log->n_events; i++) {
		struct trace_event *e = &log->events[i].event;
		if (e->kind != TRACE_MMAP || e->mmap.build_id.len)
			continue;
		const struct trace_event **id =
			bsearch(e->mmap.path, ids, n, sizeof(*ids), compare_to_path);
		if (id)
			e->mmap.build_id = (*id)->build_id.id;
	}
	return true;
}

static bool is_of_code(const struct trace_mmap *mmap)
{
	return mmap->prot & PROT_EXEC && mmap->len && mmap->start + mmap->len > mmap->start;
}

/* Modules are numbered in the order of time, whatever the order in the file. */
static bool find_module(struct replay_log *log, struct replay_event *e)
{
	const struct trace_mmap *mmap = &e->event.mmap;
	if (!is_of_code(mmap))
		return true;
	log->counts.n_mmaps++;
	struct module *m = module_table_get(
		log->modules, module_kind_of_path(mmap->path), mmap->path, &mmap->build_id);
	if (m && !m->first_end) {
		m->first_start = mmap->start;
		m->first_end = mmap->start + mmap->len;
		m->first_file_off = mmap->file_off;
	}
	e->module = m;
	return m;
}

static bool take_account(struct replay_log *log, struct replay_event *e)
{
	struct replay_counts *counts = &log->counts;
	const struct trace_event *event = &e->event;

	counts->n_events++;
	switch (event->kind) {
	case TRACE_MMAP:
		return find_module(log, e);
	case TRACE_COMM:
		counts->n_execs += event->comm.is_exec;
		return true;
	case TRACE_FORK:
		counts->n_forks++;
		return true;
	case TRACE_EXIT:
		counts->n_exits++;
		return true;
	case TRACE_LOST:
		*(event->lost.of_sideband ? &counts->lost_sideband : &counts->lost_samples) +=
			event->lost.count;
		return true;
	case TRACE_THROTTLE:
		counts->throttled += !event->throttle.resumed;
		return true;
	case TRACE_BUILD_ID:
		return true;
	}
	return true;
}

static bool is_sorted(const struct replay_log *log)
{
	for (size_t i = 1; i < log->n_events; i++) {
		if (log->events[i - 1].event.time_ns > log->events[i].event.time_ns)
			return false;
	}
	return true;
}

bool replay_log_sort(struct replay_log *log, struct err *err)
{
	if (!apply_build_ids(log))
		return err_set(err, "no memory for the build-ids of files");
	if (!is_sorted(log))
		qsort(log->events, log->n_events, sizeof(*log->events), compare_events);
	for (size_t i = 0; i < log->n_events; i++) {
		if (!take_account(log, &log->events[i]))
			return err_set(err, "no memory for the files that are mapped");
	}
	return true;
}

size_t replay_log_count(const struct replay_log *log)
{
	return log->n_events;
}

const struct replay_event *replay_log_at(const struct replay_log *log, size_t index)
{
	return &log->events[index];
}

const struct replay_counts *replay_log_counts(const struct replay_log *log)
{
	return &log->counts;
}
