/* The kernel's symbols, from text in the form of /proc/kallsyms. */
#include "common/kallsyms.h"

#include "common/defs.h"
#include "common/address_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "0000000000001000 T _stext\n"
			   "0000000000001000 t local_alias\n"
			   "0000000000001200 d some_data\n"
			   "0000000000001400 t second\n"
			   "0000000000001400 T second_global\n"
			   "0000000000001800 T third\n"
			   "0000000000009000 t in_module\t[ext4]\n"
			   "0000000000009100 T end_module\t[ext4]\n"
			   "0000000000005000 t elsewhere\t[nf_tables]\n"
			   "0000000000005800 W elsewhere_end\t[nf_tables]\n"
			   "garbage\n"
			   "zzzz T nothing\n"
			   "0000000000006000 \n"
			   "\n";

static struct kallsyms read_text(const char *content, const uint64_t *addresses, size_t n)
{
	struct err err;
	struct kallsyms k;
	FILE *file = fmemopen((void *)(uintptr_t)content, strlen(content), "r");
	assert_non_null(file);
	assert_true(kallsyms_read(file, addresses, n, &k, &err));
	fclose(file);
	return k;
}

static void check(
	const struct trace_kernel_symbol *s, uint64_t start, uint64_t size, const char *name)
{
	assert_int_equal(s->start, start);
	assert_int_equal(s->size, size);
	assert_string_equal(s->name, name);
}

static void each_hit_symbol_comes_once_and_sorted(void **state UNUSED)
{
	static const uint64_t hits[] = { 0x10, 0x1000, 0x1300, 0x1400, 0x17ff, 0x5004, 0x9010,
		0x90ff, 0xa000 };
	struct kallsyms k = read_text(text, hits, ARRAY_LEN(hits));
	assert_int_equal(k.n, 4);
	check(&k.symbols[0], 0x1000, 0x400, "_stext");
	check(&k.symbols[1], 0x1400, 0x400, "second_global");
	check(&k.symbols[2], 0x5000, 0x800, "elsewhere");
	check(&k.symbols[3], 0x9000, 0x100, "in_module");
	assert_string_equal(k.symbols[0].module, "");
	assert_string_equal(k.symbols[2].module, "nf_tables");
	assert_string_equal(k.symbols[3].module, "ext4");
	kallsyms_fini(&k);
}

static void hidden_addresses_give_nothing(void **state UNUSED)
{
	static const uint64_t hits[] = { 0x1000, UINT64_MAX };
	struct kallsyms k = read_text(
		"0000000000000000 T _stext\n0000000000000000 T second\n", hits, ARRAY_LEN(hits));
	assert_int_equal(k.n, 0);
	kallsyms_fini(&k);
}

static void every_pair_of_addresses_agrees_with_a_search(void **state UNUSED)
{
	for (uint64_t a = 0xf00; a < 0x1a00; a += 0x40) {
		uint64_t hits[] = { a, a + 0x123 };
		struct kallsyms k = read_text(text, hits, 2);
		for (size_t i = 0; i < 2; i++) {
			bool found = false;
			for (size_t j = 0; j < k.n; j++)
				found |= hits[i] - k.symbols[j].start < k.symbols[j].size;
			assert_int_equal(found, hits[i] >= 0x1000);
		}
		kallsyms_fini(&k);
	}
}

static void the_set_keeps_distinct_addresses(void **state UNUSED)
{
	static struct address_set set;
	for (uint64_t round = 0; round < 3; round++)
		for (uint64_t i = 1; i <= 1000; i++)
			address_set_add(&set, (1001 - i) * 16);
	address_set_add(&set, 0);
	assert_int_equal(set.n, 1000);
	address_set_sort(&set);
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(set.addresses[i], (i + 1) * 16);
}

static void a_full_set_counts_what_it_refuses(void **state UNUSED)
{
	static struct address_set set;
	for (uint64_t i = 1; i <= ADDRESS_SET_SIZE; i++)
		address_set_add(&set, i * 8);
	assert_int_equal(set.n, ADDRESS_SET_MAX);
	assert_int_equal(set.n_refused, ADDRESS_SET_SIZE - ADDRESS_SET_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_hit_symbol_comes_once_and_sorted),
		cmocka_unit_test(hidden_addresses_give_nothing),
		cmocka_unit_test(every_pair_of_addresses_agrees_with_a_search),
		cmocka_unit_test(the_set_keeps_distinct_addresses),
		cmocka_unit_test(a_full_set_counts_what_it_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
