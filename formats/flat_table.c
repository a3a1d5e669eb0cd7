/*
 * Builds the flat table: see call_tree.h.
 *
 * Samples are summed by stack, and sums carried up the stack tree (a parent's id is below its
 * child's). Then one walk over the tree counts a stack's total for its function only where no
 * stack above has the same function, which counts each sample once however deep it recurses.
 */
#include "formats/call_tree.h"

#include "formats/array.h"
#include "formats/frame_key.h"

struct flat_builder {
	struct profile *p;
	const struct call_tree_options *options;
	struct flat_entry *entries;
	size_t n_entries, cap_entries;
	struct intern index;
	/* per stack: */
	uint32_t *entry_of; /* PROFILE_NONE: its frame is left out */
	uint32_t *first_child, *next_sibling;
	int64_t *total;
	uint64_t *n_samples;
	/* per entry: how often the walk's path holds it */
	uint32_t *on_path;
};

static void auto_flat_builder_ptr(struct flat_builder *b)
{
	free(b->entries);
	intern_fini(&b->index);
	free(b->entry_of);
	free(b->first_child);
	free(b->next_sibling);
	free(b->total);
	free(b->n_samples);
	free(b->on_path);
}

static bool flat_builder_init(struct flat_builder *b)
{
	size_t n = b->p->n_stacks + 1;
	b->entry_of = calloc(n, sizeof *b->entry_of);
	b->first_child = calloc(n, sizeof *b->first_child);
	b->next_sibling = calloc(n, sizeof *b->next_sibling);
	b->total = calloc(n, sizeof *b->total);
	b->n_samples = calloc(n, sizeof *b->n_samples);
	return b->entry_of && b->first_child && b->next_sibling && b->total && b->n_samples;
}

/* The entry with that key, made if need be; PROFILE_NONE: no memory. */
static uint32_t entry_get(struct flat_builder *b, const struct frame_key *key)
{
	uint32_t hash = (uint32_t)frame_key_hash(key);
	size_t at;
	for (uint32_t id = intern_first(&b->index, hash, &at); id != INTERN_NONE;
		id = intern_next(&b->index, hash, &at)) {
		const struct flat_entry *entry = &b->entries[id];
		if (entry->name == key->name && entry->module == key->module &&
			entry->kind == key->kind)
			return id;
	}
	uint32_t id = (uint32_t)b->n_entries;
	if (!ARRAY_ROOM(b->entries, b->cap_entries, id) || !intern_add(&b->index, hash, id))
		return PROFILE_NONE;
	b->entries[b->n_entries++] = (struct flat_entry){
		.name = key->name,
		.function = key->function,
		.module = key->module,
		.kind = key->kind,
		.is_inlined = key->function != PROFILE_NONE, /* until a frame is not */
	};
	return id;
}

static bool find_entries(struct flat_builder *b)
{
	for (uint32_t s = 0; s < b->p->n_stacks; s++) {
		b->entry_of[s] = PROFILE_NONE;
		if (frame_key_skips(b->p, b->options, s))
			continue;
		struct frame_key key = frame_key_of(b->p, b->options, s);
		b->entry_of[s] = entry_get(b, &key);
		if (b->entry_of[s] == PROFILE_NONE)
			return false;
	}
	return true;
}

static void add_self(struct flat_entry *entry, int64_t value, uint64_t n_samples)
{
	entry->self += value;
	entry->n_self_samples += n_samples;
}

static bool add_without_stack(struct flat_builder *b, int64_t value, uint64_t n_samples)
{
	struct frame_key key = frame_key_no_stack(b->p);
	uint32_t id = entry_get(b, &key);
	if (id == PROFILE_NONE)
		return false;
	add_self(&b->entries[id], value, n_samples);
	b->entries[id].total += value;
	b->entries[id].n_samples += n_samples;
	return true;
}

static bool sum_samples(struct flat_builder *b)
{
	const struct profile *p = b->p;
	for (size_t i = 0; i < p->n_samples; i++) {
		uint32_t stack = p->samples[i].stack;
		int64_t value = frame_key_sample_value(p, b->options, i);
		uint64_t n_samples = (uint64_t)profile_sample_count(p, i);
		if (stack == PROFILE_NO_STACK) {
			if (!add_without_stack(b, value, n_samples))
				return false;
			continue;
		}
		b->total[stack] += value;
		b->n_samples[stack] += n_samples;
		while (b->entry_of[stack] == PROFILE_NONE)
			stack = p->stacks[stack].parent;
		add_self(&b->entries[b->entry_of[stack]], value, n_samples);
	}
	return true;
}

/* Carries the sums to the parents and links the children; yields the first root. */
static uint32_t link_stacks(struct flat_builder *b)
{
	uint32_t first_root = PROFILE_NO_STACK;
	memset(b->first_child, 0xff, b->p->n_stacks * sizeof *b->first_child);
	for (uint32_t s = (uint32_t)b->p->n_stacks; s-- > 0;) {
		uint32_t parent = b->p->stacks[s].parent;
		uint32_t *head = parent == PROFILE_NO_STACK ? &first_root : &b->first_child[parent];
		b->next_sibling[s] = *head;
		*head = s;
		if (parent == PROFILE_NO_STACK)
			continue;
		b->total[parent] += b->total[s];
		b->n_samples[parent] += b->n_samples[s];
	}
	return first_root;
}

static void enter(struct flat_builder *b, uint32_t stack)
{
	uint32_t id = b->entry_of[stack];
	if (id == PROFILE_NONE)
		return;
	if (b->n_samples[stack])
		b->entries[id].is_inlined &= b->p->frames[b->p->stacks[stack].frame].is_inlined;
	if (b->on_path[id]++)
		return;
	b->entries[id].total += b->total[stack];
	b->entries[id].n_samples += b->n_samples[stack];
}

static void leave(struct flat_builder *b, uint32_t stack)
{
	if (b->entry_of[stack] != PROFILE_NONE)
		b->on_path[b->entry_of[stack]]--;
}

static void walk(struct flat_builder *b, uint32_t stack)
{
	while (stack != PROFILE_NO_STACK) {
		enter(b, stack);
		if (b->first_child[stack] != PROFILE_NO_STACK) {
			stack = b->first_child[stack];
			continue;
		}
		leave(b, stack);
		while (stack != PROFILE_NO_STACK && b->next_sibling[stack] == PROFILE_NO_STACK) {
			stack = b->p->stacks[stack].parent;
			if (stack != PROFILE_NO_STACK)
				leave(b, stack);
		}
		if (stack != PROFILE_NO_STACK)
			stack = b->next_sibling[stack];
	}
}

static int compare_entries(const void *left, const void *right, void *profile)
{
	const struct flat_entry *a = left, *b = right;
	if (a->self != b->self)
		return a->self < b->self ? 1 : -1;
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	int by_name = strcmp(profile_string(profile, a->name), profile_string(profile, b->name));
	return by_name ? by_name : (a->module > b->module) - (a->module < b->module);
}

static size_t drop_unused(struct flat_entry *entries, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (entries[i].n_samples)
			entries[kept++] = entries[i];
	return kept;
}

bool flat_table_build(struct profile *p, const struct call_tree_options *options,
	struct flat_entry **ret_entries, size_t *ret_n, struct err *err)
{
	AUTO(auto_flat_builder) struct flat_builder b = { .p = p, .options = options };
	if (!flat_builder_init(&b) || !find_entries(&b) || !sum_samples(&b) || profile_failed(p))
		return err_set(err, "flat table: out of memory");
	b.on_path = calloc(b.n_entries + 1, sizeof *b.on_path);
	if (!b.on_path)
		return err_set(err, "flat table: out of memory");
	walk(&b, link_stacks(&b));
	size_t n = drop_unused(b.entries, b.n_entries);
	if (n)
		qsort_r(b.entries, n, sizeof *b.entries, compare_entries, p);
	*ret_entries = TAKE(b.entries);
	*ret_n = n;
	return true;
}
