/*
 * The walk over the stack tree: each stack that is used, or calls one that is, is entered and left
 * once, callers around what they call.
 */
#include "formats/stack_walk.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void auto_walk_ptr(struct stack_walk *w)
{
	stack_walk_fini(w);
}

static void each_stack_is_entered_and_left_inside_its_caller(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 10 * seed);
		AUTO_FREE int *visits = calloc(p->n_stacks + 1, sizeof *visits);
		AUTO(auto_walk) struct stack_walk w;
		uint32_t inside = PROFILE_NO_STACK;
		assert_true(stack_walk_init(&w, p));
		for (size_t i = 0; i < p->n_samples; i++)
			stack_walk_use(&w, p->samples[i].stack);
		stack_walk_start(&w);
		for (struct stack_step s; stack_walk_next(&w, &s);) {
			uint32_t parent = p->stacks[s.stack].parent;
			assert_int_equal(inside, s.is_left ? s.stack : parent);
			inside = s.is_left ? parent : s.stack;
			visits[s.stack]++;
		}
		assert_int_equal(inside, PROFILE_NO_STACK);
		for (size_t i = 0; i < p->n_samples; i++)
			for (uint32_t s = p->samples[i].stack; s != PROFILE_NO_STACK;
				s = p->stacks[s].parent)
				assert_int_equal(visits[s], 2);
	}
}

static void what_has_no_samples_is_not_met(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;a", .count = 1 },
		{ "main;b", .count = 1 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	AUTO(auto_walk) struct stack_walk w;
	struct stack_step s;
	size_t n = 0;
	assert_true(stack_walk_init(&w, p));
	stack_walk_use(&w, p->samples[1].stack);
	stack_walk_use(&w, PROFILE_NO_STACK);
	for (stack_walk_start(&w); stack_walk_next(&w, &s); n++)
		assert_int_not_equal(s.stack, p->samples[0].stack);
	assert_int_equal(n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_stack_is_entered_and_left_inside_its_caller),
		cmocka_unit_test(what_has_no_samples_is_not_met),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
