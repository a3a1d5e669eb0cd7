/*
 * The call tree and the flat table: known sums, recursion, roots, inlining, depth, and what must
 * hold for any profile.
 */
#include "formats/call_tree.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static struct call_tree *build(struct profile *p, const struct call_tree_options *options)
{
	struct call_tree *tree = NULL;
	struct err err = { 0 };
	if (!call_tree_build(p, options, CALL_TREE_HEAVIEST_FIRST, 0, &tree, &err))
		fail_msg("%s", err.text);
	return tree;
}

/* The node at a path "app;main;f" below the root, or 0. */
static uint32_t find(const struct profile *p, const struct call_tree *tree, const char *path)
{
	AUTO_FREE char *copy = strdup(path);
	uint32_t node = 0;
	char *rest = copy, *name;
	while ((name = strsep(&rest, ";"))) {
		const struct call_node *parent = &tree->nodes[node];
		uint32_t end = parent->first_child + parent->n_children;
		node = parent->first_child;
		while (node < end && strcmp(profile_string(p, tree->nodes[node].name), name))
			node++;
		if (node == end)
			return 0;
	}
	return node;
}

static void expect(const struct profile *p, const struct call_tree *tree, const char *path,
	int64_t total, int64_t self)
{
	uint32_t node = find(p, tree, path);
	if (!node)
		fail_msg("no node %s", path);
	if (tree->nodes[node].total != total || tree->nodes[node].self != self)
		fail_msg("%s: total %lld, self %lld; expected %lld, %lld", path,
			(long long)tree->nodes[node].total, (long long)tree->nodes[node].self,
			(long long)total, (long long)self);
}

static const struct make_stack small[] = {
	{ "main;parse;read@kernel", .count = 3 },
	{ "main;parse", .count = 2 },
	{ "main;fib;fib;fib", .count = 4, .thread = 1 },
	{ "main;fib", .count = 1, .thread = 2 },
	{ "main;[i]hot;[i]hotter;memcpy@lib", .count = 5 },
	{ "main;[i]hot", .count = 7 },
	{ "", .count = 6 },
	{ .frames = NULL },
};

static void sums_are_right_by_process(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free) struct call_tree *tree = build(p, &(struct call_tree_options){ 0 });
	assert_int_equal(tree->nodes[0].total, 28);
	expect(p, tree, "app", 28, 0);
	expect(p, tree, "app;main;parse", 5, 2);
	expect(p, tree, "app;main;fib", 5, 1);
	expect(p, tree, "app;main;fib;fib", 4, 0);
	expect(p, tree, "app;main;fib;fib;fib", 4, 4);
	expect(p, tree, "app;main;hot;hotter;memcpy", 5, 5);
	expect(p, tree, "app;[no stack]", 6, 6);
	assert_true(tree->nodes[find(p, tree, "app;main;hot")].is_inlined);
	assert_false(tree->nodes[find(p, tree, "app;main")].is_inlined);
}

static void values_are_those_of_the_chosen_type(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free)
	struct call_tree *tree = build(p, &(struct call_tree_options){ .value = 1 });
	expect(p, tree, "app;main;parse", 5000000, 2000000);
}

static void threads_stand_below_their_process(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free)
	struct call_tree *tree = build(p, &(struct call_tree_options){ .by = CALL_TREE_BY_THREAD });
	expect(p, tree, "app;t1 (tid 101);main;fib", 4, 0);
	expect(p, tree, "app;t2 (tid 102);main;fib", 1, 1);
	expect(p, tree, "app;t0 (tid 100)", 23, 0);
}

static void modules_collapse_their_runs(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free)
	struct call_tree *tree = build(p, &(struct call_tree_options){ .by = CALL_TREE_BY_MODULE });
	expect(p, tree, "app;app", 22, 14);
	expect(p, tree, "app;app;[kernel]", 3, 3);
	expect(p, tree, "app;app;libc.so.6", 5, 5);
	assert_int_equal(find(p, tree, "app;app;app"), 0);
}

static void without_inlining_the_container_gets_the_cost(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free)
	struct call_tree *tree = build(p, &(struct call_tree_options){ .no_inline = true });
	expect(p, tree, "app;main", 22, 7);
	expect(p, tree, "app;main;memcpy", 5, 5);
	assert_int_equal(tree->nodes[0].total, 28);
}

static void reversed_stacks_read_backwards(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free)
	struct call_tree *tree = build(p, &(struct call_tree_options){ .reverse = true });
	assert_int_equal(tree->nodes[0].total, 28);
	expect(p, tree, "fib", 5, 0);
	expect(p, tree, "fib;fib;fib;main;app", 4, 4);
	expect(p, tree, "fib;main;app", 1, 1);
	expect(p, tree, "memcpy;hotter;hot;main;app", 5, 5);
	expect(p, tree, "[no stack];app", 6, 6);
}

static void children_fall_by_total_then_name(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){ { "main;b", .count = 2 },
		{ "main;c", .count = 3 }, { "main;a", .count = 2 }, { .frames = NULL } });
	AUTO(call_tree_free) struct call_tree *tree = build(p, &(struct call_tree_options){ 0 });
	uint32_t c = tree->nodes[find(p, tree, "app;main")].first_child;
	uint32_t a = c + 1, b = c + 2;
	assert_string_equal(profile_string(p, tree->nodes[c].name), "c");
	assert_string_equal(profile_string(p, tree->nodes[a].name), "a");
	assert_string_equal(profile_string(p, tree->nodes[b].name), "b");
	assert_int_equal(tree->nodes[find(p, tree, "app;main")].n_children, 3);
}

static struct flat_entry *build_flat(
	struct profile *p, const struct call_tree_options *options, size_t *ret_n)
{
	struct flat_entry *entries = NULL;
	struct err err = { 0 };
	if (!flat_table_build(p, options, &entries, ret_n, &err))
		fail_msg("%s", err.text);
	return entries;
}

static const struct flat_entry *find_flat(
	const struct profile *p, const struct flat_entry *entries, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(profile_string(p, entries[i].name), name))
			return &entries[i];
	fail_msg("no entry %s", name);
	return NULL;
}

static void recursion_counts_a_sample_once_in_the_flat_table(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	size_t n;
	AUTO_FREE struct flat_entry *flat = build_flat(p, &(struct call_tree_options){ 0 }, &n);
	const struct flat_entry *fib = find_flat(p, flat, n, "fib");
	assert_int_equal(fib->total, 5);
	assert_int_equal(fib->self, 5);
	assert_int_equal(fib->n_samples, 5);
	assert_int_equal(find_flat(p, flat, n, "main")->total, 22);
	assert_int_equal(find_flat(p, flat, n, "main")->self, 0);
	assert_int_equal(find_flat(p, flat, n, "hot")->n_samples, 12);
	assert_int_equal(find_flat(p, flat, n, "hot")->n_self_samples, 7);
	assert_int_equal(find_flat(p, flat, n, "[no stack]")->total, 6);
	for (size_t i = 1; i < n; i++)
		assert_true(flat[i - 1].self >= flat[i].self);
}

static void the_flat_table_follows_no_inline_and_modules(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	size_t n;
	AUTO_FREE struct flat_entry *plain =
		build_flat(p, &(struct call_tree_options){ .no_inline = true }, &n);
	assert_int_equal(find_flat(p, plain, n, "main")->self, 7);
	for (size_t i = 0; i < n; i++)
		assert_string_not_equal(profile_string(p, plain[i].name), "hot");
	AUTO_FREE struct flat_entry *modules =
		build_flat(p, &(struct call_tree_options){ .by = CALL_TREE_BY_MODULE }, &n);
	assert_int_equal(n, 4);
	assert_int_equal(find_flat(p, modules, n, "app")->total, 22);
	assert_int_equal(find_flat(p, modules, n, "app")->self, 14);
}

static void stacks_of_8192_frames_are_fine(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = PROFILE_NO_STACK;
	for (int i = 0; i < 8192; i++) {
		char name[32];
		snprintf(name, sizeof name, "f%d", i % 5000);
		stack = make_frame(p, stack, name, "app", false);
		make_samples(p, stack, 1, 0);
	}
	AUTO(call_tree_free) struct call_tree *tree = build(p, &(struct call_tree_options){ 0 });
	assert_int_equal(tree->max_depth, 8193);
	assert_int_equal(tree->nodes[0].total, 8192);
	size_t n;
	AUTO_FREE struct flat_entry *flat = build_flat(p, &(struct call_tree_options){ 0 }, &n);
	assert_int_equal(find_flat(p, flat, n, "f0")->total, 8192);
	assert_int_equal(find_flat(p, flat, n, "f1")->total, 8191);
	assert_int_equal(n, 5000);
}

static void an_empty_profile_has_an_empty_tree(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = profile_new();
	AUTO(call_tree_free) struct call_tree *tree = build(p, &(struct call_tree_options){ 0 });
	assert_int_equal(tree->n_nodes, 1);
	size_t n;
	AUTO_FREE struct flat_entry *flat = build_flat(p, &(struct call_tree_options){ 0 }, &n);
	assert_int_equal(n, 0);
	assert_true(!flat || !n);
}

static void check_tree(const struct call_tree *tree, int64_t samples)
{
	int64_t selfs = 0;
	for (size_t i = 0; i < tree->n_nodes; i++) {
		const struct call_node *node = &tree->nodes[i];
		int64_t below = 0;
		selfs += node->self;
		assert_int_equal(node->n_children > 0, node->has_children);
		for (uint32_t k = 0; k < node->n_children; k++) {
			uint32_t c = node->first_child + k;
			assert_true(c > i);
			assert_int_equal(tree->nodes[c].parent, i);
			assert_int_equal(tree->nodes[c].depth, node->depth + 1);
			assert_true(tree->nodes[c].total <= node->total);
			below += tree->nodes[c].total;
		}
		assert_int_equal(node->total, node->self + below);
	}
	assert_int_equal(selfs, samples);
	assert_int_equal(tree->nodes[0].total, samples);
}

static void any_profile_adds_up_in_every_shape(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		for (unsigned shape = 0; shape < 12; shape++) {
			struct call_tree_options options = {
				.by = shape % 3, .no_inline = shape / 3 % 2, .reverse = shape / 6
			};
			AUTO(call_tree_free) struct call_tree *tree = build(p, &options);
			check_tree(tree, 300);
			size_t n;
			AUTO_FREE struct flat_entry *flat = build_flat(p, &options, &n);
			int64_t self = 0;
			for (size_t i = 0; i < n; i++) {
				self += flat[i].self;
				assert_true(flat[i].total >= flat[i].self);
				assert_true(flat[i].total <= 300);
				assert_int_equal(flat[i].total, flat[i].n_samples);
			}
			assert_int_equal(self, 300);
		}
	}
}

/* The node of whole that has the path of a node of part. */
static uint32_t same_node(
	const struct call_tree *whole, const struct call_tree *part, uint32_t node)
{
	if (!node)
		return 0;
	const struct call_node *wanted = &part->nodes[node];
	const struct call_node *parent = &whole->nodes[same_node(whole, part, wanted->parent)];
	for (uint32_t i = 0; i < parent->n_children; i++) {
		const struct call_node *node_i = &whole->nodes[parent->first_child + i];
		if (node_i->name == wanted->name && node_i->module == wanted->module &&
			node_i->kind == wanted->kind)
			return parent->first_child + i;
	}
	fail_msg("node %u is not in the whole tree", node);
	return 0;
}

static void expect_part(const struct call_tree *whole, const struct call_tree *part, double min)
{
	for (uint32_t i = 0; i < part->n_nodes; i++) {
		const struct call_node *a = &part->nodes[i];
		const struct call_node *b = &whole->nodes[same_node(whole, part, i)];
		bool is_large = (double)a->total * 100 / (double)part->nodes[0].total >= min;
		assert_int_equal(a->self, b->self);
		assert_int_equal(a->total, b->total);
		assert_int_equal(a->is_inlined, b->is_inlined);
		assert_int_equal(a->has_children, b->has_children);
		assert_int_equal(a->n_children, is_large ? b->n_children : 0);
	}
}

static void a_part_of_the_tree_is_like_the_whole(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 12; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		for (unsigned shape = 0; shape < 12; shape++) {
			struct call_tree_options options = {
				.by = shape % 3, .no_inline = shape / 3 % 2, .reverse = shape / 6
			};
			enum call_tree_order order = seed % 2;
			AUTO(call_tree_free) struct call_tree *whole = build(p, &options);
			AUTO(call_tree_free) struct call_tree *part = NULL;
			struct err err = { 0 };
			size_t n_hidden;
			assert_true(call_tree_build(p, &options, order, seed, &part, &err));
			expect_part(whole, part, seed);
			for (int twice = 0; twice < 2; twice++) {
				assert_true(call_tree_count_hidden(part, &n_hidden, &err));
				assert_int_equal(part->n_nodes + n_hidden, whole->n_nodes);
			}
			assert_true(n_hidden > 0);
			expect_part(whole, part, seed);
		}
	}
}

static void released_nodes_can_be_made_again(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	const struct call_tree_options options = { 0 };
	struct err err = { 0 };
	assert_true(call_tree_open(p, &options, &tree, &err));
	assert_int_equal(tree->nodes[0].total, 28);
	assert_true(tree->nodes[0].has_children);
	for (int i = 0; i < 3; i++) {
		struct call_tree_mark mark = call_tree_mark(tree);
		for (uint32_t node = 0; node < tree->n_nodes; node++)
			assert_true(call_tree_expand(tree, node, CALL_TREE_BY_NAME, &err));
		assert_int_equal(tree->n_nodes, 12);
		expect(p, tree, "app;main;fib;fib", 4, 0);
		expect(p, tree, "app;main;hot;hotter;memcpy", 5, 5);
		call_tree_release(tree, mark);
		assert_int_equal(tree->n_nodes, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_right_by_process),
		cmocka_unit_test(values_are_those_of_the_chosen_type),
		cmocka_unit_test(threads_stand_below_their_process),
		cmocka_unit_test(modules_collapse_their_runs),
		cmocka_unit_test(without_inlining_the_container_gets_the_cost),
		cmocka_unit_test(reversed_stacks_read_backwards),
		cmocka_unit_test(children_fall_by_total_then_name),
		cmocka_unit_test(recursion_counts_a_sample_once_in_the_flat_table),
		cmocka_unit_test(the_flat_table_follows_no_inline_and_modules),
		cmocka_unit_test(stacks_of_8192_frames_are_fine),
		cmocka_unit_test(an_empty_profile_has_an_empty_tree),
		cmocka_unit_test(a_part_of_the_tree_is_like_the_whole),
		cmocka_unit_test(released_nodes_can_be_made_again),
		cmocka_unit_test(any_profile_adds_up_in_every_shape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
