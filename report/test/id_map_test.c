/*
 * The map from ids to pointers, and the tree of stacks: against the obvious slow versions.
 */
#include "report/id_map.h"
#include "report/stack_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { N_IDS = 300, N_STEPS = 30000 };

static void the_map_agrees_with_an_array(void **state UNUSED)
{
	struct id_map map = { 0 };
	char *expected[N_IDS] = { 0 };
	static char values[N_STEPS];
	unsigned seed = 7;

	for (int i = 0; i < N_STEPS; i++) {
		uint32_t id = (uint32_t)rand_r(&seed) % N_IDS;
		if (rand_r(&seed) % 2) {
			*id_map_slot(&map, id * 64) = expected[id] = &values[i];
		} else {
			id_map_remove(&map, id * 64);
			expected[id] = NULL;
		}
		uint32_t probe = (uint32_t)rand_r(&seed) % N_IDS;
		assert_ptr_equal(id_map_find(&map, probe * 64), expected[probe]);
	}
	size_t n = 0;
	for (int i = 0; i < N_IDS; i++)
		n += expected[i] != NULL;
	assert_int_equal(map.n, n);
	id_map_fini(&map);
}

static void an_empty_map_finds_and_removes_nothing(void **state UNUSED)
{
	struct id_map map = { 0 };
	assert_null(id_map_find(&map, 1));
	id_map_remove(&map, 1);
	id_map_fini(&map);
}

static void equal_stacks_are_one_node(void **state UNUSED)
{
	struct stack_tree tree;
	assert_true(stack_tree_init(&tree));
	struct stack_node main_node = { .parent = STACK_TREE_ROOT, .module = 1, .vaddr = 0x100 };
	uint32_t a = stack_tree_add(&tree, &main_node);
	struct stack_node callee = { .parent = a, .module = 1, .vaddr = 0x200 };
	uint32_t b = stack_tree_add(&tree, &callee);
	assert_int_equal(stack_tree_add(&tree, &main_node), a);
	assert_int_equal(stack_tree_add(&tree, &callee), b);
	struct stack_node others[] = {
		{ .parent = a, .module = 2, .vaddr = 0x200 },
		{ .parent = b, .module = 1, .vaddr = 0x200 },
		{ .parent = a, .module = 1, .vaddr = 0x201 },
		{ .parent = a, .module = 1, .vaddr = 0x200, .is_guessed = true },
	};
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(stack_tree_add(&tree, &others[i]), b + 1 + i);
	stack_tree_fini(&tree);
}

static void parents_come_before_children_however_large_the_tree(void **state UNUSED)
{
	struct stack_tree tree;
	uint32_t parent = STACK_TREE_ROOT;
	assert_true(stack_tree_init(&tree));
	for (uint64_t i = 0; i < 100000; i++) {
		struct stack_node node = { .parent = i % 100 ? parent : STACK_TREE_ROOT,
			.vaddr = i };
		uint32_t added = stack_tree_add(&tree, &node);
		assert_true(added > node.parent);
		parent = added;
	}
	assert_int_equal(tree.n_nodes, 100001);
	stack_tree_fini(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_map_agrees_with_an_array),
		cmocka_unit_test(an_empty_map_finds_and_removes_nothing),
		cmocka_unit_test(equal_stacks_are_one_node),
		cmocka_unit_test(parents_come_before_children_however_large_the_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
