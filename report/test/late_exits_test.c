/* Processes live on in the table for a while after their exit, but not into their pid's next life.
 */
#include "report/late_exits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static struct late_exits late;
static struct process_table *table;

static int set_up(void **state)
{
	struct err err;
	(void)state;
	late = (struct late_exits){ 0 };
	return process_table_new(&table, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	process_table_free(table);
	return 0;
}

static void add_mapping(uint32_t pid, uint64_t start)
{
	struct trace_event event = { .kind = TRACE_MMAP, .pid = pid, .tid = pid };
	event.mmap = (struct trace_mmap){ .start = start, .len = 0x1000, .prot = 5, .path = "/x" };
	late_exits_event(&late, table, &event);
}

static void end(uint32_t pid)
{
	struct trace_event event = { .kind = TRACE_EXIT, .pid = pid, .tid = pid };
	late_exits_event(&late, table, &event);
}

static void begin(uint32_t pid, uint32_t parent)
{
	struct trace_event event = { .kind = TRACE_FORK, .pid = pid, .tid = pid };
	event.fork.parent_pid = event.fork.parent_tid = parent;
	late_exits_event(&late, table, &event);
}

static bool has(uint32_t pid, uint64_t address)
{
	bool is_new;
	return range_table_has(process_table_get_ranges(table, pid, &is_new), address);
}

static void an_exited_process_keeps_its_code_for_a_while(void **state)
{
	(void)state;
	add_mapping(7, 0x400000);
	end(7);
	for (uint32_t i = 0; i < LATE_EXITS - 1; i++)
		end(1000 + i);
	assert_true(has(7, 0x400123));
	end(5000);
	assert_false(has(7, 0x400123));
}

static void a_new_process_does_not_end_by_an_old_exit(void **state)
{
	(void)state;
	add_mapping(7, 0x400000);
	end(7);
	begin(7, 1);
	add_mapping(7, 0x500000);
	for (uint32_t i = 0; i < 2 * LATE_EXITS; i++)
		end(1000 + i);
	assert_true(has(7, 0x500123));
	assert_false(has(7, 0x400123));
}

static void a_new_thread_does_not_save_its_process(void **state)
{
	struct trace_event thread = { .kind = TRACE_FORK, .pid = 7, .tid = 8 };
	(void)state;
	thread.fork.parent_pid = thread.fork.parent_tid = 7;
	add_mapping(7, 0x400000);
	late_exits_event(&late, table, &thread);
	end(7);
	end(7);
	for (uint32_t i = 0; i < LATE_EXITS; i++)
		end(1000 + i);
	assert_false(has(7, 0x400123));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			an_exited_process_keeps_its_code_for_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_new_process_does_not_end_by_an_old_exit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_new_thread_does_not_save_its_process, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
