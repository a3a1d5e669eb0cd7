/*
 * Arrows of jumps: every line that begins somewhere ends somewhere, and no two run over each other.
 */
#include "report/jump_lanes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum { N = 60 };

/* Instructions of one byte from address 0 on; targets[i] >= 0: i jumps there. */
static void make_insns(struct insn *insns, const int *targets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool jumps = targets[i] >= 0;
		insns[i] = (struct insn){
			.vaddr = i,
			.size_bytes = 1,
			.flow = jumps ? INSN_BRANCH : INSN_PLAIN,
			.has_target = jumps,
			.target = jumps ? (uint64_t)targets[i] : 0,
		};
	}
}

static uint8_t cell_at(const struct jump_lanes *l, size_t row, unsigned lane)
{
	return jump_lanes_cell(l, row, lane);
}

/* What leaves a cell enters the next one, and what leaves the last lane has an end. */
static void assert_joined(const struct jump_lanes *l, size_t n)
{
	for (size_t row = 0; row < n; row++) {
		for (unsigned lane = 0; lane < l->n_lanes; lane++) {
			uint8_t cell = cell_at(l, row, lane);
			uint8_t below = row + 1 < n ? cell_at(l, row + 1, lane) : 0;
			assert_int_equal(!!(cell & LANE_DOWN), !!(below & LANE_UP));
			if (lane + 1 < l->n_lanes)
				assert_int_equal(!!(cell & LANE_RIGHT),
					!!(cell_at(l, row, lane + 1) & LANE_LEFT));
			else
				assert_int_equal(
					!!(cell & LANE_RIGHT), l->ends[row] >= LANE_SOURCE);
		}
		if (l->n_lanes)
			assert_false(cell_at(l, row, 0) & LANE_LEFT);
	}
	for (unsigned lane = 0; lane < l->n_lanes; lane++)
		assert_false(cell_at(l, 0, lane) & LANE_UP);
}

/* As it is drawn, a row a line. */
static void draw(const struct jump_lanes *l, size_t n, char *out)
{
	for (size_t row = 0; row < n; row++) {
		for (unsigned lane = 0; lane < l->n_lanes; lane++)
			out += sprintf(out, "%s", jump_lanes_glyph(cell_at(l, row, lane)));
		out += sprintf(out, "%s\n", jump_lanes_end(l, row));
	}
}

static void assert_drawn(const int *targets, size_t n, unsigned max_lanes, const char *expected)
{
	struct insn insns[N];
	struct jump_lanes lanes;
	struct err err = { 0 };
	char picture[4096];
	make_insns(insns, targets, n);
	assert_true(jump_lanes_init(&lanes, insns, n, NULL, max_lanes, &err));
	assert_joined(&lanes, n);
	draw(&lanes, n, picture);
	assert_string_equal(picture, expected);
	jump_lanes_fini(&lanes);
}

static void a_loop_is_an_arrow_upwards(void **state)
{
	(void)state;
	assert_drawn((const int[]){ -1, -1, 0, -1 }, 4, 8, "┌▶\n│ \n└─\n  \n");
}

static void the_inner_loop_is_nearer_to_the_code(void **state)
{
	(void)state;
	assert_drawn((const int[]){ -1, -1, 1, 0 }, 4, 8, "┌─▶\n│┌▶\n│└─\n└──\n");
}

static void jumps_to_one_place_share_a_lane(void **state)
{
	(void)state;
	assert_drawn((const int[]){ 3, 3, -1, -1, 3 }, 5, 8, "┌─\n├─\n│ \n├▶\n└─\n");
}

static void a_jump_without_a_lane_is_counted_and_hinted_at(void **state)
{
	struct insn insns[N];
	struct jump_lanes lanes;
	struct err err = { 0 };
	(void)state;
	assert_drawn((const int[]){ 2, 3, -1, -1 }, 4, 1, "┌─\n│↓\n└▶\n  \n");
	make_insns(insns, (const int[]){ 2, 3, -1, -1 }, 4);
	assert_true(jump_lanes_init(&lanes, insns, 4, NULL, 1, &err));
	assert_int_equal(lanes.n_jumps, 2);
	assert_int_equal(lanes.n_undrawn, 1);
	jump_lanes_fini(&lanes);
}

static void jumps_out_and_to_itself_do_no_harm(void **state)
{
	(void)state;
	assert_drawn((const int[]){ -1, 1, 77 }, 3, 8, "  \n╶▶\n  \n");
}

static void jumps_between_rows_that_are_left_out_take_no_lane(void **state)
{
	struct insn insns[N];
	struct jump_lanes lanes;
	struct err err = { 0 };
	(void)state;
	make_insns(insns, (const int[]){ -1, 2, -1, 0 }, 4);
	assert_true(jump_lanes_init(
		&lanes, insns, 4, (const bool[]){ true, false, false, true }, 8, &err));
	assert_int_equal(lanes.n_jumps, 1);
	assert_int_equal(lanes.n_lanes, 1);
	assert_joined(&lanes, 4);
	jump_lanes_fini(&lanes);
}

static void random_jumps_are_joined(void **state)
{
	uint64_t random = 88172645463325252u;
	(void)state;
	for (unsigned round = 0; round < 2000; round++) {
		struct insn insns[N];
		struct jump_lanes lanes;
		struct err err = { 0 };
		int targets[N];
		for (size_t i = 0; i < N; i++) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			targets[i] = random % (1 + round % 7) ? -1 : (int)(random >> 20) % (N + 5);
			if (targets[i] < -1)
				targets[i] = -1;
		}
		make_insns(insns, targets, N);
		assert_true(jump_lanes_init(&lanes, insns, N, NULL, round % 12, &err));
		assert_true(lanes.n_lanes <= LANES_MAX);
		assert_joined(&lanes, N);
		jump_lanes_fini(&lanes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_loop_is_an_arrow_upwards),
		cmocka_unit_test(the_inner_loop_is_nearer_to_the_code),
		cmocka_unit_test(jumps_to_one_place_share_a_lane),
		cmocka_unit_test(a_jump_without_a_lane_is_counted_and_hinted_at),
		cmocka_unit_test(jumps_out_and_to_itself_do_no_harm),
		cmocka_unit_test(jumps_between_rows_that_are_left_out_take_no_lane),
		cmocka_unit_test(random_jumps_are_joined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
