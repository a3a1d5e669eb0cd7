/*
 * perf.data, as perf record writes it (Linux 4 to 7), as an input: see input.h. docs/perf-data.md
 * says what is read. The parts: perf_file.h (the frame), perf_walk.h (the records), perf_scan.c and
 * perf_batch.c (the two passes), perf_sideband.h and perf_sample.h (what a record says).
 */
#include "report/input_formats.h"
#include "report/perf_input.h"

#include <string.h>

static const char *const told_texts[PERF_N_TOLD] = {
	[PERF_TOLD_GUEST] = "samples in a virtual machine's guest, of which nothing is known",
	[PERF_TOLD_32_BIT] = "samples of 32-bit processes, whose stacks are not unwound",
	[PERF_TOLD_CHAIN_CUT] =
		"samples with more than 1024 callers, of which the outer are left out",
	[PERF_TOLD_NO_DEFERRED] = "samples whose user stack was to come later, and did not",
};

static bool is_perf_data(const uint8_t *start, size_t n)
{
	return n >= 8 &&
		(memcmp(start, PERF_FILE_MAGIC, 8) == 0 ||
			memcmp(start, PERF_FILE_MAGIC_SWAPPED, 8) == 0 ||
			memcmp(start, PERF_FILE_MAGIC_OLD, 8) == 0);
}

static void close_perf(struct input *in)
{
	struct perf_input *p = perf_input_of(in);
	for (uint32_t i = 0; p->indexes && i < in->n_events; i++)
		perf_index_fini(&p->indexes[i]);
	free(p->indexes);
	free(p->in.events);
	free(p->event_of_desc);
	free(p->desc_of_event);
	free(p->deferred);
	perf_header_fini(&p->header);
	trace_input_close(&p->source.file);
	trace_input_close(&p->source.unpacked);
	free(p);
}

static struct input_event event_of(const struct perf_desc *desc)
{
	bool is_freq = perf_desc_flag(desc, PERF_FLAG_FREQ);
	return (struct input_event){
		.name = desc->name,
		.is_time = perf_desc_is_time(desc),
		.frequency_hz = is_freq ? (uint32_t)MIN(desc->period, (uint64_t)UINT32_MAX) : 0,
		.period = is_freq ? 0 : desc->period,
	};
}

/* Dummy events make no samples; perf adds one to get at mappings. */
static bool make_events(struct perf_input *p)
{
	size_t n = p->header.n_descs;
	p->in.events = calloc(n, sizeof(*p->in.events));
	p->event_of_desc = calloc(n, sizeof(*p->event_of_desc));
	p->desc_of_event = calloc(n, sizeof(*p->desc_of_event));
	p->indexes = calloc(n, sizeof(*p->indexes));
	if (!p->in.events || !p->event_of_desc || !p->desc_of_event || !p->indexes)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct perf_desc *desc = &p->header.descs[i];
		p->event_of_desc[i] = perf_no_event;
		if (n > 1 && perf_desc_is_dummy(desc))
			continue;
		p->event_of_desc[i] = p->in.n_events;
		p->desc_of_event[p->in.n_events] = (uint32_t)i;
		p->in.events[p->in.n_events++] = event_of(desc);
	}
	return true;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static bool fill_meta(struct perf_input *p, struct err *err)
{
	struct perf_header *h = &p->header;
	const struct arch *native = arch_native();
	const char *arch = h->arch ? h->arch : native ? native->name : "";
	p->arch = arch_find(strcmp(arch, "arm64") == 0 ? "aarch64" : arch);
	if (!p->arch)
		return err_set(err, "%s: recorded on an unknown architecture, '%.32s'",
			p->source.file.name, arch);
	const char *version =
		arena_join(&h->arena, h->version ? "perf " : "perf", or_empty(h->version), "");
	if (!version)
		return err_set(err, "no memory");
	p->in.meta = (struct trace_meta){
		.ddrec_version = version,
		.arch = p->arch->name,
		.host = or_empty(h->host),
		.kernel = or_empty(h->kernel),
		.cpu_model = or_empty(h->cpu_model),
		.n_cpus = h->n_cpus,
		.page_bytes = 4096,
		.event = p->in.events[0].name,
		.stack_mode = "none",
		.command = or_empty(h->command),
	};
	return true;
}

static bool open_parts(struct perf_input *p, struct err *err)
{
	const struct trace_input *file = &p->source.file;
	if (!perf_file_open(file, &p->header, &p->extent, &p->in.damage, err))
		return false;
	if (!make_events(p))
		return err_set(err, "%s: no memory", file->name);
	if (!p->in.n_events)
		return err_set(err, "%s: describes no event that was sampled", file->name);
	return fill_meta(p, err);
}

static bool open_perf(struct trace_input *file, struct input **ret_input, struct err *err)
{
	struct perf_input *p = calloc(1, sizeof(*p));
	if (!p) {
		trace_input_close(file);
		return err_set(err, "no memory");
	}
	p->source.file = *file;
	p->source.unpacked.fd = -1;
	p->in.format = &input_perf;
	p->in.name = p->source.file.name;
	p->in.file_bytes = file->bytes;
	for (size_t i = 0; i < PERF_N_TOLD; i++)
		p->told[i].what = told_texts[i];
	p->in.unknown = p->told;
	p->in.n_unknown = PERF_N_TOLD;
	*file = (struct trace_input){ .fd = -1 };
	if (!open_parts(p, err)) {
		close_perf(&p->in);
		return false;
	}
	*ret_input = &p->in;
	return true;
}

static bool read_perf_events(struct input *in, const struct input_sink *sink, struct err *err)
{
	return perf_scan(perf_input_of(in), sink, err);
}

static const char *stack_mode(const struct perf_desc *desc)
{
	if (desc->sample_type & PERF_SAMPLE_BRANCH_STACK &&
		desc->branch_type & PERF_SAMPLE_BRANCH_CALL_STACK)
		return "lbr";
	if (desc->sample_type & PERF_SAMPLE_STACK_USER)
		return "dwarf";
	return desc->sample_type & PERF_SAMPLE_CALLCHAIN ? "fp" : "none";
}

static bool choose_perf_event(struct input *in, uint32_t event, struct err *err)
{
	struct perf_input *p = perf_input_of(in);
	if (event >= in->n_events)
		return err_set(err, "%s: has no event number %u", in->name, event);
	const struct perf_desc *desc = &p->header.descs[p->desc_of_event[event]];
	p->chosen = event;
	p->next = 0;
	p->n_batches = 0;
	for (size_t i = 0; i < PERF_N_TOLD; i++)
		p->told[i].count = 0;
	in->meta.stack_mode = stack_mode(desc);
	in->meta.stack_bytes = desc->stack_user_bytes;
	in->meta.kernel_stacks = !perf_desc_flag(desc, PERF_FLAG_EXCLUDE_KERNEL) &&
		!perf_desc_flag(desc, PERF_FLAG_EXCLUDE_CALLCHAIN_KERNEL);
	return perf_index_sort(&p->indexes[event]) ||
		err_set(err, "%s: no memory to sort %zu samples", in->name, p->indexes[event].n);
}

static bool next_perf_batch(struct input *in, struct input_batch *ret_batch, struct err *err)
{
	struct perf_input *p = perf_input_of(in);
	const struct perf_index *index = &p->indexes[p->chosen];
	size_t n = 0, left = index->n - p->next, bytes = 0;
	err->text[0] = 0;
	if (!left)
		return false;
	const struct perf_entry *first = &index->entries[p->next];
	for (; n < MIN(left, (size_t)PERF_BATCH_SAMPLES) && bytes < PERF_BATCH_BYTES; n++)
		bytes += perf_place_size(first[n].place);
	*ret_batch = (struct input_batch){
		.number = p->n_batches++,
		.n_samples = (uint32_t)n,
		.first_ns = first->time_ns,
		.last_ns = first[n - 1].time_ns,
		.at = p->next,
	};
	p->next += n;
	return true;
}

static bool name_kernel(struct input *in, const uint64_t *addresses, size_t n,
	const struct input_sink *sink, struct err *err)
{
	struct perf_input *p = perf_input_of(in);
	const char *why;
	if (perf_kernel_is_ours(&p->kernel, &p->header, &why))
		return perf_kernel_symbols(addresses, n, sink, err);
	p->told[PERF_TOLD_KERNEL].what =
		arena_join(&p->header.arena, "addresses in the kernel without a name: ", why, "");
	p->told[PERF_TOLD_KERNEL].count = n;
	return p->told[PERF_TOLD_KERNEL].what != NULL || err_set(err, "no memory");
}

const struct input_format input_perf = {
	.name = "perf.data",
	.is_mine = is_perf_data,
	.open = open_perf,
	.close = close_perf,
	.read_events = read_perf_events,
	.choose_event = choose_perf_event,
	.next_batch = next_perf_batch,
	.decoder_new = perf_decoder_new,
	.decoder_free = perf_decoder_free,
	.begin = perf_decoder_begin,
	.next = perf_decoder_next,
	.kernel_symbols = name_kernel,
};
