/*
 * A profile as pprof sees it: see pprof_tables.h.
 */
#include "formats/pprof_tables.h"

#include "common/array.h"
#include "formats/utf8.h"

static uint32_t fail(struct pprof_tables *t)
{
	t->failed = true;
	return 0;
}

bool pprof_tables_init(struct pprof_tables *t, const struct profile *p, bool no_inline)
{
	*t = (struct pprof_tables){ .p = p, .no_inline = no_inline };
	t->of_string = calloc(profile_n_strings(p), sizeof *t->of_string);
	t->of_stack = calloc(p->n_stacks + 1, sizeof *t->of_stack);
	t->of_thread = calloc(p->n_threads + 1, sizeof *t->of_thread);
	return t->of_string && t->of_stack && t->of_thread && pprof_add_string(t, "") == 0 &&
		!t->failed;
}

void pprof_tables_fini(struct pprof_tables *t)
{
	string_table_fini(&t->strings);
	intern_fini(&t->function_index);
	intern_fini(&t->location_index);
	intern_fini(&t->stack_index);
	intern_fini(&t->thread_index);
	free(t->functions);
	free(t->lines);
	free(t->locations);
	free(t->stacks);
	free(t->threads);
	free(t->of_string);
	free(t->of_stack);
	free(t->of_thread);
	free(t->path);
	buf_fini(&t->text);
}

uint32_t pprof_add_string(struct pprof_tables *t, const char *str)
{
	buf_clear(&t->text);
	utf8_append_clean(&t->text, str);
	uint32_t id = t->text.failed
		? INTERN_NONE
		: string_table_add(
			  &t->strings, t->text.len ? (const char *)t->text.data : "", t->text.len);
	return id == INTERN_NONE ? fail(t) : id;
}

uint32_t pprof_string(struct pprof_tables *t, uint32_t string)
{
	uint32_t *known = &t->of_string[string];
	if (!*known)
		*known = pprof_add_string(t, profile_string(t->p, string)) + 1;
	return *known - 1;
}

/* Functions. */

static uint32_t add_function(struct pprof_tables *t, const struct pprof_function *f)
{
	uint32_t hash = (uint32_t)intern_mix(f->name, (uint64_t)f->system_name << 32 | f->file);
	size_t at;
	for (uint32_t id = intern_first(&t->function_index, hash, &at); id != INTERN_NONE;
		id = intern_next(&t->function_index, hash, &at)) {
		const struct pprof_function *known = &t->functions[id];
		if (known->name == f->name && known->system_name == f->system_name &&
			known->file == f->file)
			return id;
	}
	if (t->n_functions >= INTERN_NONE - 1 ||
		!ARRAY_ROOM(t->functions, t->cap_functions, t->n_functions) ||
		!intern_add(&t->function_index, hash, (uint32_t)t->n_functions))
		return fail(t);
	t->functions[t->n_functions] = *f;
	return (uint32_t)t->n_functions++;
}

static uint32_t function_of(struct pprof_tables *t, const struct profile_frame *frame)
{
	const struct profile_function *from = &t->p->functions[frame->function];
	struct pprof_function f = {
		.name = pprof_string(t, from->name),
		.file = pprof_string(t, frame->file ? frame->file : from->file),
	};
	if (!f.name)
		f.name = pprof_add_string(t, "[unnamed]");
	/* Without one it stays empty: pprof cuts a name that is its own system name. */
	f.system_name = pprof_string(t, from->raw_name);
	return add_function(t, &f);
}

/* Locations. */

static bool locations_equal(
	const struct pprof_tables *t, uint32_t id, const struct pprof_location *b)
{
	const struct pprof_location *a = &t->locations[id];
	return a->pc == b->pc && a->module == b->module && a->n_lines == b->n_lines &&
		!memcmp(&t->lines[a->first_line], &t->lines[b->first_line],
			b->n_lines * sizeof *t->lines);
}

static uint32_t location_hash(const struct pprof_tables *t, const struct pprof_location *l)
{
	uint64_t h = intern_mix(l->pc, l->module);
	for (uint32_t i = 0; i < l->n_lines; i++) {
		const struct pprof_line *line = &t->lines[l->first_line + i];
		h = intern_mix(h, (uint64_t)line->function << 32 | line->line);
	}
	return (uint32_t)h;
}

/* Its lines are the last in the table, and go again when it is known already. */
static uint32_t intern_location(struct pprof_tables *t, const struct pprof_location *l)
{
	uint32_t hash = location_hash(t, l);
	size_t at;
	for (uint32_t id = intern_first(&t->location_index, hash, &at); id != INTERN_NONE;
		id = intern_next(&t->location_index, hash, &at))
		if (locations_equal(t, id, l)) {
			t->n_lines = l->first_line;
			return id;
		}
	if (t->n_locations >= INTERN_NONE - 1 ||
		!ARRAY_ROOM(t->locations, t->cap_locations, t->n_locations) ||
		!intern_add(&t->location_index, hash, (uint32_t)t->n_locations))
		return fail(t);
	t->locations[t->n_locations] = *l;
	return (uint32_t)t->n_locations++;
}

static void add_line(
	struct pprof_tables *t, struct pprof_location *l, const struct profile_frame *frame)
{
	struct pprof_line line = { function_of(t, frame), frame->line };
	if (t->n_lines >= UINT32_MAX || !ARRAY_ROOM(t->lines, t->cap_lines, t->n_lines)) {
		fail(t);
		return;
	}
	t->lines[t->n_lines++] = line;
	l->n_lines++;
	l->has_symbol |= t->p->functions[frame->function].has_symbol;
	l->has_file |= t->functions && t->functions[line.function].file;
	l->has_line |= line.line != 0;
}

/* The outermost of the frames that lie at one address: inlined frames follow what contains them. */
static uint32_t physical_stack(const struct profile *p, uint32_t stack)
{
	while (p->frames[p->stacks[stack].frame].is_inlined &&
		p->stacks[stack].parent != PROFILE_NO_STACK)
		stack = p->stacks[stack].parent;
	return stack;
}

/* The frames from the innermost one to the physical one, as one location. */
static uint32_t add_location(struct pprof_tables *t, uint32_t innermost, uint32_t physical)
{
	const struct profile *p = t->p;
	uint32_t frame = p->stacks[physical].frame, stack = t->no_inline ? physical : innermost;
	struct pprof_location l = {
		.pc = p->has_addresses ? profile_frame_pc(p, frame) : 0,
		.module = p->frames[frame].module < p->n_modules ? p->frames[frame].module
								 : PROFILE_NONE,
		.first_line = (uint32_t)t->n_lines,
	};
	for (;; stack = p->stacks[stack].parent) {
		add_line(t, &l, &p->frames[p->stacks[stack].frame]);
		if (stack == physical)
			return t->failed ? 0 : intern_location(t, &l);
	}
}

/* Stacks. */

static uint32_t add_stack(struct pprof_tables *t, uint32_t parent, uint32_t location)
{
	uint32_t hash = (uint32_t)intern_mix(0, (uint64_t)parent << 32 | location);
	size_t at;
	for (uint32_t id = intern_first(&t->stack_index, hash, &at); id != INTERN_NONE;
		id = intern_next(&t->stack_index, hash, &at))
		if (t->stacks[id].parent == parent && t->stacks[id].location == location)
			return id;
	if (t->n_stacks >= INTERN_NONE - 1 || !ARRAY_ROOM(t->stacks, t->cap_stacks, t->n_stacks) ||
		!intern_add(&t->stack_index, hash, (uint32_t)t->n_stacks))
		return fail(t);
	t->stacks[t->n_stacks] = (struct pprof_stack){ parent, location };
	return (uint32_t)t->n_stacks++;
}

static uint32_t add_no_stack(struct pprof_tables *t)
{
	uint32_t name = pprof_add_string(t, "[no stack]");
	struct pprof_function f = { .name = name, .system_name = name };
	struct pprof_line line = { .function = add_function(t, &f) };
	if (!ARRAY_ROOM(t->lines, t->cap_lines, t->n_lines))
		return fail(t);
	struct pprof_location l = {
		.module = PROFILE_NONE, .first_line = (uint32_t)t->n_lines, .n_lines = 1
	};
	t->lines[t->n_lines++] = line;
	return add_stack(t, PROFILE_NO_STACK, intern_location(t, &l));
}

uint32_t pprof_stack(struct pprof_tables *t, uint32_t stack)
{
	if (stack == PROFILE_NO_STACK) {
		if (!t->no_stack)
			t->no_stack = add_no_stack(t) + 1;
		return t->no_stack - 1;
	}
	size_t n = 0;
	uint32_t parent = PROFILE_NO_STACK;
	for (uint32_t s = stack; s != PROFILE_NO_STACK;) {
		if (t->of_stack[s]) {
			parent = t->of_stack[s] - 1;
			break;
		}
		if (!ARRAY_ROOM(t->path, t->cap_path, n))
			return fail(t);
		t->path[n++] = s;
		s = t->p->stacks[physical_stack(t->p, s)].parent;
	}
	while (n-- > 0 && !t->failed) {
		uint32_t s = t->path[n];
		parent = add_stack(t, parent, add_location(t, s, physical_stack(t->p, s)));
		t->of_stack[s] = parent + 1;
	}
	return t->failed ? 0 : parent;
}

/* Threads. */

uint32_t pprof_thread(struct pprof_tables *t, uint32_t thread)
{
	const struct profile *p = t->p;
	uint32_t *known = &t->of_thread[MIN((size_t)thread, p->n_threads)];
	struct pprof_thread added = { 0 };
	if (*known)
		return *known - 1;
	if (thread < p->n_threads)
		added = (struct pprof_thread){
			.name = pprof_string(t, p->threads[thread].name),
			.process_name = pprof_string(t, p->threads[thread].process_name),
			.pid = p->threads[thread].pid,
			.tid = p->threads[thread].tid,
		};
	uint64_t h = intern_mix(added.name, (uint64_t)added.pid << 32 | added.tid);
	uint32_t hash = (uint32_t)intern_mix(h, added.process_name);
	size_t at;
	uint32_t id = intern_first(&t->thread_index, hash, &at);
	while (id != INTERN_NONE && memcmp(&t->threads[id], &added, sizeof added))
		id = intern_next(&t->thread_index, hash, &at);
	if (id == INTERN_NONE) {
		id = (uint32_t)t->n_threads;
		if (!ARRAY_ROOM(t->threads, t->cap_threads, t->n_threads) ||
			!intern_add(&t->thread_index, hash, id))
			return fail(t);
		t->threads[t->n_threads++] = added;
	}
	*known = id + 1;
	return id;
}
