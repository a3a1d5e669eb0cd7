/*
 * Opening a recording and handing out its batches: see recording.h.
 */
#include "report/recording.h"

#include <string.h>

/*
 * A small file can decompress to a thousand times its size, so what a trace may take in memory
 * depends on the size of its file. Real ones stay far below: an event takes 150 bytes in memory and
 * at least 3.8 in the file (measured: dlopen_loop), a sample 100 and 2.7 (deep_recursion).
 */
static const uint64_t event_bytes_free = 256 << 20, event_bytes_per_byte = 128;
static const uint64_t samples_free = 1 << 20, samples_per_byte = 2;

/* The sink of the first pass. */

static bool take_event(void *ctx, const struct trace_event *event, struct err *err)
{
	struct recording *rec = ctx;
	return replay_log_add(rec->log, event, err);
}

static bool take_file(void *ctx, const struct trace_file *file, struct err *err UNUSED)
{
	struct recording *rec = ctx;
	if (file->kind == TRACE_FILE_VDSO)
		module_table_set_vdso(rec->modules, file->data, file->size_bytes);
	return true;
}

static bool add_symbol(
	struct kernel_symbols *symbols, const struct trace_kernel_symbol *symbol, struct err *err)
{
	return kernel_symbols_add(symbols, symbol) ||
		err_set(err, "no memory for the kernel's symbols");
}

static bool take_kernel_symbol(void *ctx, const struct trace_kernel_symbol *symbol, struct err *err)
{
	struct recording *rec = ctx;
	return add_symbol(&rec->kernel_symbols, symbol, err);
}

static struct input_sink sink_of(struct recording *rec)
{
	return (struct input_sink){ take_event, take_file, take_kernel_symbol, rec };
}

/* What the input is of. */

static bool find_arch(struct recording *rec, struct err *err)
{
	rec->meta = &rec->in->meta;
	rec->arch = arch_find(rec->meta->arch);
	return rec->arch ||
		err_set(err, "%s: recorded on an unknown architecture, '%.32s'", rec->in->name,
			rec->meta->arch);
}

static bool read_all_but_samples(struct recording *rec, struct err *err)
{
	rec->modules = module_table_new();
	if (rec->modules)
		module_table_use_cache(rec->modules, rec->cache);
	rec->log = rec->modules ? replay_log_new(rec->modules) : NULL;
	if (!rec->log)
		return err_set(err, "no memory");
	replay_log_limit(rec->log, event_bytes_free + rec->in->file_bytes * event_bytes_per_byte);
	struct input_sink sink = sink_of(rec);
	if (!rec->in->format->read_events(rec->in, &sink, err) || !replay_log_sort(rec->log, err))
		return false;
	kernel_symbols_sort(&rec->kernel_symbols);
	return true;
}

/* No batch has been handed out. */
static void start_anew(struct recording *rec)
{
	rec->samples_left = samples_free + rec->in->file_bytes * samples_per_byte;
	rec->last_ns = rec->n_samples = rec->n_left_out = rec->n_mappings_left_out = 0;
	rec->damage = rec->in->damage;
}

bool recording_open_file(struct trace_input *file, const struct recording_options *options,
	struct recording **ret_rec, struct err *err)
{
	AUTO(recording_close) struct recording *rec = calloc(1, sizeof(*rec));
	if (!rec) {
		trace_input_close(file);
		return err_set(err, "no memory");
	}
	pthread_mutex_init(&rec->lock, NULL);
	rec->cache = options->cache;
	if (!input_open_file(file, &rec->in, err) || !find_arch(rec, err) ||
		!read_all_but_samples(rec, err) ||
		!input_choose_event(rec->in, options->event, err))
		return false;
	start_anew(rec);
	*ret_rec = TAKE(rec);
	return true;
}

bool recording_open(const char *path, const struct recording_options *options,
	struct recording **ret_rec, struct err *err)
{
	struct trace_input file;
	return trace_input_open(&file, path, err) &&
		recording_open_file(&file, options, ret_rec, err);
}

bool recording_rewind(struct recording *rec, struct err *err)
{
	start_anew(rec);
	return input_choose_event(rec->in, rec->meta->event, err);
}

void recording_close(struct recording *rec)
{
	if (!rec)
		return;
	pthread_mutex_destroy(&rec->lock);
	replay_log_free(rec->log);
	kernel_symbols_fini(&rec->kernel_symbols);
	module_table_free(rec->modules);
	input_close(rec->in);
	free(rec);
}

/* Lets no more samples through than the file is trusted with. */
static void limit_batch(struct recording *rec, struct input_batch *batch)
{
	uint32_t n = (uint32_t)MIN((uint64_t)batch->n_samples, rec->samples_left);
	rec->n_left_out += batch->n_samples - n;
	rec->samples_left -= n;
	batch->n_samples = n;
}

bool recording_next_batch(struct recording *rec, struct input_batch *ret_batch, struct err *err)
{
	pthread_mutex_lock(&rec->lock);
	bool ok = rec->in->format->next_batch(rec->in, ret_batch, err);
	if (ok) {
		limit_batch(rec, ret_batch);
		ret_batch->after_ns = rec->last_ns;
		rec->n_samples += ret_batch->n_samples;
		rec->last_ns = MAX(rec->last_ns, ret_batch->last_ns);
	}
	pthread_mutex_unlock(&rec->lock);
	return ok;
}

double recording_done(struct recording *rec)
{
	uint64_t n = recording_sample_count(rec);
	pthread_mutex_lock(&rec->lock);
	double done = n ? (double)rec->n_samples / (double)n : 1;
	pthread_mutex_unlock(&rec->lock);
	return MIN(done, 1.0);
}

uint64_t recording_sample_count(const struct recording *rec)
{
	for (uint32_t i = 0; i < rec->in->n_events; i++) {
		if (rec->in->events[i].name == rec->meta->event)
			return rec->in->events[i].n_samples;
	}
	return 0;
}

/* Those of the addresses that have no name yet. */
static size_t find_nameless(const struct kernel_symbols *symbols, const uint64_t *addresses,
	size_t n, uint64_t *ret_nameless)
{
	size_t n_nameless = 0;
	for (size_t i = 0; i < n; i++) {
		if (!kernel_symbols_find(symbols, addresses[i]))
			ret_nameless[n_nameless++] = addresses[i];
	}
	return n_nameless;
}

static bool take_known(void *ctx, const struct trace_kernel_symbol *symbol, struct err *err)
{
	return add_symbol(ctx, symbol, err);
}

/* Adds those of `known` from number `from` on to the recording's. */
static bool add_known(
	struct recording *rec, const struct kernel_symbols *known, size_t from, struct err *err)
{
	for (size_t i = from; i < known->n; i++) {
		if (!add_symbol(&rec->kernel_symbols, &known->symbols[i], err))
			return false;
	}
	kernel_symbols_sort(&rec->kernel_symbols);
	return true;
}

static bool name_kernel(struct recording *rec, const uint64_t *addresses, size_t n,
	struct kernel_symbols *known, struct err *err)
{
	AUTO_FREE uint64_t *nameless = calloc(n + 1, sizeof(*nameless));
	const struct kernel_place *place = &rec->in->kernel;
	struct input_sink sink = { .kernel_symbol = take_known, .ctx = known };

	if (!nameless || (place->symbol && !kernel_cache_load(rec->cache, place, known)))
		return err_set(err, "no memory for the kernel's symbols");
	size_t n_loaded = known->n;
	if (!add_known(rec, known, 0, err))
		return false;
	n = find_nameless(&rec->kernel_symbols, addresses, n, nameless);
	if (!n)
		return true;
	if (!rec->in->format->kernel_symbols(rec->in, nameless, n, &sink, err))
		return false;
	if (place->symbol && known->n > n_loaded)
		kernel_cache_store(rec->cache, place, known);
	return add_known(rec, known, n_loaded, err);
}

bool recording_lacks_kernel_names(const struct recording *rec)
{
	return rec->in->format->kernel_symbols;
}

bool recording_name_kernel(
	struct recording *rec, const uint64_t *addresses, size_t n, struct err *err)
{
	/* What the cache may keep: not the names that the file itself gives, which would then name
	 * addresses in all other recordings of that kernel. */
	struct kernel_symbols known = { 0 };
	bool ok = !recording_lacks_kernel_names(rec) || name_kernel(rec, addresses, n, &known, err);
	kernel_symbols_fini(&known);
	return ok;
}

uint64_t recording_end_ns(const struct recording *rec)
{
	uint64_t end_ns = rec->last_ns;
	size_t n = replay_log_count(rec->log);
	if (rec->in->has_stats)
		return rec->in->stats.end_mono_ns;
	return n ? MAX(end_ns, replay_log_at(rec->log, n - 1)->event.time_ns) : end_ns;
}

const struct replay_counts *recording_counts(const struct recording *rec)
{
	return replay_log_counts(rec->log);
}

const struct trace_damage *recording_damage(const struct recording *rec)
{
	return &rec->damage;
}

const char *recording_name(const struct recording *rec)
{
	return rec->in->name;
}
