/* The writer's dictionary: what is new and what is known, while its table grows. */
#include "common/trace_value_dict.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* Of all sizes, and some that differ in their low or their high bits alone. */
static uint64_t nth_value(uint32_t i)
{
	return i % 3 ? i * UINT64_C(0x9e3779b97f4a7c15) : (uint64_t)(i / 3) << (i % 2 ? 44 : 0);
}

static void values_keep_their_numbers_while_the_table_grows(void **state UNUSED)
{
	struct trace_value_dict d;
	assert_true(trace_value_dict_init(&d));
	for (int block = 0; block < 2; block++) {
		for (uint32_t i = 0; i < TRACE_DICT_VALUES; i++) {
			uint32_t known = i / 2;
			assert_int_equal(trace_value_dict_ref(&d, nth_value(i)), 0);
			assert_int_equal(trace_value_dict_ref(&d, nth_value(i)), i + 1);
			assert_int_equal(trace_value_dict_ref(&d, nth_value(known)), known + 1);
		}
		trace_value_dict_clear(&d);
	}
	trace_value_dict_fini(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_keep_their_numbers_while_the_table_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
