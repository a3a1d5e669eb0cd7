/*
 * Reading a recording in two passes: see recording.h.
 */
#include "report/recording.h"

/*
 * A small file can decompress to a thousand times its size, so what a trace may take in memory
 * depends on the size of its file. Real ones stay far below: an event takes 140 bytes in memory and
 * at least 3.8 in the file (measured: dlopen_loop), a sample 100 and 2.7 (deep_recursion).
 */
static const uint64_t event_bytes_free = 256 << 20, event_bytes_per_byte = 128;
static const uint64_t samples_free = 1 << 20, samples_per_byte = 2;

static bool read_events(struct recording *rec, const struct trace_block *block, struct err *err)
{
	struct trace_event event;
	while (trace_reader_event(rec->reader, &event)) {
		if (!replay_add_event(rec->replay, &event, err))
			return false;
	}
	rec->last_ns = MAX(rec->last_ns, block->last_ns);
	return true;
}

static bool read_file(struct recording *rec, struct err *err)
{
	struct trace_file file;
	struct trace_kernel_symbol symbol;

	if (!trace_reader_file(rec->reader, &file))
		return true;
	if (file.kind == TRACE_FILE_VDSO)
		module_table_set_vdso(rec->modules, file.data, file.size_bytes);
	while (file.kind == TRACE_FILE_KERNEL_SYMBOLS &&
		trace_reader_kernel_symbol(rec->reader, &symbol)) {
		if (!kernel_symbols_add(&rec->kernel_symbols, &symbol))
			return err_set(err, "no memory for the kernel's symbols");
	}
	return true;
}

static bool read_all_but_samples(struct recording *rec, struct err *err)
{
	struct trace_block block;
	while (trace_reader_next(rec->reader, &block, err)) {
		bool ok = true;
		if (block.kind == TRACE_BLOCK_EVENTS)
			ok = read_events(rec, &block, err);
		else if (block.kind == TRACE_BLOCK_FILE)
			ok = read_file(rec, err);
		else if (block.kind == TRACE_BLOCK_STATS)
			rec->has_stats = trace_reader_stats(rec->reader, &rec->stats);
		if (!ok)
			return false;
	}
	kernel_symbols_sort(&rec->kernel_symbols);
	return !err->text[0];
}

bool recording_open(const char *path, struct recording **ret_rec, struct err *err)
{
	AUTO(recording_close) struct recording *rec = calloc(1, sizeof(*rec));
	if (!rec)
		return err_set(err, "no memory");
	if (!trace_reader_open(path, &rec->reader, err))
		return false;
	rec->meta = trace_reader_meta(rec->reader);
	rec->arch = arch_find(rec->meta->arch);
	if (!rec->arch)
		return err_set(err, "%s: recorded on an unknown architecture, '%.32s'", path,
			rec->meta->arch);
	rec->modules = module_table_new();
	rec->replay = rec->modules ? replay_new(rec->modules) : NULL;
	if (!rec->replay)
		return err_set(err, "no memory");
	uint64_t file_bytes = trace_reader_file_bytes(rec->reader);
	replay_limit(rec->replay, event_bytes_free + file_bytes * event_bytes_per_byte);
	rec->samples_left = samples_free + file_bytes * samples_per_byte;
	if (!read_all_but_samples(rec, err) || !replay_start(rec->replay, err) ||
		!trace_reader_rewind(rec->reader, err))
		return false;
	*ret_rec = TAKE(rec);
	return true;
}

void recording_close(struct recording *rec)
{
	if (!rec)
		return;
	replay_free(rec->replay);
	kernel_symbols_fini(&rec->kernel_symbols);
	module_table_free(rec->modules);
	trace_reader_close(rec->reader);
	free(rec);
}

/* Steps to the next block of samples. */
static bool next_block(struct recording *rec, struct err *err)
{
	uint64_t file_bytes = trace_reader_file_bytes(rec->reader);
	struct trace_block block;
	while (trace_reader_next(rec->reader, &block, err)) {
		rec->done = (double)block.file_off / (double)MAX(file_bytes, (uint64_t)1);
		rec->in_samples = block.kind == TRACE_BLOCK_SAMPLES;
		rec->block_left = block.n_records;
		if (rec->in_samples)
			return true;
	}
	rec->in_samples = false;
	return false;
}

/* Counts the blocks' samples from here to the end, without decompressing them. */
static bool leave_out_the_rest(struct recording *rec, struct err *err)
{
	rec->n_left_out += rec->in_samples ? rec->block_left : 0;
	while (next_block(rec, err))
		rec->n_left_out += rec->block_left;
	return !err->text[0];
}

/* Applies what events came after the last sample, so that the counts are of all. Returns false:
 * there are no more samples. */
static bool finish(struct recording *rec, struct err *err)
{
	if (!err->text[0])
		(void)!replay_advance(rec->replay, UINT64_MAX, err);
	return false;
}

bool recording_next_sample(struct recording *rec, struct trace_sample *ret_sample,
	struct replay_thread *ret_thread, struct err *err)
{
	if (!rec->samples_left && !leave_out_the_rest(rec, err))
		return false;
	while (!rec->in_samples || !trace_reader_sample(rec->reader, ret_sample)) {
		if (!next_block(rec, err))
			return finish(rec, err);
	}
	/* At the seams of the recorder's rounds time may step back a little; the replay does not.
	 */
	rec->last_ns = MAX(rec->last_ns, ret_sample->time_ns);
	rec->samples_left--;
	rec->block_left--;
	return replay_advance(rec->replay, ret_sample->time_ns, err) &&
		replay_find_thread(rec->replay, ret_sample->pid, ret_sample->tid, ret_thread, err);
}

const struct replay_counts *recording_counts(const struct recording *rec)
{
	return replay_counts(rec->replay);
}

const struct trace_damage *recording_damage(const struct recording *rec)
{
	return trace_reader_damage(rec->reader);
}

const char *recording_name(const struct recording *rec)
{
	return trace_reader_name(rec->reader);
}
