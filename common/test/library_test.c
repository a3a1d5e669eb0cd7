#include "common/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define C_FUNCTIONS(F) F(strlen) F(strcmp)
#define SONAME "libc.so.6"

struct c_library {
	C_FUNCTIONS(LIBRARY_POINTER)
};

static void functions_come_in_the_order_of_their_names(void **state)
{
	static const char *const names[] = { C_FUNCTIONS(LIBRARY_NAME) };
	struct c_library lib;
	struct err err = { 0 };
	(void)state;
	assert_true(library_open(SONAME, names, ARRAY_LEN(names), &lib, &err));
	assert_int_equal(lib.strlen("four"), 4);
	assert_int_equal(lib.strcmp("a", "a"), 0);
}

static void what_is_missing_is_named(void **state)
{
	static const char *const none[] = { "strlen", "no_such_function" };
	void *functions[2];
	struct err err = { 0 };
	(void)state;
	assert_false(library_open(SONAME, none, 2, functions, &err));
	assert_string_equal(err.text, SONAME " has no no_such_function");
	assert_false(library_open("libnosuch.so.1", none, 1, functions, &err));
	assert_non_null(strstr(err.text, "libnosuch.so.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_come_in_the_order_of_their_names),
		cmocka_unit_test(what_is_missing_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
