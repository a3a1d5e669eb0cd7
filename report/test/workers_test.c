/* Work on several threads. */
#include "report/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PIECES = 10000 };

struct shared {
	atomic_uint next;
	atomic_uint done[PIECES];
	unsigned failing; /* workers with this number or a higher one fail */
};

static bool take_pieces(void *ctx, unsigned worker, struct err *err)
{
	struct shared *s = ctx;
	for (unsigned i; (i = atomic_fetch_add(&s->next, 1)) < PIECES;)
		atomic_fetch_add(&s->done[i], 1);
	return worker < s->failing || err_set(err, "worker %u", worker);
}

static void every_piece_is_done_once(void **state UNUSED)
{
	static const unsigned threads[] = { 0, 1, 2, 7, WORKERS_MAX, WORKERS_MAX + 100 };
	for (size_t t = 0; t < ARRAY_LEN(threads); t++) {
		static struct shared s;
		struct err err = { 0 };
		s = (struct shared){ .failing = UINT32_MAX };
		assert_true(workers_run(threads[t], take_pieces, &s, &err));
		for (size_t i = 0; i < PIECES; i++)
			assert_int_equal(s.done[i], 1);
	}
}

static void the_lowest_failure_is_told(void **state UNUSED)
{
	static struct shared s;
	struct err err = { 0 };
	s = (struct shared){ .failing = 2 };
	assert_false(workers_run(5, take_pieces, &s, &err));
	assert_string_equal(err.text, "worker 2");
}

static void there_is_a_cpu_to_run_on(void **state UNUSED)
{
	assert_in_range(workers_default(), 1, WORKERS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_piece_is_done_once),
		cmocka_unit_test(the_lowest_failure_is_told),
		cmocka_unit_test(there_is_a_cpu_to_run_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
