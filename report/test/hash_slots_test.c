/*
 * Hash slots: what was put is found by its hash among others of the same hash, and a chain that no
 * honest hash makes is refused, not searched for ever.
 */
#include "report/hash_slots.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static bool holds(const struct hash_slots *slots, uint64_t hash, uint32_t wanted)
{
	struct hash_probe probe = hash_slots_probe(hash);
	uint32_t index;
	while (hash_slots_next(slots, &probe, &index)) {
		if (index == wanted)
			return true;
	}
	return false;
}

static bool put(struct hash_slots *slots, uint64_t hash, uint32_t index)
{
	struct hash_probe probe = hash_slots_probe(hash);
	uint32_t other;
	while (hash_slots_next(slots, &probe, &other))
		continue;
	return hash_slots_put(slots, &probe, index);
}

static void what_is_put_is_found(void **state)
{
	struct hash_slots slots = { 0 };
	const uint64_t step = 0x9e3779b97f4a7c15;
	(void)state;
	assert_false(holds(&slots, 5, 0));
	for (uint32_t i = 0; i < 20000; i++)
		assert_true(put(&slots, i / 3 * step, i)); /* three of each hash */
	for (uint32_t i = 0; i < 20000; i++) {
		assert_true(holds(&slots, i / 3 * step, i));
		assert_false(holds(&slots, (i / 3 + 1) * step, i));
	}
	hash_slots_fini(&slots);
	assert_false(holds(&slots, 0, 0));
}

static void a_made_up_chain_is_refused(void **state)
{
	struct hash_slots slots = { 0 };
	uint32_t n = 0;
	(void)state;
	while (n < 100000 && put(&slots, 42, n))
		n++;
	assert_in_range(n, 100, 1000);
	assert_true(holds(&slots, 42, 0));
	assert_false(holds(&slots, 42, n));
	assert_true(put(&slots, 7ULL << 50, n)); /* others still go in */
	hash_slots_fini(&slots);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(a_made_up_chain_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
