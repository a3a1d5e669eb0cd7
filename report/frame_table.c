/*
 * Frames by address: see frame_table.h.
 *
 * The nodes of the stack tree are sorted by (module, address), so that each module's symbols are
 * opened once, asked once with all addresses, and closed again.
 */
#include "report/frame_table.h"

#include "report/demangle.h"
#include "report/elf_file.h"
#include "report/unwind_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_CACHE = 4096 };

struct name_entry { /* a raw name of the open symbol source, and the function made of it */
	const char *raw_name;
	uint32_t function;
};

struct run {
	uint32_t first, n; /* in frames */
};

struct frame_table {
	struct run *runs; /* by node */
	uint32_t *frames;
	size_t n_frames, cap_frames;
};

struct builder {
	struct analysis *a;
	const struct profile_build_options *options;
	struct profile *p;
	struct frame_table *table;
	uint32_t *order; /* nodes, by module and address */
	size_t n_order;
	uint64_t *vaddrs; /* of the module at work, distinct */
	struct symbol_answer *answers;
	struct name_entry names[NAME_CACHE];
};

void frame_table_free(struct frame_table *table)
{
	if (!table)
		return;
	free(table->runs);
	free(table->frames);
	free(table);
}

struct frame_run frame_table_of_node(const struct frame_table *table, uint32_t node)
{
	const struct run *run = &table->runs[node];
	return (struct frame_run){ table->frames + run->first, run->n };
}

static int compare_nodes(const void *a, const void *b, void *ctx)
{
	const struct stack_node *nodes = ctx;
	const struct stack_node *left = &nodes[*(const uint32_t *)a];
	const struct stack_node *right = &nodes[*(const uint32_t *)b];
	if (left->module != right->module)
		return left->module < right->module ? -1 : 1;
	if (left->vaddr != right->vaddr)
		return left->vaddr < right->vaddr ? -1 : 1;
	return (int)left->is_guessed - (int)right->is_guessed;
}

static bool push_frame(struct frame_table *table, uint32_t frame)
{
	if (table->n_frames == table->cap_frames) {
		size_t cap = table->cap_frames ? table->cap_frames * 2 : 1024;
		uint32_t *frames = realloc(table->frames, cap * sizeof(*frames));
		if (!frames)
			return false;
		table->frames = frames;
		table->cap_frames = cap;
	}
	table->frames[table->n_frames++] = frame;
	return true;
}

/* Modules. */

static enum profile_kind kind_of_module(const struct module *m)
{
	switch (m->kind) {
	case MODULE_KERNEL:
		return PROFILE_KERNEL;
	case MODULE_ANON:
		return PROFILE_JIT;
	case MODULE_FILE:
		return strstr(module_base_name(m), ".so") ? PROFILE_LIBRARY : PROFILE_USER;
	case MODULE_VDSO:
	case MODULE_SPECIAL:
		return PROFILE_LIBRARY;
	}
	return PROFILE_OTHER;
}

static uint32_t add_module(struct profile *p, const struct module *m)
{
	char hex[2 * TRACE_BUILD_ID_MAX + 1] = "";
	for (unsigned i = 0; i < m->build_id.len; i++)
		snprintf(hex + 2 * i, 3, "%02x", m->build_id.bytes[i]);
	struct profile_module module = {
		.name = profile_add_string(p, module_base_name(m)),
		.path = profile_add_string(p, m->path),
		.build_id = profile_add_string(p, hex),
		.kind = kind_of_module(m),
	};
	return profile_add_module(p, &module);
}

/* Functions. */

/* For code without a symbol: the module and, where unwind tables tell it, the function's start. */
static void unknown_name(const struct module *m, uint64_t vaddr, char *name, size_t size)
{
	uint64_t start = vaddr;
	if (m->kind == MODULE_ANON || m->kind == MODULE_SPECIAL) {
		snprintf(name, size, "%s", module_base_name(m));
		return;
	}
	if (m->kind == MODULE_KERNEL) {
		snprintf(name, size, "[kernel]");
		return;
	}
	if (m->unwind)
		unwind_table_function(m->unwind, vaddr, &start);
	snprintf(name, size, "[%s+0x%" PRIx64 "]", module_base_name(m), start);
}

static uint32_t add_unknown_function(
	struct profile *p, const struct module *m, uint32_t module, uint64_t vaddr)
{
	char name[512];
	unknown_name(m, vaddr, name, sizeof(name));
	struct profile_function function = {
		.name = profile_add_string(p, name),
		.module = module,
		.kind = kind_of_module(m),
	};
	return profile_add_function(p, &function);
}

static uint32_t add_named_function(
	struct builder *b, uint32_t module, const char *raw_name, enum profile_kind kind)
{
	AUTO_FREE char *demangled = b->options->no_demangle ? NULL : demangle(raw_name);
	struct profile_function function = {
		.name = profile_add_string(b->p, demangled ? demangled : raw_name),
		.raw_name = profile_add_string(b->p, raw_name),
		.module = module,
		.kind = kind,
		.has_symbol = true,
	};
	return profile_add_function(b->p, &function);
}

/* As add_named_function, for a name whose pointer stands for it while the source is open. */
static uint32_t add_cached_function(
	struct builder *b, uint32_t module, const char *raw_name, enum profile_kind kind)
{
	struct name_entry *entry = &b->names[((uintptr_t)raw_name >> 3) % NAME_CACHE];
	if (entry->raw_name != raw_name) {
		entry->function = add_named_function(b, module, raw_name, kind);
		entry->raw_name = raw_name;
	}
	return entry->function;
}

/* Frames. */

static bool add_unknown_frame(
	struct builder *b, const struct module *m, uint32_t module, const struct stack_node *node)
{
	struct profile_frame frame = {
		.function = add_unknown_function(b->p, m, module, node->vaddr),
		.module = module,
		.address = node->vaddr,
		.is_guessed = node->is_guessed,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

static bool add_frames(struct builder *b, const struct module *m, uint32_t module,
	const struct stack_node *node, const struct symbol_answer *answer)
{
	if (!answer->n_frames)
		return add_unknown_frame(b, m, module, node);
	for (uint32_t i = 0; i < answer->n_frames; i++) {
		const struct symbol_frame *from = &answer->frames[i];
		struct profile_frame frame = {
			.module = module,
			.address = node->vaddr,
			.file = profile_add_string(b->p, from->file ? from->file : ""),
			.line = from->line,
			.is_inlined = from->is_inlined,
			.is_guessed = node->is_guessed,
		};
		frame.function = from->raw_name
			? add_cached_function(b, module, from->raw_name, kind_of_module(m))
			: add_unknown_function(b->p, m, module, node->vaddr);
		if (!push_frame(b->table, profile_add_frame(b->p, &frame)))
			return false;
	}
	return true;
}

static bool add_kernel_frame(struct builder *b, uint32_t module, const struct stack_node *node)
{
	const struct trace_kernel_symbol *symbol =
		kernel_symbols_find(&b->a->rec->kernel_symbols, node->vaddr);
	if (!symbol)
		return add_unknown_frame(b, b->a->kernel, module, node);
	if (symbol->module[0]) {
		char name[256];
		snprintf(name, sizeof(name), "[%s]", symbol->module);
		uint32_t string = profile_add_string(b->p, name);
		struct profile_module added = { string, string, 0, PROFILE_KERNEL };
		module = profile_add_module(b->p, &added);
	}
	struct profile_frame frame = {
		.function = add_named_function(b, module, symbol->name, PROFILE_KERNEL),
		.module = module,
		.address = node->vaddr,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

static bool add_frame_without_module(struct builder *b, const struct stack_node *node)
{
	struct profile_function function = {
		.name = profile_add_string(b->p, "[unknown]"),
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
	};
	struct profile_frame frame = {
		.function = profile_add_function(b->p, &function),
		.module = PROFILE_NONE,
		.address = node->vaddr,
		.is_guessed = node->is_guessed,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

/* Modules, one after the other. */

static void note_symbols(struct builder *b, struct module *m, const struct symbol_source *source)
{
	const struct symbol_notes *notes = symbol_source_notes(source);
	m->is_stripped = notes->is_stripped;
	if (notes->problem)
		profile_add_note(b->p, notes->problem, 1);
}

/* Asks for the distinct addresses of the nodes; answers[k] belongs to vaddrs[k]. */
static bool resolve(struct builder *b, struct symbol_source *source, const uint32_t *nodes,
	size_t n, size_t *ret_n, struct err *err)
{
	size_t n_vaddrs = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t vaddr = b->a->tree.nodes[nodes[i]].vaddr;
		if (!n_vaddrs || b->vaddrs[n_vaddrs - 1] != vaddr)
			b->vaddrs[n_vaddrs++] = vaddr;
	}
	*ret_n = n_vaddrs;
	memset(b->answers, 0, n_vaddrs * sizeof(*b->answers));
	return !source || symbol_source_resolve(source, b->vaddrs, n_vaddrs, b->answers, err);
}

static bool add_address(struct builder *b, const struct module *m, uint32_t module, uint32_t first,
	const struct symbol_answer *answer)
{
	const struct stack_node *node = &b->a->tree.nodes[first];
	if (!m)
		return add_frame_without_module(b, node);
	if (m->kind == MODULE_KERNEL)
		return add_kernel_frame(b, module, node);
	return add_frames(b, m, module, node, answer);
}

/* Gives each of the nodes (all of one module) its run of frames; equal addresses share one. */
static bool add_runs(
	struct builder *b, const struct module *m, uint32_t module, const uint32_t *nodes, size_t n)
{
	struct stack_node *tree = b->a->tree.nodes;
	struct run run = { 0 };
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (!i || compare_nodes(&nodes[i - 1], &nodes[i], b->a->tree.nodes)) {
			while (b->vaddrs[at] != tree[nodes[i]].vaddr)
				at++;
			run.first = (uint32_t)b->table->n_frames;
			if (!add_address(b, m, module, nodes[i], &b->answers[at]))
				return false;
			run.n = (uint32_t)b->table->n_frames - run.first;
		}
		tree[nodes[i]].is_nameless = m && m->elf && !b->answers[at].n_frames;
		b->table->runs[nodes[i]] = run;
	}
	return true;
}

static bool add_module_frames(
	struct builder *b, struct module *m, const uint32_t *nodes, size_t n, struct err *err)
{
	AUTO(symbol_source_close) struct symbol_source *source = NULL;
	uint32_t module = m ? add_module(b->p, m) : PROFILE_NONE;
	size_t n_vaddrs;

	if (m && m->elf && !symbol_source_open(m->elf, &b->options->search, &source, err))
		return false;
	memset(b->names, 0, sizeof(b->names));
	if (!resolve(b, source, nodes, n, &n_vaddrs, err))
		return err_prefix(err, "%s", m ? m->path : "");
	if (!add_runs(b, m, module, nodes, n))
		return err_set(err, "no memory for frames");
	if (source)
		note_symbols(b, m, source);
	if (m && b->options->module)
		b->options->module(
			b->options->module_ctx, m, source ? symbol_source_notes(source) : NULL);
	return true;
}

static bool add_all_modules(struct builder *b, struct err *err)
{
	const struct stack_node *tree = b->a->tree.nodes;
	size_t n;

	for (size_t i = 0; i < b->n_order; i += n) {
		uint32_t id = tree[b->order[i]].module;
		for (n = 1; i + n < b->n_order && tree[b->order[i + n]].module == id; n++)
			;
		struct module *m =
			id == STACK_NO_MODULE ? NULL : module_table_at(b->a->rec->modules, id);
		const struct analysis_progress *progress = &b->options->progress;
		if (progress->show)
			progress->show(
				progress->ctx, "symbolizing", (double)i / (double)b->n_order);
		if (!add_module_frames(b, m, &b->order[i], n, err))
			return false;
	}
	return true;
}

static bool init_builder(struct builder *b)
{
	size_t n_nodes = b->a->tree.n_nodes;
	b->n_order = n_nodes - 1;
	b->table = calloc(1, sizeof(*b->table));
	b->order = calloc(n_nodes, sizeof(*b->order));
	b->vaddrs = calloc(n_nodes, sizeof(*b->vaddrs));
	b->answers = calloc(n_nodes, sizeof(*b->answers));
	if (!b->table || !b->order || !b->vaddrs || !b->answers)
		return false;
	b->table->runs = calloc(n_nodes, sizeof(*b->table->runs));
	for (size_t i = 0; i < b->n_order; i++)
		b->order[i] = (uint32_t)i + 1;
	qsort_r(b->order, b->n_order, sizeof(*b->order), compare_nodes, b->a->tree.nodes);
	return b->table->runs;
}

bool frame_table_build(struct analysis *a, const struct profile_build_options *options,
	struct profile *p, struct frame_table **ret_table, struct err *err)
{
	AUTO_FREE struct builder *b = calloc(1, sizeof(*b));
	if (!b)
		return err_set(err, "no memory");
	*b = (struct builder){ .a = a, .options = options, .p = p };
	bool ok = init_builder(b) ? add_all_modules(b, err) : err_set(err, "no memory for frames");
	free(b->order);
	free(b->vaddrs);
	free(b->answers);
	if (!ok) {
		frame_table_free(b->table);
		return false;
	}
	*ret_table = b->table;
	return true;
}
