/*
 * The table of samples as `xctrace export` of Xcode 14.3 to 26.3 writes it, a row for each sample.
 *
 * What occurs again is written once with an id and then by a ref to it. Ids are unique in the
 * document, refs point backwards, id or ref is the first attribute, and a process is described
 * inside its first thread: readers insist on each of these. So does this writer on:
 *
 *	- addresses are run-time addresses and 1, of leaves and callers alike; readers take 1 away.
 *	- load-addr is what turns a run-time address into one of the file.
 *	- inlined functions are frames like others, with the address of the function around them.
 *	- code without a file (JIT) has no binary.
 *	- a sample without a stack has the one frame "[no stack]" at no address: readers drop rows
 *	  without a backtrace, or fail on one that is empty.
 *	- rows ascend by time. A profile of sums has no times; its rows are a sampling period apart.
 *
 * Memory grows with the profile's tables: ids by frame, stack, thread, module and path.
 */
#include "formats/instruments.h"

#include "formats/intern.h"
#include "formats/sample_order.h"
#include "formats/utf8.h"
#include "formats/xctrace_name.h"
#include "formats/xml_refs.h"

#include <string.h>

/* A row takes 120 bytes and more, so that no disk is wanted for what has more of them. */
enum { MAX_ROWS = 200000000 };
enum { UUID_BYTES = 16 };

/* Apple has not come to it. In two parts, since nothing is left to do here. */
static const char device_session[] = "TO"
				     "DO";

struct table {
	const struct profile *p;
	bool no_inline;
	struct instruments_weight weight;
	struct xml_refs refs;
	struct buf text;
	uint32_t *frames, *stacks, *threads, *modules, *paths; /* ids; 0: not written yet */
	uint32_t *processes;  /* ids by the first thread of the process */
	uint32_t *process_of; /* that thread, by thread */
	bool *is_wrapped;     /* modules whose addresses do not rise from their load address */
	struct xml_number_ids weights, cores;
	uint32_t state_id, device_id, no_stack_id;
	uint64_t clock_ns; /* of the next row, in a profile of sums */
};

static void auto_table_ptr(struct table *t)
{
	buf_fini(&t->text);
	free(t->frames);
	free(t->stacks);
	free(t->threads);
	free(t->modules);
	free(t->paths);
	free(t->processes);
	free(t->process_of);
	free(t->is_wrapped);
	xml_number_ids_fini(&t->weights);
	xml_number_ids_fini(&t->cores);
}

/* Threads of one process have its number and name in common; the last is an unknown one. */
static bool find_processes(struct table *t)
{
	const struct profile *p = t->p;
	struct intern index = { 0 };
	bool ok = true;
	t->process_of[p->n_threads] = (uint32_t)p->n_threads;
	for (uint32_t i = 0; ok && i < p->n_threads; i++) {
		const struct profile_thread *thread = &p->threads[i];
		uint32_t hash = (uint32_t)intern_mix(thread->pid, thread->process_name);
		size_t at;
		uint32_t first = intern_first(&index, hash, &at);
		while (first != INTERN_NONE &&
			(p->threads[first].pid != thread->pid ||
				p->threads[first].process_name != thread->process_name))
			first = intern_next(&index, hash, &at);
		t->process_of[i] = first == INTERN_NONE ? i : first;
		ok = first != INTERN_NONE || intern_add(&index, hash, i);
	}
	intern_fini(&index);
	return ok;
}

static uint32_t module_of(const struct profile *p, const struct profile_frame *frame)
{
	uint32_t module = p->functions[frame->function].module;
	return module < p->n_modules ? module : frame->module;
}

static void find_wrapped(struct table *t)
{
	const struct profile *p = t->p;
	for (uint32_t i = 0; i < p->n_frames; i++) {
		uint32_t module = module_of(p, &p->frames[i]);
		if (module < p->n_modules)
			t->is_wrapped[module] |=
				profile_frame_pc(p, i) < p->modules[module].place.bias;
	}
}

static bool table_init(struct table *t)
{
	const struct profile *p = t->p;
	size_t id = sizeof(uint32_t);
	t->frames = calloc(p->n_frames + 1, id);
	t->stacks = calloc(p->n_stacks + 1, id);
	t->threads = calloc(p->n_threads + 1, id);
	t->modules = calloc(p->n_modules + 1, id);
	t->paths = calloc(profile_n_strings(p) + 1, id);
	t->processes = calloc(p->n_threads + 1, id);
	t->process_of = calloc(p->n_threads + 1, id);
	t->is_wrapped = calloc(p->n_modules + 1, sizeof(bool));
	if (!t->frames || !t->stacks || !t->threads || !t->modules || !t->paths || !t->processes ||
		!t->process_of || !t->is_wrapped || !find_processes(t))
		return false;
	find_wrapped(t);
	return true;
}

/* The text gathered in t->text. */
static void write_text_attr(struct table *t, const char *attribute)
{
	buf_u8(&t->text, 0);
	t->refs.x.failed |= t->text.failed;
	if (!t->text.failed)
		xml_attr(&t->refs.x, attribute, (const char *)t->text.data);
	buf_clear(&t->text);
}

/* Cells. */

static void write_time(struct table *t, uint64_t ns)
{
	uint64_t us = ns / 1000;
	xml_start_new(&t->refs, "sample-time");
	xml_attr_fmt(&t->refs.x, "fmt", "%02llu:%02llu.%03llu.%03llu",
		(unsigned long long)(us / 60000000), (unsigned long long)(us / 1000000 % 60),
		(unsigned long long)(us / 1000 % 1000), (unsigned long long)(us % 1000));
	xml_text_u64(&t->refs.x, ns);
	xml_end(&t->refs.x);
}

static void write_process(struct table *t, uint32_t thread)
{
	uint32_t first = t->process_of[thread];
	uint32_t pid = thread < t->p->n_threads ? t->p->threads[thread].pid : 0;
	if (xml_start_once(&t->refs, "process", &t->processes[first]))
		return;
	buf_fmt(&t->text, "%s (%u)", instruments_process_name(t->p, thread), pid);
	write_text_attr(t, "fmt");
	xml_start_new(&t->refs, "pid");
	xml_attr_fmt(&t->refs.x, "fmt", "%u", pid);
	xml_text_u64(&t->refs.x, pid);
	xml_end(&t->refs.x);
	if (!xml_start_once(&t->refs, "device-session", &t->device_id)) {
		xml_attr(&t->refs.x, "fmt", device_session);
		xml_text(&t->refs.x, device_session);
		xml_end(&t->refs.x);
	}
	xml_end(&t->refs.x);
}

static void write_thread(struct table *t, uint32_t thread)
{
	const struct profile *p = t->p;
	static const struct profile_thread unknown;
	const struct profile_thread *of = thread < p->n_threads ? &p->threads[thread] : &unknown;
	if (xml_start_once(&t->refs, "thread", &t->threads[thread]))
		return;
	buf_fmt(&t->text, "%s  0x%x (%s, pid: %u)", profile_string(p, of->name), of->tid,
		instruments_process_name(p, thread), of->pid);
	write_text_attr(t, "fmt");
	xml_start_new(&t->refs, "tid");
	xml_attr_fmt(&t->refs.x, "fmt", "0x%x", of->tid);
	xml_text_u64(&t->refs.x, of->tid);
	xml_end(&t->refs.x);
	write_process(t, thread);
	xml_end(&t->refs.x);
}

static void write_core(struct table *t, uint32_t cpu)
{
	if (!t->p->has_times || cpu == PROFILE_NONE) {
		xml_absent(&t->refs);
	} else if (!xml_start_number(&t->refs, "core", &t->cores, cpu)) {
		xml_attr_fmt(&t->refs.x, "fmt", "CPU %u", cpu);
		xml_text_u64(&t->refs.x, cpu);
		xml_end(&t->refs.x);
	}
}

static void write_state(struct table *t)
{
	if (xml_start_once(&t->refs, "thread-state", &t->state_id))
		return;
	xml_attr(&t->refs.x, "fmt", "Running");
	xml_text(&t->refs.x, "Running");
	xml_end(&t->refs.x);
}

/* For people: "1.00 ms", "34.86 Kc". */
static void add_weight_fmt(struct table *t, int64_t weight)
{
	static const struct {
		double from;
		const char *units[3]; /* by enum instruments_unit */
	} scales[] = { { 1e9, { "s", "Gc", "G" } }, { 1e6, { "ms", "Mc", "M" } },
		{ 1e3, { "µs", "Kc", "K" } } };
	for (size_t i = 0; i < ARRAY_LEN(scales); i++)
		if ((double)weight >= scales[i].from) {
			buf_fmt(&t->text, "%.2f %s", (double)weight / scales[i].from,
				scales[i].units[t->weight.unit]);
			return;
		}
	static const char *const ones[] = { " ns", " c", "" };
	buf_fmt(&t->text, "%lld%s", (long long)weight, ones[t->weight.unit]);
}

static void write_weight(struct table *t, int64_t weight)
{
	char digits[24];
	if (xml_start_number(&t->refs, t->weight.schema->weight, &t->weights, (uint64_t)weight))
		return;
	add_weight_fmt(t, weight);
	write_text_attr(t, "fmt");
	snprintf(digits, sizeof(digits), "%lld", (long long)weight);
	xml_text(&t->refs.x, digits);
	xml_end(&t->refs.x);
}

/* Stacks. */

static void write_uuid(struct table *t, const char *build_id)
{
	char hex[2 * UUID_BYTES + 1];
	size_t len = strlen(build_id), n = 0;
	if (!len || strspn(build_id, "0123456789abcdefABCDEF") != len)
		return;
	for (; n < sizeof(hex) - 1; n++) {
		char c = n < len ? build_id[n] : '0';
		hex[n] = c >= 'a' ? (char)(c - 'a' + 'A') : c;
	}
	hex[n] = '\0';
	xml_attr_fmt(&t->refs.x, "UUID", "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

static void write_arch(struct table *t)
{
	const char *arch = profile_string(t->p, t->p->meta.arch);
	if (*arch)
		xml_attr(&t->refs.x, "arch", strcmp(arch, "aarch64") ? arch : "arm64");
}

static void write_binary(struct table *t, uint32_t module)
{
	const struct profile *p = t->p;
	const struct profile_module *m = &p->modules[module];
	if (xml_start_once(&t->refs, "binary", &t->modules[module]))
		return;
	xml_attr(&t->refs.x, "name", profile_module_label(p, module));
	write_uuid(t, profile_string(p, m->build_id));
	write_arch(t);
	xml_attr_fmt(&t->refs.x, "load-addr", "0x%llx",
		(unsigned long long)(t->is_wrapped[module] ? 0 : m->place.bias));
	xml_attr(&t->refs.x, "path", profile_string(p, m->path));
	xml_end(&t->refs.x);
}

static void write_source(struct table *t, uint32_t path, uint32_t line)
{
	xml_start(&t->refs.x, "source");
	xml_attr_fmt(&t->refs.x, "line", "%u", line);
	if (!xml_start_once(&t->refs, "path", &t->paths[path])) {
		xml_text(&t->refs.x, profile_string(t->p, path));
		xml_end(&t->refs.x);
	}
	xml_end(&t->refs.x);
}

static void write_name(struct table *t, const char *name)
{
	utf8_append_clean(&t->text, *name ? name : "[unnamed]");
	size_t n =
		t->text.failed ? 0 : xctrace_name_padding((const char *)t->text.data, t->text.len);
	buf_fmt(&t->text, "%*s", (int)n, "");
	write_text_attr(t, "name");
}

static void write_frame(struct table *t, uint32_t index)
{
	const struct profile *p = t->p;
	const struct profile_frame *frame = &p->frames[index];
	const char *name = profile_string(p, p->functions[frame->function].name);
	uint32_t module = module_of(p, frame);
	if (xml_start_once(&t->refs, "frame", &t->frames[index]))
		return;
	write_name(t, name);
	xml_attr_fmt(
		&t->refs.x, "addr", "0x%llx", (unsigned long long)(profile_frame_pc(p, index) + 1));
	if (module < p->n_modules && p->modules[module].kind != PROFILE_JIT)
		write_binary(t, module);
	if (frame->line && *profile_string(p, frame->file))
		write_source(t, frame->file, frame->line);
	xml_end(&t->refs.x);
}

static bool is_left_out(const struct table *t, uint32_t frame)
{
	return t->no_inline && t->p->frames[frame].is_inlined;
}

static void write_no_stack(struct table *t)
{
	if (xml_start_once(&t->refs, "backtrace", &t->no_stack_id))
		return;
	xml_start_new(&t->refs, "frame");
	xml_attr(&t->refs.x, "name", "[no stack]");
	xml_attr(&t->refs.x, "addr", "0x1");
	xml_end(&t->refs.x);
	xml_end(&t->refs.x);
}

/* Leaf first. */
static void write_stack(struct table *t, uint32_t leaf)
{
	const struct profile_stack *stacks = t->p->stacks;
	while (leaf != PROFILE_NO_STACK && is_left_out(t, stacks[leaf].frame))
		leaf = stacks[leaf].parent;
	if (leaf == PROFILE_NO_STACK) {
		write_no_stack(t);
		return;
	}
	if (xml_start_once(&t->refs, "backtrace", &t->stacks[leaf]))
		return;
	for (uint32_t i = leaf; i != PROFILE_NO_STACK; i = stacks[i].parent)
		if (!is_left_out(t, stacks[i].frame))
			write_frame(t, stacks[i].frame);
	xml_end(&t->refs.x);
}

/* The table. */

static void write_row(struct table *t, const struct profile_sample *sample, int64_t weight)
{
	uint32_t thread = (uint32_t)MIN((size_t)sample->thread, t->p->n_threads);
	bool has_counters = t->weight.unit == INSTRUMENTS_EVENTS;
	xml_start(&t->refs.x, "row");
	write_time(t, t->p->has_times ? sample->time_ns : t->clock_ns);
	write_thread(t, thread);
	write_process(t, thread);
	write_core(t, sample->cpu);
	write_state(t);
	if (!has_counters)
		write_weight(t, weight);
	write_stack(t, sample->stack);
	if (has_counters) {
		write_weight(t, weight);
		xml_absent(&t->refs);
	}
	xml_end(&t->refs.x);
	xml_newline(&t->refs.x);
	t->clock_ns += t->weight.each_ns;
}

/* A row for each of the entry's samples. The weights are whole numbers and add up to the entry's.
 */
static void write_entry(struct table *t, size_t entry)
{
	int64_t n = profile_sample_count(t->p, entry);
	int64_t weight = instruments_entry_weight(t->p, &t->weight, entry);
	for (int64_t i = 0; i < n && !t->refs.x.failed && !t->refs.is_full; i++)
		write_row(t, &t->p->samples[entry], sample_order_share(weight, i, n));
}

static void write_schema(struct table *t)
{
	const struct instruments_schema *schema = t->weight.schema;
	xml_start(&t->refs.x, "schema");
	xml_attr(&t->refs.x, "name", schema->name);
	for (size_t i = 0; i < INSTRUMENTS_COLUMNS_MAX && schema->columns[i].mnemonic; i++) {
		const struct instruments_column *column = &schema->columns[i];
		xml_start(&t->refs.x, "col");
		xml_element(&t->refs.x, "mnemonic", column->mnemonic);
		xml_element(&t->refs.x, "name", column->name ? column->name : t->weight.event);
		xml_element(&t->refs.x, "engineering-type", column->type);
		xml_end(&t->refs.x);
	}
	xml_end(&t->refs.x);
	xml_newline(&t->refs.x);
}

static void write_table(struct table *t, const uint32_t *order)
{
	xml_start(&t->refs.x, "trace-query-result");
	xml_newline(&t->refs.x);
	xml_start(&t->refs.x, "node");
	xml_attr(&t->refs.x, "xpath", "//trace-toc[1]/run[1]/data[1]/table[1]");
	write_schema(t);
	for (size_t i = 0; i < t->p->n_samples; i++)
		write_entry(t, order[i]);
	xml_end(&t->refs.x);
	xml_end(&t->refs.x);
}

bool instruments_xml_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(auto_table) struct table t = { .p = p, .no_inline = options->tree.no_inline };
	AUTO_FREE uint32_t *order = sample_order_new(p);
	if (p->health.n_shown > MAX_ROWS)
		return err_set(err,
			"the XML has a row for each sample, and %llu samples are too many",
			(unsigned long long)p->health.n_shown);
	t.weight = instruments_weight_of(p, options);
	if (!table_init(&t) || !order)
		return err_set(err, "out of memory for the ids of the XML");
	if (!xml_stream_open(&t.refs.x, out, err))
		return false;
	write_table(&t, order);
	if (!xml_stream_close(&t.refs.x, err))
		return false;
	return !t.refs.is_full || err_set(err, "the XML has more elements than ids");
}
