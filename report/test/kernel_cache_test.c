/*
 * Kernel symbols in the cache: what was learned on one boot names addresses on another.
 */
#include "report/kernel_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char scratch[64];
static struct cache *cache;

static const struct kernel_place first_boot = {
	.build_id = { .bytes = { 1, 2, 3, 4 }, .len = 20 },
	.symbol = "_text",
	.address = 0xffffffff81000000,
};

static int open_scratch(void **state UNUSED)
{
	char dir[80];
	struct err err = { 0 };
	strcpy(scratch, "/tmp/ddrec-test-XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	snprintf(dir, sizeof(dir), "%s/cache", scratch);
	return cache_open(dir, &cache, &err) ? 0 : -1;
}

static int remove_scratch(void **state UNUSED)
{
	char command[96];
	cache_close(cache);
	snprintf(command, sizeof(command), "rm -rf %s", scratch);
	return system(command);
}

static void add(
	struct kernel_symbols *symbols, uint64_t start, const char *name, const char *module)
{
	struct trace_kernel_symbol symbol = { start, 0x100, name, module };
	assert_true(kernel_symbols_add(symbols, &symbol));
}

static void store_two(const struct kernel_place *place)
{
	struct kernel_symbols symbols = { 0 };
	add(&symbols, place->address + 0x2000, "schedule", "");
	add(&symbols, place->address - 0x500, "before_text", "");
	add(&symbols, 0xffffffffc0001000, "in_a_module", "ext4");
	kernel_cache_store(cache, place, &symbols);
	kernel_symbols_fini(&symbols);
}

static const char *name_at(const struct kernel_symbols *symbols, uint64_t pc)
{
	const struct trace_kernel_symbol *symbol = kernel_symbols_find(symbols, pc);
	return symbol ? symbol->name : "";
}

static void symbols_are_found_again_on_another_boot(void **state UNUSED)
{
	struct kernel_place second_boot = first_boot;
	struct kernel_symbols symbols = { 0 };
	second_boot.address = 0xffffffffa7400000;
	store_two(&first_boot);
	assert_true(kernel_cache_load(cache, &second_boot, &symbols));
	kernel_symbols_sort(&symbols);
	assert_int_equal(symbols.n, 2);
	assert_string_equal(name_at(&symbols, second_boot.address + 0x20ff), "schedule");
	assert_string_equal(name_at(&symbols, second_boot.address - 0x500), "before_text");
	assert_string_equal(name_at(&symbols, second_boot.address + 0x2100), "");
	kernel_symbols_fini(&symbols);
}

static void another_kernel_or_anchor_knows_nothing(void **state UNUSED)
{
	struct kernel_symbols symbols = { 0 };
	struct kernel_place other = first_boot;
	store_two(&first_boot);
	other.build_id.bytes[0]++;
	assert_true(kernel_cache_load(cache, &other, &symbols));
	other = first_boot;
	other.symbol = "_stext";
	assert_true(kernel_cache_load(cache, &other, &symbols));
	other = first_boot;
	other.build_id.len = 0;
	assert_true(kernel_cache_load(cache, &other, &symbols));
	assert_int_equal(symbols.n, 0);
}

/* The checksum is right, since the cache made it: only the payload's reader can refuse. */
static void any_payload_is_survived(void **state UNUSED)
{
	struct cache_key key = {
		.kind = "kernel",
		.version = 1,
		.build_id = first_boot.build_id,
		.variant = cache_hash(0, first_boot.symbol, strlen(first_boot.symbol)),
	};
	unsigned seed = 1;
	for (int round = 0; round < 300; round++) {
		uint8_t payload[64];
		struct kernel_symbols symbols = { 0 };
		size_t n = (size_t)rand_r(&seed) % sizeof(payload);
		for (size_t i = 0; i < n; i++)
			payload[i] = (uint8_t)(rand_r(&seed) >> (round % 2 ? 8 : 12));
		cache_store(cache, &key, payload, n);
		assert_true(kernel_cache_load(cache, &first_boot, &symbols));
		for (size_t i = 0; i < symbols.n; i++)
			assert_true(strlen(symbols.symbols[i].name) <= n);
		kernel_symbols_fini(&symbols);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_found_again_on_another_boot),
		cmocka_unit_test(another_kernel_or_anchor_knows_nothing),
		cmocka_unit_test(any_payload_is_survived),
	};
	return cmocka_run_group_tests(tests, open_scratch, remove_scratch);
}
