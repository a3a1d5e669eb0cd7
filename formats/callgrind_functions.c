/*
 * The functions of callgrind's call graph: which frames are the same function for its readers, and
 * what they are called. See callgrind_graph.h.
 */
#include "formats/callgrind_graph.h"

#include "common/array.h"
#include "formats/utf8.h"

#include <string.h>

struct function_builder {
	struct callgrind_graph *g;
	struct profile *p;
	uint32_t *text_of_string; /* by string of the profile; 0: not made yet */
};

/* INTERN_NONE from any of these: no memory. */

static uint32_t add_text(struct function_builder *b, const char *str, const char *if_empty)
{
	AUTO_BUF struct buf text = BUF_INIT;
	utf8_append_clean(&text, str);
	const char *at = (const char *)text.data;
	size_t len = text.len, skip = 0;
	while (len && at[len - 1] == ' ')
		len--;
	while (skip < len && at[skip] == ' ')
		skip++;
	if (text.failed)
		return INTERN_NONE;
	if (skip == len)
		return string_table_add(&b->g->texts, if_empty, strlen(if_empty));
	return string_table_add(&b->g->texts, at + skip, len - skip);
}

static uint32_t text_of(struct function_builder *b, uint32_t string)
{
	uint32_t *text = &b->text_of_string[string];
	if (!*text)
		*text = add_text(b, profile_string(b->p, string), "[unnamed]");
	return *text;
}

static uint32_t function_find(
	const struct callgrind_graph *g, uint32_t hash, uint32_t name, uint32_t object)
{
	size_t at;
	uint32_t id = intern_first(&g->function_index, hash, &at);
	while (id != INTERN_NONE &&
		(g->functions[id].name != name || g->functions[id].object != object))
		id = intern_next(&g->function_index, hash, &at);
	return id;
}

static uint32_t function_get(struct callgrind_graph *g, uint32_t name, uint32_t object)
{
	uint32_t hash = (uint32_t)intern_mix(name, object);
	uint32_t id = function_find(g, hash, name, object);
	if (id != INTERN_NONE)
		return id;
	if (name == INTERN_NONE || object == INTERN_NONE ||
		!ARRAY_ROOM(g->functions, g->cap_functions, g->n_functions) ||
		!intern_add(&g->function_index, hash, (uint32_t)g->n_functions))
		return INTERN_NONE;
	g->functions[g->n_functions] =
		(struct callgrind_function){ .name = name, .object = object };
	return (uint32_t)g->n_functions++;
}

/* As frames without a module are told apart elsewhere (frame_key.c). */
static const char *object_of(const struct profile *p, uint32_t module, enum profile_kind kind)
{
	if (module < p->n_modules)
		return profile_module_label(p, module);
	return kind == PROFILE_JIT ? PROFILE_JIT_LABEL : kind == PROFILE_KERNEL ? "[kernel]" : "";
}

static uint32_t function_of_frame(struct function_builder *b, const struct profile_frame *frame)
{
	struct profile *p = b->p;
	const struct profile_function *f = &p->functions[frame->function];
	uint32_t module = f->module != PROFILE_NONE ? f->module : frame->module;
	uint32_t object = add_text(b, object_of(p, module, f->kind), "???");
	uint32_t id = function_get(b->g, text_of(b, f->name), object);
	if (id != INTERN_NONE && !b->g->functions[id].source)
		b->g->functions[id].source = f->file ? f->file : frame->file;
	return id;
}

/* Its object and file set it apart from a function of that name. */
static uint32_t process_of_thread(struct function_builder *b, size_t thread)
{
	struct profile *p = b->p;
	uint32_t name = thread < p->n_threads ? p->threads[thread].process_name : 0;
	uint32_t id = function_get(b->g, add_text(b, profile_string(p, name), "[unknown process]"),
		add_text(b, "[process]", ""));
	if (id != INTERN_NONE)
		b->g->functions[id].source = profile_add_string(p, "[process]");
	return id;
}

/* "FILE (OBJECT)", for a function that has its name and file in common with another one. */
static uint32_t add_distinct_file(struct callgrind_graph *g, const struct callgrind_function *f)
{
	AUTO_BUF struct buf file = BUF_INIT;
	buf_str(&file, g->texts.entries[f->file].str);
	buf_str(&file, " (");
	buf_str(&file, g->texts.entries[f->object].str);
	buf_str(&file, ")");
	return file.failed ? INTERN_NONE
			   : string_table_add(&g->texts, (const char *)file.data, file.len);
}

static bool is_file_taken(const struct callgrind_graph *g, const struct intern *index,
	uint32_t hash, const struct callgrind_function *f)
{
	size_t at;
	for (uint32_t id = intern_first(index, hash, &at); id != INTERN_NONE;
		id = intern_next(index, hash, &at))
		if (g->functions[id].name == f->name && g->functions[id].file == f->file)
			return true;
	return false;
}

static bool name_files(struct function_builder *b)
{
	struct intern index = { 0 };
	bool ok = true;
	for (uint32_t i = 0; ok && i < b->g->n_functions; i++) {
		struct callgrind_function *f = &b->g->functions[i];
		f->file = add_text(b, profile_string(b->p, f->source), "???");
		uint32_t hash = (uint32_t)intern_mix(f->name, f->file);
		if (f->file != INTERN_NONE && is_file_taken(b->g, &index, hash, f))
			f->file = add_distinct_file(b->g, f);
		ok = f->file != INTERN_NONE &&
			intern_add(&index, (uint32_t)intern_mix(f->name, f->file), i);
	}
	intern_fini(&index);
	return ok;
}

static bool add_functions(struct function_builder *b)
{
	struct callgrind_graph *g = b->g;
	const struct profile *p = b->p;
	for (size_t i = 0; i < p->n_frames; i++)
		if ((g->of_frame[i] = function_of_frame(b, &p->frames[i])) == INTERN_NONE)
			return false;
	for (size_t i = 0; i <= p->n_threads; i++)
		if ((g->of_thread[i] = process_of_thread(b, i)) == INTERN_NONE)
			return false;
	g->no_stack = function_get(g, add_text(b, "[no stack]", ""), add_text(b, "???", ""));
	return g->no_stack != INTERN_NONE;
}

bool callgrind_add_functions(struct callgrind_graph *g, struct profile *p)
{
	/* Processes add strings, whose texts are not asked for by their ids. */
	AUTO_FREE uint32_t *texts = calloc(profile_n_strings(p) + 1, sizeof *texts);
	struct function_builder b = { .g = g, .p = p, .text_of_string = texts };
	g->of_frame = calloc(p->n_frames + 1, sizeof *g->of_frame);
	g->of_thread = calloc(p->n_threads + 1, sizeof *g->of_thread);
	return texts && g->of_frame && g->of_thread && string_table_add(&g->texts, "", 0) == 0 &&
		add_functions(&b) && name_files(&b);
}
