/*
 * What a Firefox profile needs of the profile's tables: see firefox.h. Stacks of samples and what
 * stands above them; of these the frames; of these the functions, symbols, files and modules.
 */
#include "formats/firefox.h"

static void use_stacks(struct firefox *f)
{
	for (size_t i = 0; i < f->p->n_samples; i++) {
		uint32_t stack = frame_keys_shown(&f->keys, f->p->samples[i].stack);
		f->has_no_stack |= stack == PROFILE_NO_STACK;
		for (; stack != PROFILE_NO_STACK && !renumber_is_used(&f->stacks, stack);
			stack = firefox_shown_parent(f, stack))
			renumber_use(&f->stacks, stack);
	}
	if (f->has_no_stack)
		renumber_use(&f->funcs, f->no_stack);
}

/* The first stack with the frame decides; another may have it at another depth only where a
 * function is inlined into itself. */
static void place_inline(struct firefox *f, uint32_t stack)
{
	const struct profile_stack *s = &f->p->stacks[stack];
	struct firefox_inline *place = &f->inlines[s->frame];
	if (renumber_is_used(&f->frames, s->frame))
		return;
	*place = (struct firefox_inline){ .symbol = f->keys.of_frame[s->frame] };
	if (f->p->frames[s->frame].is_inlined && s->parent != PROFILE_NO_STACK) {
		*place = f->inlines[f->p->stacks[s->parent].frame];
		place->depth++;
	}
}

static void use_symbol(struct firefox *f, uint32_t frame)
{
	uint32_t key = f->inlines[frame].symbol;
	if (!firefox_has_address(f, frame) || !firefox_is_lib(f->p, firefox_key_of(f, key)->module))
		return;
	if (!renumber_is_used(&f->symbols, key) ||
		f->p->frames[frame].address < f->symbol_vaddr[key])
		f->symbol_vaddr[key] = f->p->frames[frame].address;
	renumber_use(&f->symbols, key);
}

static void use_frame(struct firefox *f, uint32_t frame)
{
	uint32_t key = f->keys.of_frame[frame];
	use_symbol(f, frame);
	renumber_use(&f->frames, frame);
	renumber_use(&f->funcs, key);
	if (!f->source[key])
		f->source[key] = frame_keys_file(&f->keys, frame);
}

static void use_func(struct firefox *f, uint32_t id)
{
	const struct frame_key *key = firefox_key_of(f, id);
	renumber_use(&f->strings, key->name);
	if (f->source[id]) {
		renumber_use(&f->strings, f->source[id]);
		renumber_use(&f->sources, f->source[id]);
	}
	if (key->module == PROFILE_NONE)
		return;
	renumber_use(&f->modules, key->module);
	if (firefox_is_lib(f->p, key->module))
		renumber_use(&f->libs, key->module);
}

static void use_all(struct firefox *f)
{
	use_stacks(f);
	for (uint32_t i = 0; i < f->p->n_stacks; i++) {
		if (!renumber_is_used(&f->stacks, i))
			continue;
		place_inline(f, i);
		if (!renumber_is_used(&f->frames, f->p->stacks[i].frame))
			use_frame(f, f->p->stacks[i].frame);
	}
	for (uint32_t i = 0; i < f->keys.n; i++)
		if (renumber_is_used(&f->funcs, i))
			use_func(f, i);
}

bool firefox_use_init(struct firefox *f)
{
	const struct profile *p = f->p;
	size_t n_keys = f->keys.n;
	f->inlines = calloc(p->n_frames + 1, sizeof *f->inlines);
	f->symbol_vaddr = calloc(n_keys, sizeof *f->symbol_vaddr);
	f->source = calloc(n_keys, sizeof *f->source);
	if (!f->inlines || !f->symbol_vaddr || !f->source ||
		!renumber_init(&f->stacks, p->n_stacks) ||
		!renumber_init(&f->frames, p->n_frames) || !renumber_init(&f->funcs, n_keys) ||
		!renumber_init(&f->symbols, n_keys) || !renumber_init(&f->modules, p->n_modules) ||
		!renumber_init(&f->libs, p->n_modules) ||
		!renumber_init(&f->sources, profile_n_strings(p)) ||
		!renumber_init(&f->strings, profile_n_strings(p)))
		return false;
	use_all(f);
	struct renumber *all[] = { &f->stacks, &f->frames, &f->funcs, &f->symbols, &f->modules,
		&f->libs, &f->sources, &f->strings };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		renumber_finish(all[i]);
	return true;
}

void firefox_use_fini(struct firefox *f)
{
	struct renumber *all[] = { &f->stacks, &f->frames, &f->funcs, &f->symbols, &f->modules,
		&f->libs, &f->sources, &f->strings };
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		renumber_fini(all[i]);
	free(f->inlines);
	free(f->symbol_vaddr);
	free(f->source);
}
