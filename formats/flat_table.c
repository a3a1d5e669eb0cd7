/*
 * Builds the flat table: see call_tree.h.
 *
 * Samples are summed by stack, and sums carried up the stack tree (a parent's id is below its
 * child's). Then one walk over the tree counts a stack's total for its function only where no
 * stack above has the same function, which counts each sample once however deep it recurses.
 */
#include "formats/call_tree.h"

#include "formats/frame_key.h"

struct flat_builder {
	struct profile *p;
	const struct call_tree_options *options;
	struct frame_keys keys;
	struct flat_entry *entries; /* by key */
	/* per stack: */
	uint32_t *first_child, *next_sibling;
	int64_t *total;
	int64_t *n_samples; /* the same array when it is samples that are summed */
	/* per key: how often the walk's path holds it */
	uint32_t *on_path;
};

static void auto_flat_builder_ptr(struct flat_builder *b)
{
	frame_keys_fini(&b->keys);
	free(b->entries);
	free(b->first_child);
	free(b->next_sibling);
	if (b->n_samples != b->total)
		free(b->n_samples);
	free(b->total);
	free(b->on_path);
}

static bool make_entries(struct flat_builder *b)
{
	b->on_path = calloc(b->keys.n, sizeof *b->on_path);
	b->entries = calloc(b->keys.n, sizeof *b->entries);
	if (!b->on_path || !b->entries)
		return false;
	for (size_t i = 0; i < b->keys.n; i++) {
		const struct frame_key *key = &b->keys.keys[i];
		b->entries[i] = (struct flat_entry){
			.name = key->name,
			.function = key->function,
			.module = key->module,
			.kind = key->kind,
			.is_inlined = key->function != PROFILE_NONE, /* until a frame is not */
		};
	}
	return true;
}

static bool flat_builder_init(struct flat_builder *b, uint32_t *ret_no_stack)
{
	size_t n = b->p->n_stacks + 1;
	if (!frame_keys_init(&b->keys, b->p, b->options))
		return false;
	*ret_no_stack = frame_keys_add_no_stack(&b->keys);
	b->first_child = calloc(n, sizeof *b->first_child);
	b->next_sibling = calloc(n, sizeof *b->next_sibling);
	b->total = calloc(n, sizeof *b->total);
	b->n_samples = b->options->value ? calloc(n, sizeof *b->n_samples) : b->total;
	return *ret_no_stack != INTERN_NONE && b->first_child && b->next_sibling && b->total &&
		b->n_samples && make_entries(b);
}

/* The key of the sample's innermost function. */
static uint32_t leaf_key(const struct flat_builder *b, uint32_t stack, uint32_t no_stack)
{
	while (stack != PROFILE_NO_STACK && frame_keys_skips(&b->keys, stack))
		stack = b->p->stacks[stack].parent;
	return stack == PROFILE_NO_STACK ? no_stack : frame_keys_of_stack(&b->keys, stack);
}

static void sum_samples(struct flat_builder *b, uint32_t no_stack)
{
	const struct profile *p = b->p;
	for (size_t i = 0; i < p->n_samples; i++) {
		uint32_t stack = p->samples[i].stack;
		int64_t value = profile_sample_value(p, i, b->options->value);
		int64_t n_samples = profile_sample_count(p, i);
		struct flat_entry *entry = &b->entries[leaf_key(b, stack, no_stack)];
		entry->self += value;
		entry->n_self_samples += (uint64_t)n_samples;
		if (stack == PROFILE_NO_STACK) {
			entry->total += value;
			entry->n_samples += (uint64_t)n_samples;
			continue;
		}
		b->total[stack] += value;
		if (b->n_samples != b->total)
			b->n_samples[stack] += n_samples;
	}
}

/* Carries the sums to the parents and links the children; yields the first root. */
static uint32_t link_stacks(struct flat_builder *b)
{
	uint32_t first_root = PROFILE_NO_STACK;
	memset(b->first_child, 0xff, b->p->n_stacks * sizeof *b->first_child);
	for (uint32_t s = (uint32_t)b->p->n_stacks; s-- > 0;) {
		uint32_t parent = b->p->stacks[s].parent;
		bool is_root = parent == PROFILE_NO_STACK;
		if (!b->n_samples[s])
			continue;
		uint32_t *head = is_root ? &first_root : &b->first_child[parent];
		b->next_sibling[s] = *head;
		*head = s;
		if (is_root)
			continue;
		b->total[parent] += b->total[s];
		if (b->n_samples != b->total)
			b->n_samples[parent] += b->n_samples[s];
	}
	return first_root;
}

static void enter(struct flat_builder *b, uint32_t stack)
{
	uint32_t key = frame_keys_of_stack(&b->keys, stack);
	struct flat_entry *entry = &b->entries[key];
	if (frame_keys_skips(&b->keys, stack))
		return;
	entry->is_inlined &= b->p->frames[b->p->stacks[stack].frame].is_inlined;
	if (b->on_path[key]++)
		return;
	entry->total += b->total[stack];
	entry->n_samples += (uint64_t)b->n_samples[stack];
}

static void leave(struct flat_builder *b, uint32_t stack)
{
	if (!frame_keys_skips(&b->keys, stack))
		b->on_path[frame_keys_of_stack(&b->keys, stack)]--;
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
	uint32_t no_stack;
	if (!flat_builder_init(&b, &no_stack) || profile_failed(p))
		return err_set(err, "flat table: out of memory");
	sum_samples(&b, no_stack);
	walk(&b, link_stacks(&b));
	size_t n = drop_unused(b.entries, b.keys.n);
	if (n)
		qsort_r(b.entries, n, sizeof *b.entries, compare_entries, p);
	*ret_entries = TAKE(b.entries);
	*ret_n = n;
	return true;
}
