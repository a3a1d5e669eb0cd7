/*
 * Frames by address: see frame_table.h.
 *
 * First the distinct addresses are collected from the stack tree (frame_addresses.h). Then each
 * module's symbols are opened, asked once with all of its addresses, and closed again
 * (module_symbols.h); then the answers go into the profile.
 */
#include "report/frame_table.h"

#include "report/demangle.h"
#include "report/elf_file.h"
#include "report/frame_addresses.h"
#include "report/module_symbols.h"
#include "report/unwind_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAME_CACHE = 4096 };

struct name_entry { /* a name of a symbol source, and what the profile has for it */
	const char *raw_name;
	uint32_t id;
};

struct frame_table {
	struct frame_addresses addresses;
	uint32_t *frames;
	size_t n_frames, cap_frames;
};

struct builder {
	struct analysis *a;
	const struct profile_build_options *options;
	struct profile *p;
	struct frame_table *table;
	uint64_t *vaddrs; /* in the addresses' order */
	struct symbol_answer *answers;
	struct name_entry functions[NAME_CACHE], files[NAME_CACHE];
	struct {
		const struct module *module;
		uint64_t start;
		uint32_t function;
	} unknown; /* the last function without a name */
};

void frame_table_free(struct frame_table *table)
{
	if (!table)
		return;
	frame_addresses_fini(&table->addresses);
	free(table->frames);
	free(table);
}

struct frame_run frame_table_of_node(const struct frame_table *table, uint32_t node)
{
	const struct frame_address *a = frame_address_of_node(&table->addresses, node);
	return (struct frame_run){ table->frames + a->first_frame, a->n_frames };
}

bool frame_table_is_nameless(const struct frame_table *table, uint32_t node)
{
	return frame_address_of_node(&table->addresses, node)->is_nameless;
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

/* Where the file's byte at file_off, the start of a page, lies in the ELF file's addresses. A
 * segment may begin inside the page. */
static uint64_t page_vaddr(const struct module *m, uint64_t file_off)
{
	enum { PAGE_LAST = 4095 };
	uint64_t vaddr;
	if (!m->elf)
		return file_off;
	if (elf_file_vaddr(m->elf, file_off, &vaddr))
		return vaddr;
	return elf_file_vaddr(m->elf, file_off + PAGE_LAST, &vaddr) ? vaddr - PAGE_LAST : file_off;
}

static struct profile_place place_of_module(const struct module *m)
{
	if (m->kind != MODULE_FILE && m->kind != MODULE_VDSO)
		return (struct profile_place){ 0 };
	return (struct profile_place){
		.start = m->first_start,
		.end = m->first_end,
		.file_off = m->first_file_off,
		.bias = m->first_start - page_vaddr(m, m->first_file_off),
	};
}

/* The vdso's mapping has none, but its image does. */
static const struct build_id *build_id_of(const struct module *m)
{
	bool is_vdso = m->kind == MODULE_VDSO && m->elf;
	return is_vdso ? elf_file_build_id(m->elf) : &m->build_id;
}

static uint32_t add_module(struct profile *p, const struct module *m)
{
	char hex[BUILD_ID_HEX_MAX];
	struct profile_module module = {
		.name = profile_add_string(p, module_base_name(m)),
		.path = profile_add_string(p, m->path),
		.build_id = profile_add_string(p, build_id_hex(build_id_of(m), hex)),
		.kind = kind_of_module(m),
		.place = place_of_module(m),
	};
	return profile_add_module(p, &module);
}

/* Functions. */

/* For code without a symbol: the module and, where unwind tables tell it, the function's start. */
static void unknown_name(const struct module *m, uint64_t start, char *name, size_t size)
{
	if (m->kind == MODULE_ANON || m->kind == MODULE_SPECIAL)
		snprintf(name, size, "%s", module_base_name(m));
	else if (m->kind == MODULE_KERNEL)
		snprintf(name, size, "[kernel]");
	else
		snprintf(name, size, "[%s+0x%" PRIx64 "]", module_base_name(m), start);
}

/* Addresses rise, so that those of one function follow each other. */
static uint32_t unknown_function(
	struct builder *b, const struct module *m, uint32_t module, uint64_t vaddr)
{
	char name[512];
	uint64_t start = vaddr;
	if (m->unwind)
		unwind_table_function(m->unwind, vaddr, &start);
	if (b->unknown.module == m && b->unknown.start == start)
		return b->unknown.function;
	unknown_name(m, start, name, sizeof(name));
	struct profile_function function = {
		.name = profile_add_string(b->p, name),
		.module = module,
		.kind = kind_of_module(m),
	};
	b->unknown.module = m;
	b->unknown.start = start;
	b->unknown.function = profile_add_function(b->p, &function);
	return b->unknown.function;
}

static uint32_t add_named_function(struct builder *b, uint32_t module, const char *raw_name,
	const char *shown_name, enum profile_kind kind)
{
	struct profile_function function = {
		.name = profile_add_string(b->p, shown_name),
		.raw_name = profile_add_string(b->p, raw_name),
		.module = module,
		.kind = kind,
		.has_symbol = true,
	};
	return profile_add_function(b->p, &function);
}

/* Names and paths are told apart by their pointers, which are different for each module. */
static struct name_entry *find_name(struct name_entry *entries, const char *name)
{
	return &entries[((uintptr_t)name ^ (uintptr_t)name >> 12) % NAME_CACHE];
}

static uint32_t function_of(
	struct builder *b, uint32_t module, const struct symbol_frame *from, enum profile_kind kind)
{
	struct name_entry *entry = find_name(b->functions, from->raw_name);
	if (entry->raw_name != from->raw_name) {
		bool is_raw = b->options->no_demangle || !from->shown_name;
		entry->id = add_named_function(b, module, from->raw_name,
			is_raw ? from->raw_name : from->shown_name, kind);
		entry->raw_name = from->raw_name;
	}
	return entry->id;
}

static uint32_t file_of(struct builder *b, const struct symbol_frame *from)
{
	if (!from->file)
		return profile_add_string(b->p, "");
	struct name_entry *entry = find_name(b->files, from->file);
	if (entry->raw_name != from->file) {
		entry->id = profile_add_string(b->p, from->file);
		entry->raw_name = from->file;
	}
	return entry->id;
}

/* Frames. */

static bool add_unknown_frame(
	struct builder *b, const struct module *m, uint32_t module, const struct frame_address *at)
{
	struct profile_frame frame = {
		.function = unknown_function(b, m, module, at->vaddr),
		.module = module,
		.address = at->vaddr,
		.is_guessed = at->is_guessed,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

static bool add_frames(struct builder *b, const struct module *m, uint32_t module,
	const struct frame_address *at, const struct symbol_answer *answer)
{
	if (!answer->n_frames)
		return add_unknown_frame(b, m, module, at);
	for (uint32_t i = 0; i < answer->n_frames; i++) {
		const struct symbol_frame *from = &answer->frames[i];
		struct profile_frame frame = {
			.module = module,
			.address = at->vaddr,
			.file = file_of(b, from),
			.line = from->line,
			.is_inlined = from->is_inlined,
			.is_guessed = at->is_guessed,
		};
		frame.function = from->raw_name ? function_of(b, module, from, kind_of_module(m))
						: unknown_function(b, m, module, at->vaddr);
		if (!push_frame(b->table, profile_add_frame(b->p, &frame)))
			return false;
	}
	return true;
}

static bool add_kernel_frame(struct builder *b, uint32_t module, const struct frame_address *at)
{
	const struct trace_kernel_symbol *symbol =
		kernel_symbols_find(&b->a->rec->kernel_symbols, at->vaddr);
	if (!symbol)
		return add_unknown_frame(b, b->a->kernel, module, at);
	if (symbol->module[0]) {
		char name[256];
		snprintf(name, sizeof(name), "[%s]", symbol->module);
		uint32_t string = profile_add_string(b->p, name);
		struct profile_module added = {
			.name = string, .path = string, .kind = PROFILE_KERNEL
		};
		module = profile_add_module(b->p, &added);
	}
	AUTO_FREE char *demangled = b->options->no_demangle ? NULL : demangle(symbol->name);
	struct profile_frame frame = {
		.function = add_named_function(b, module, symbol->name,
			demangled ? demangled : symbol->name, PROFILE_KERNEL),
		.module = module,
		.address = at->vaddr,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

static bool add_frame_without_module(struct builder *b, const struct frame_address *at)
{
	struct profile_function function = {
		.name = profile_add_string(b->p, "[unknown]"),
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
	};
	struct profile_frame frame = {
		.function = profile_add_function(b->p, &function),
		.module = PROFILE_NONE,
		.address = at->vaddr,
		.is_guessed = at->is_guessed,
	};
	return push_frame(b->table, profile_add_frame(b->p, &frame));
}

/* Modules. */

static bool add_frames_at(struct builder *b, const struct module *m, uint32_t module,
	struct frame_address *at, const struct symbol_answer *answer)
{
	at->first_frame = (uint32_t)b->table->n_frames;
	at->is_nameless = m && m->elf && !answer->n_frames;
	bool ok;
	if (!m)
		ok = add_frame_without_module(b, at);
	else if (m->kind == MODULE_KERNEL)
		ok = add_kernel_frame(b, module, at);
	else
		ok = add_frames(b, m, module, at, answer);
	at->n_frames = (uint32_t)b->table->n_frames - at->first_frame;
	return ok;
}

static bool fill_module(struct builder *b, struct module_symbols *symbols, struct err *err)
{
	struct module *m = symbols->module;
	uint32_t module = m ? add_module(b->p, m) : PROFILE_NONE;
	for (size_t i = symbols->first; i < symbols->first + symbols->n; i++) {
		struct frame_address *at = frame_address_at(&b->table->addresses, i);
		if (!add_frames_at(b, m, module, at, &b->answers[i]))
			return err_set(err, "no memory for frames");
	}
	const struct symbol_notes *notes =
		symbols->source ? symbol_source_notes(symbols->source) : NULL;
	if (notes) {
		m->is_stripped = notes->is_stripped;
		if (notes->problem)
			profile_add_note(b->p, notes->problem, 1);
	}
	if (m && b->options->module)
		b->options->module(b->options->module_ctx, m, notes);
	module_symbols_close(symbols);
	return true;
}

static struct module_symbols *list_modules(struct builder *b, size_t *ret_n)
{
	const struct frame_addresses *addresses = &b->table->addresses;
	struct module_symbols *list =
		calloc(module_table_count(b->a->rec->modules) + 1, sizeof(*list));
	*ret_n = 0;
	for (size_t i = 0, end; list && i < addresses->n; i = end) {
		uint32_t id = frame_address_at(addresses, i)->module;
		for (end = i + 1; end < addresses->n; end++)
			if (frame_address_at(addresses, end)->module != id)
				break;
		bool is_mapped = id != STACK_NO_MODULE;
		struct module_symbols *added = &list[(*ret_n)++];
		*added = (struct module_symbols){
			.module = is_mapped ? module_table_at(b->a->rec->modules, id) : NULL,
			.first = i,
			.n = end - i,
		};
		if (added->module == b->a->kernel && recording_lacks_kernel_names(b->a->rec))
			added->kernel_of = b->a->rec;
	}
	return list;
}

static bool fill_all(struct builder *b, struct err *err)
{
	size_t n;
	AUTO_FREE struct module_symbols *list = list_modules(b, &n);
	if (!list)
		return err_set(err, "no memory for modules");
	bool ok = module_symbols_resolve(list, n, b->vaddrs, b->answers, b->options, err);
	for (size_t i = 0; i < n && ok; i++)
		ok = fill_module(b, &list[i], err);
	for (size_t i = 0; i < n; i++)
		module_symbols_close(&list[i]);
	return ok;
}

static bool init_builder(struct builder *b)
{
	b->table = calloc(1, sizeof(*b->table));
	if (!b->table || !frame_addresses_init(&b->table->addresses, &b->a->tree))
		return false;
	size_t n = b->table->addresses.n;
	b->vaddrs = calloc(n + 1, sizeof(*b->vaddrs));
	b->answers = calloc(n + 1, sizeof(*b->answers));
	if (!b->vaddrs || !b->answers)
		return false;
	for (size_t i = 0; i < n; i++)
		b->vaddrs[i] = frame_address_at(&b->table->addresses, i)->vaddr;
	return true;
}

bool frame_table_build(struct analysis *a, const struct profile_build_options *options,
	struct profile *p, struct frame_table **ret_table, struct err *err)
{
	AUTO_FREE struct builder *b = calloc(1, sizeof(*b));
	if (!b)
		return err_set(err, "no memory");
	*b = (struct builder){ .a = a, .options = options, .p = p };
	bool ok = init_builder(b) ? fill_all(b, err) : err_set(err, "no memory for frames");
	free(b->vaddrs);
	free(b->answers);
	if (!ok) {
		frame_table_free(b->table);
		return false;
	}
	*ret_table = b->table;
	return true;
}
