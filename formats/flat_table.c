/*
 * Builds the flat table: see call_tree.h.
 *
 * Samples are summed by stack, and sums carried up the stack tree (a parent's id is below its
 * child's). Then one walk over the tree counts a stack's total for its function only where no
 * stack above has the same function, which counts each sample once however deep it recurses.
 */
#include "formats/call_tree.h"

#include "formats/frame_key.h"
#include "formats/stack_walk.h"

struct flat_builder {
	struct profile *p;
	const struct call_tree_options *options;
	struct frame_keys keys;
	struct flat_entry *entries; /* by key */
	struct stack_walk walk;
	/* per stack: */
	int64_t *total;
	int64_t *n_samples; /* the same array when it is samples that are summed */
	/* per key: how often the walk's path holds it */
	uint32_t *on_path;
};

static void auto_flat_builder_ptr(struct flat_builder *b)
{
	frame_keys_fini(&b->keys);
	free(b->entries);
	stack_walk_fini(&b->walk);
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
	b->total = calloc(n, sizeof *b->total);
	b->n_samples = b->options->value ? calloc(n, sizeof *b->n_samples) : b->total;
	return *ret_no_stack != INTERN_NONE && b->total && b->n_samples && make_entries(b) &&
		stack_walk_init(&b->walk, b->p);
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

/* Carries the sums to the parents. */
static void sum_stacks(struct flat_builder *b)
{
	for (uint32_t s = (uint32_t)b->p->n_stacks; s-- > 0;) {
		uint32_t parent = b->p->stacks[s].parent;
		if (b->n_samples[s])
			stack_walk_use(&b->walk, s);
		if (parent == PROFILE_NO_STACK)
			continue;
		b->total[parent] += b->total[s];
		if (b->n_samples != b->total)
			b->n_samples[parent] += b->n_samples[s];
	}
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

static void walk(struct flat_builder *b)
{
	stack_walk_start(&b->walk);
	for (struct stack_step step; stack_walk_next(&b->walk, &step);) {
		if (step.is_left)
			leave(b, step.stack);
		else
			enter(b, step.stack);
	}
}

static int compare_names(const struct flat_entry *a, const struct flat_entry *b, void *profile)
{
	int by_name = strcmp(profile_string(profile, a->name), profile_string(profile, b->name));
	return by_name ? by_name : (a->module > b->module) - (a->module < b->module);
}

static int compare_self(const void *left, const void *right, void *profile)
{
	const struct flat_entry *a = left, *b = right;
	if (a->self != b->self)
		return a->self < b->self ? 1 : -1;
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	return compare_names(a, b, profile);
}

static int compare_totals(const void *left, const void *right, void *profile)
{
	const struct flat_entry *a = left, *b = right;
	if (a->total != b->total)
		return a->total < b->total ? 1 : -1;
	return compare_self(left, right, profile);
}

void flat_table_sort_by_total(const struct profile *p, struct flat_entry *entries, size_t n)
{
	if (n)
		qsort_r(entries, n, sizeof *entries, compare_totals, (void *)p);
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
	sum_stacks(&b);
	walk(&b);
	size_t n = drop_unused(b.entries, b.keys.n);
	if (n)
		qsort_r(b.entries, n, sizeof *b.entries, compare_self, p);
	*ret_entries = TAKE(b.entries);
	*ret_n = n;
	return true;
}
