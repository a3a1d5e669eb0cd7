/*
 * The tables that all threads share, and the libraries: see firefox.h.
 *
 * An address is relative to its library's image, as symbol servers ask for it, inside the call
 * instruction for callers, as in the profile. Readers keep it in 32 bits. The front end calls a
 * frame inlined when it has an inlineDepth and a nativeSymbol: the symbol of the function that
 * contains it, at the same address. Where symbols start is not known; the lowest address that was
 * sampled stands for it, and sizes are left out.
 */
#include "formats/firefox.h"

#include <string.h>

enum { RESOURCE_OTHER = 0, RESOURCE_LIBRARY = 1 };

/* Columns. id is an old number, PROFILE_NONE in the row for what has no stack. */

typedef void put_cell(struct firefox *f, uint32_t id);

struct column {
	const char *name;
	put_cell *put;
};

static void put_table(struct firefox *f, const char *name, const struct renumber *ids,
	bool has_no_stack, const struct column *columns)
{
	json_put_key(&f->w, name), json_put_object(&f->w);
	json_put_key(&f->w, "length"), json_put_u64(&f->w, ids->n_used + has_no_stack);
	for (; columns->name; columns++) {
		json_put_key(&f->w, columns->name), json_put_array(&f->w);
		for (uint32_t i = 0; i < ids->n; i++)
			if (renumber_is_used(ids, i))
				columns->put(f, i);
		if (has_no_stack)
			columns->put(f, PROFILE_NONE);
		json_put_end(&f->w);
	}
	json_put_end(&f->w);
}

static void put_null(struct firefox *f, uint32_t id)
{
	(void)id;
	json_put_null(&f->w);
}

static void put_zero(struct firefox *f, uint32_t id)
{
	(void)id;
	json_put_u64(&f->w, 0);
}

static void put_one(struct firefox *f, uint32_t id)
{
	(void)id;
	json_put_u64(&f->w, 1);
}

static void put_false(struct firefox *f, uint32_t id)
{
	(void)id;
	json_put_bool(&f->w, false);
}

/* Modules. Code without a file is a resource, but no library. */

/* Of the image, in the addresses of the ELF file. Those of what can be loaded anywhere begin at 0;
 * an executable that cannot (bias 0) begins at a multiple of 64 KiB below its code. */
static uint64_t image_base(const struct profile_module *module)
{
	const struct profile_place *place = &module->place;
	if (!place->end || place->bias || place->start < place->file_off)
		return 0;
	return (place->start - place->file_off) & ~(uint64_t)0xffff;
}

/* Of the kernel's addresses, and others that are too large, the low bits. */
static uint32_t relative(const struct profile *p, uint32_t module, uint64_t vaddr)
{
	uint64_t base = image_base(&p->modules[module]);
	uint64_t address = vaddr >= base ? vaddr - base : vaddr;
	return (uint32_t)(address <= INT32_MAX ? address : address & INT32_MAX);
}

/* Breakpad's: the first 16 bytes of the build-id as a GUID, whose first three fields are in the
 * machine's byte order, and an age of 0. */
static void put_breakpad_id(struct firefox *f, const char *build_id)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	char id[34];
	size_t len = strspn(build_id, "0123456789abcdef");
	for (size_t i = 0; i < 32; i++) {
		size_t from = (size_t)order[i / 2] * 2 + i % 2;
		char digit = from < len ? build_id[from] : '0';
		id[i] = (char)(digit >= 'a' ? digit - 'a' + 'A' : digit);
	}
	id[32] = '0';
	id[33] = '\0';
	json_put_string(&f->w, id);
}

static void put_lib(struct firefox *f, uint32_t id)
{
	const struct profile *p = f->p;
	const struct profile_module *m = &p->modules[id];
	const char *build_id = profile_string(p, m->build_id);
	const char *names[] = { "name", "debugName" }, *paths[] = { "path", "debugPath" };
	json_put_object(&f->w);
	json_put_key(&f->w, "arch"), json_put_string(&f->w, profile_string(p, p->meta.arch));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		json_put_key(&f->w, names[i]), json_put_string(&f->w, profile_module_label(p, id));
		json_put_key(&f->w, paths[i]), json_put_string(&f->w, profile_string(p, m->path));
	}
	json_put_key(&f->w, "breakpadId"), put_breakpad_id(f, build_id);
	json_put_key(&f->w, "codeId");
	if (*build_id)
		json_put_string(&f->w, build_id);
	else
		json_put_null(&f->w);
	json_put_end(&f->w);
}

void firefox_put_libs(struct firefox *f)
{
	json_put_key(&f->w, "libs"), json_put_array(&f->w);
	for (uint32_t i = 0; i < f->libs.n; i++)
		if (renumber_is_used(&f->libs, i))
			put_lib(f, i);
	json_put_end(&f->w);
}

static void put_resource_lib(struct firefox *f, uint32_t id)
{
	if (renumber_is_used(&f->libs, id))
		json_put_u64(&f->w, f->libs.to[id]);
	else
		json_put_null(&f->w);
}

/* Modules have no id in the table of strings, for some names are made: they stand behind it. */
static void put_resource_name(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, f->strings.n_used + f->modules.to[id]);
}

static void put_resource_type(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, renumber_is_used(&f->libs, id) ? RESOURCE_LIBRARY : RESOURCE_OTHER);
}

static const struct column resource_columns[] = {
	{ "lib", put_resource_lib },
	{ "name", put_resource_name },
	{ "host", put_null },
	{ "type", put_resource_type },
	{ NULL, NULL },
};

/* Functions: id is a key. */

static void put_func_name(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, f->strings.to[firefox_key_of(f, id)->name]);
}

static void put_func_resource(struct firefox *f, uint32_t id)
{
	uint32_t module = firefox_key_of(f, id)->module;
	json_put_i64(&f->w, module == PROFILE_NONE ? -1 : (int64_t)f->modules.to[module]);
}

static void put_func_source(struct firefox *f, uint32_t id)
{
	if (f->source[id])
		json_put_u64(&f->w, f->sources.to[f->source[id]]);
	else
		json_put_null(&f->w);
}

static const struct column func_columns[] = {
	{ "name", put_func_name },
	{ "isJS", put_false },
	{ "relevantForJS", put_false },
	{ "resource", put_func_resource },
	{ "source", put_func_source },
	{ "lineNumber", put_null },
	{ "columnNumber", put_null },
	{ NULL, NULL },
};

static void put_source_name(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, f->strings.to[id]);
}

static const struct column source_columns[] = {
	{ "id", put_null },
	{ "filename", put_source_name },
	{ "startLine", put_one },
	{ "startColumn", put_one },
	{ "sourceMapURL", put_null },
	{ NULL, NULL },
};

static void put_symbol_lib(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, f->libs.to[firefox_key_of(f, id)->module]);
}

static void put_symbol_address(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, relative(f->p, firefox_key_of(f, id)->module, f->symbol_vaddr[id]));
}

static const struct column symbol_columns[] = {
	{ "libIndex", put_symbol_lib },
	{ "address", put_symbol_address },
	{ "name", put_func_name },
	{ "functionSize", put_null },
	{ NULL, NULL },
};

/* Frames. */

static uint32_t frame_key(const struct firefox *f, uint32_t id)
{
	return id == PROFILE_NONE ? f->no_stack : f->keys.of_frame[id];
}

static void put_frame_address(struct firefox *f, uint32_t id)
{
	if (firefox_has_address(f, id))
		json_put_u64(&f->w,
			relative(f->p, firefox_key_of(f, f->keys.of_frame[id])->module,
				f->p->frames[id].address));
	else
		json_put_i64(&f->w, -1);
}

static void put_frame_depth(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, id == PROFILE_NONE ? 0 : f->inlines[id].depth);
}

static void put_frame_category(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, firefox_key_of(f, frame_key(f, id))->kind);
}

static void put_frame_func(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w, f->funcs.to[frame_key(f, id)]);
}

static void put_frame_symbol(struct firefox *f, uint32_t id)
{
	if (id != PROFILE_NONE && renumber_is_used(&f->symbols, f->inlines[id].symbol))
		json_put_u64(&f->w, f->symbols.to[f->inlines[id].symbol]);
	else
		json_put_null(&f->w);
}

/* A line of another file than its function's would be shown in the wrong file. */
static void put_frame_line(struct firefox *f, uint32_t id)
{
	const struct profile_frame *frame = id == PROFILE_NONE ? NULL : &f->p->frames[id];
	if (frame && frame->line && frame->file == f->source[f->keys.of_frame[id]])
		json_put_u64(&f->w, frame->line);
	else
		json_put_null(&f->w);
}

static const struct column frame_columns[] = {
	{ "address", put_frame_address },
	{ "inlineDepth", put_frame_depth },
	{ "category", put_frame_category },
	{ "subcategory", put_zero },
	{ "func", put_frame_func },
	{ "nativeSymbol", put_frame_symbol },
	{ "innerWindowID", put_zero },
	{ "line", put_frame_line },
	{ "column", put_null },
	{ NULL, NULL },
};

/* Stacks. */

static void put_stack_frame(struct firefox *f, uint32_t id)
{
	json_put_u64(&f->w,
		id == PROFILE_NONE ? f->frames.n_used : f->frames.to[f->p->stacks[id].frame]);
}

static void put_stack_prefix(struct firefox *f, uint32_t id)
{
	uint32_t parent = id == PROFILE_NONE ? PROFILE_NO_STACK : firefox_shown_parent(f, id);
	if (parent == PROFILE_NO_STACK)
		json_put_null(&f->w);
	else
		json_put_u64(&f->w, f->stacks.to[parent]);
}

static const struct column stack_columns[] = {
	{ "frame", put_stack_frame },
	{ "prefix", put_stack_prefix },
	{ NULL, NULL },
};

uint32_t firefox_stack(const struct firefox *f, uint32_t stack)
{
	uint32_t shown = frame_keys_shown(&f->keys, stack);
	return shown == PROFILE_NO_STACK ? (uint32_t)f->stacks.n_used : f->stacks.to[shown];
}

/* The whole. */

static void put_strings(struct firefox *f)
{
	json_put_key(&f->w, "stringArray"), json_put_array(&f->w);
	for (uint32_t i = 0; i < f->strings.n; i++) {
		const char *str = profile_string(f->p, i);
		if (renumber_is_used(&f->strings, i))
			json_put_string(&f->w, *str ? str : "[unnamed]");
	}
	for (uint32_t i = 0; i < f->modules.n; i++)
		if (renumber_is_used(&f->modules, i))
			json_put_string(&f->w, profile_module_label(f->p, i));
	json_put_end(&f->w);
}

void firefox_put_shared(struct firefox *f)
{
	json_put_key(&f->w, "shared"), json_put_object(&f->w);
	put_table(f, "stackTable", &f->stacks, f->has_no_stack, stack_columns);
	put_table(f, "frameTable", &f->frames, f->has_no_stack, frame_columns);
	put_table(f, "funcTable", &f->funcs, false, func_columns);
	put_table(f, "resourceTable", &f->modules, false, resource_columns);
	put_table(f, "nativeSymbols", &f->symbols, false, symbol_columns);
	put_table(f, "sources", &f->sources, false, source_columns);
	put_strings(f);
	json_put_end(&f->w);
}
