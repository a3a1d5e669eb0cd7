/*
 * Names for people: the shapes of names that compilers make, and those that attackers do.
 */
#include "report/demangle.h"

#include "common/defs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct {
	const char *raw, *shown;
} names[] = {
	{ "main", "main" },
	{ "", "" },
	{ "_Z", "_Z" },
	{ "_Znot_mangled", "_Znot_mangled" },
	{ "_ZN5words5countEi", "words::count(int)" },
	{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
		"std::vector<int, std::allocator<int> >::push_back(int const&)" },
	{ "_ZN1AC4Ev", "A::A()" },
	{ "_Z4workv.cold", "work() [clone .cold]" },
	{ "_Z4workv.constprop.0.isra.0", "work() [clone .constprop.0] [clone .isra.0]" },
	{ "main.cold", "main.cold" },
	{ "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad" },
	{ "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$"
	  "3bar17h930b740aa94f1d3aE",
		"<Test + 'static as foo::Bar<Test>>::bar" },
	{ "_RNvCs15kBYyAo9fc_7mycrate7example", "mycrate::example" },
	{ "_RINvNtC3std3mem8align_ofdE", "std::mem::align_of::<f64>" },
	{ "memcpy@@GLIBC_2.14", "memcpy" },
	{ "memcpy@GLIBC_2.2.5", "memcpy" },
	{ "_Znwm@@GLIBCXX_3.4", "operator new(unsigned long)" },
	{ "printf@plt", "printf@plt" },
	{ "_Znwm@plt", "operator new(unsigned long)@plt" },
	{ "@", "@" },
};

static void names_are_shown_as_people_write_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		AUTO_FREE char *shown = demangle(names[i].raw);
		assert_string_equal(shown, names[i].shown);
	}
}

/* Each S<n>_ stands for the whole pair before it: the text doubles with every step. */
static void a_name_that_would_fill_the_memory_stays_as_it_is(void **state)
{
	char raw[2048] = "_Z1fSt4pairIiiE";
	(void)state;
	for (int i = 0; i < 30; i++) {
		char step[64], previous = i < 10 ? '0' + i : 'A' + i - 10;
		snprintf(step, sizeof(step), "S_IS%c_S%c_E", previous, previous);
		strcat(raw, step);
	}
	AUTO_FREE char *shown = demangle(raw);
	assert_string_equal(shown, raw);
}

static void deep_nesting_does_not_overflow_the_stack(void **state)
{
	enum { DEPTH = 200000 };
	AUTO_FREE char *raw = malloc(DEPTH + 16);
	(void)state;
	strcpy(raw, "_Z1f");
	memset(raw + 4, 'P', DEPTH);
	strcpy(raw + 4 + DEPTH, "i");
	AUTO_FREE char *shown = demangle(raw);
	assert_string_equal(shown, raw);
}

static void every_cut_of_a_name_is_harmless(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (size_t len = 0; len < strlen(names[i].raw); len++) {
			AUTO_FREE char *cut = strndup(names[i].raw, len);
			AUTO_FREE char *shown = demangle(cut);
			assert_non_null(shown);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_shown_as_people_write_them),
		cmocka_unit_test(a_name_that_would_fill_the_memory_stays_as_it_is),
		cmocka_unit_test(deep_nesting_does_not_overflow_the_stack),
		cmocka_unit_test(every_cut_of_a_name_is_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
