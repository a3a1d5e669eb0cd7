/* What a new mapping does to those it overlaps. */
#include "report/address_space.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

static struct module old_module = { .id = 1 }, new_module = { .id = 2 };

static void add(struct address_space *s, uint64_t start, uint64_t end, struct module *module)
{
	struct mapping m = { start, end, start * 10, module };
	assert_true(address_space_add(s, &m));
}

/* "start-end@off:module ..." of all mappings. */
static const char *text(const struct address_space *s)
{
	static char out[512];
	size_t len = 0;
	out[0] = 0;
	for (size_t i = 0; i < s->n_mappings; i++) {
		const struct mapping *m = &s->mappings[i];
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%lu-%lu@%lu:%u",
			i ? " " : "", m->start, m->end, m->file_off, m->module->id);
	}
	return out;
}

static void a_new_mapping_takes_the_place_of_what_it_overlaps(void **state)
{
	static const struct {
		uint64_t start, end;
		const char *result;
	} cases[] = {
		/* with 100-200 and 300-400 there before */
		{ 10, 20, "10-20@100:2 100-200@1000:1 300-400@3000:1" },
		{ 50, 100, "50-100@500:2 100-200@1000:1 300-400@3000:1" },
		{ 200, 300, "100-200@1000:1 200-300@2000:2 300-400@3000:1" },
		{ 500, 600, "100-200@1000:1 300-400@3000:1 500-600@5000:2" },
		{ 100, 200, "100-200@1000:2 300-400@3000:1" },
		{ 90, 210, "90-210@900:2 300-400@3000:1" },
		{ 50, 150, "50-150@500:2 150-200@1050:1 300-400@3000:1" },
		{ 150, 250, "100-150@1000:1 150-250@1500:2 300-400@3000:1" },
		{ 120, 130, "100-120@1000:1 120-130@1200:2 130-200@1030:1 300-400@3000:1" },
		{ 150, 350, "100-150@1000:1 150-350@1500:2 350-400@3050:1" },
		{ 0, 1000, "0-1000@0:2" },
		{ 150, 150, "100-200@1000:1 300-400@3000:1" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct address_space s = { 0 };
		add(&s, 300, 400, &old_module);
		add(&s, 100, 200, &old_module);
		add(&s, cases[i].start, cases[i].end, &new_module);
		assert_string_equal(text(&s), cases[i].result);
		address_space_clear(&s);
	}
}

static void finds_the_mapping_that_holds_an_address(void **state)
{
	struct address_space s = { 0 };
	(void)state;
	assert_null(address_space_find(&s, 0));
	for (uint64_t i = 0; i < 100; i++)
		add(&s, 1000 + i * 20, 1010 + i * 20, &old_module);
	assert_null(address_space_find(&s, 999));
	assert_null(address_space_find(&s, 1010));
	assert_null(address_space_find(&s, UINT64_MAX));
	for (uint64_t i = 0; i < 100; i++) {
		assert_int_equal(address_space_find(&s, 1000 + i * 20)->start, 1000 + i * 20);
		assert_int_equal(address_space_find(&s, 1009 + i * 20)->start, 1000 + i * 20);
	}
	address_space_clear(&s);
}

static void a_copy_is_independent(void **state)
{
	struct address_space s = { 0 }, copy;
	(void)state;
	add(&s, 100, 200, &old_module);
	assert_true(address_space_copy(&copy, &s));
	uint64_t generation = s.generation;
	assert_int_equal(copy.generation, generation);
	add(&s, 150, 160, &new_module);
	assert_int_not_equal(s.generation, generation);
	assert_string_equal(text(&copy), "100-200@1000:1");
	address_space_clear(&s);
	assert_null(address_space_find(&s, 150));
	assert_non_null(address_space_find(&copy, 150));
	address_space_clear(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_mapping_takes_the_place_of_what_it_overlaps),
		cmocka_unit_test(finds_the_mapping_that_holds_an_address),
		cmocka_unit_test(a_copy_is_independent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
