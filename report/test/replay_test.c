/*
 * The replay: what is mapped, and what a thread is called, at each moment.
 */
#include "report/replay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/mman.h>

struct scene {
	struct module_table *modules;
	struct replay_log *log;
	struct replay *replay;
	struct err err;
};

static int setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	s->modules = module_table_new();
	s->log = replay_log_new(s->modules);
	s->replay = replay_new(s->log);
	*state = s;
	return s->replay ? 0 : -1;
}

static int teardown(void **state)
{
	struct scene *s = *state;
	replay_free(s->replay);
	replay_log_free(s->log);
	module_table_free(s->modules);
	free(s);
	return 0;
}

static void add(struct scene *s, struct trace_event event)
{
	assert_true(replay_log_add(s->log, &event, &s->err));
}

static struct trace_event map_event(
	uint64_t time_ns, uint32_t pid, uint64_t start, uint64_t len, const char *path)
{
	return (struct trace_event){ .kind = TRACE_MMAP,
		.time_ns = time_ns,
		.pid = pid,
		.tid = pid,
		.mmap = {
			.start = start, .len = len, .prot = PROT_READ | PROT_EXEC, .path = path } };
}

static struct trace_event fork_event(
	uint64_t time_ns, uint32_t pid, uint32_t tid, uint32_t parent_pid, uint32_t parent_tid)
{
	return (struct trace_event){ .kind = TRACE_FORK,
		.time_ns = time_ns,
		.pid = pid,
		.tid = tid,
		.fork = { parent_pid, parent_tid } };
}

static struct trace_event comm_event(
	uint64_t time_ns, uint32_t pid, uint32_t tid, const char *name, bool is_exec)
{
	return (struct trace_event){ .kind = TRACE_COMM,
		.time_ns = time_ns,
		.pid = pid,
		.tid = tid,
		.comm = { name, is_exec } };
}

static struct trace_event exit_event(uint64_t time_ns, uint32_t pid, uint32_t tid)
{
	return (struct trace_event){
		.kind = TRACE_EXIT, .time_ns = time_ns, .pid = pid, .tid = tid
	};
}

static struct replay_thread at(struct scene *s, uint64_t time_ns, uint32_t pid, uint32_t tid)
{
	assert_true(replay_advance(s->replay, time_ns, &s->err));
	return replay_find_thread(s->replay, pid, tid);
}

/* The path mapped at pc, or "". */
static const char *mapped(const struct replay_thread *thread, uint64_t pc)
{
	const struct mapping *mapping = address_space_find(thread->space, pc);
	return mapping ? mapping->module->path : "";
}

static void start(struct scene *s)
{
	assert_true(replay_log_sort(s->log, &s->err));
}

static void events_apply_in_the_order_of_time(void **state)
{
	struct scene *s = *state;
	add(s, map_event(30, 1, 0x1000, 0x1000, "/b"));
	add(s, map_event(10, 1, 0x1000, 0x1000, "/a"));
	start(s);
	struct replay_thread t = at(s, 5, 1, 1);
	assert_string_equal(mapped(&t, 0x1800), "");
	t = at(s, 10, 1, 1);
	assert_string_equal(mapped(&t, 0x1800), "/a");
	t = at(s, 29, 1, 1);
	assert_string_equal(mapped(&t, 0x1800), "/a");
	t = at(s, 31, 1, 1);
	assert_string_equal(mapped(&t, 0x1800), "/b");
}

static void a_mapping_cuts_what_it_overlaps(void **state)
{
	struct scene *s = *state;
	add(s, map_event(1, 1, 0x1000, 0x3000, "/whole"));
	add(s, map_event(2, 1, 0x2000, 0x1000, "/middle"));
	start(s);
	struct replay_thread t = at(s, 3, 1, 1);
	assert_string_equal(mapped(&t, 0x1fff), "/whole");
	assert_string_equal(mapped(&t, 0x2000), "/middle");
	assert_string_equal(mapped(&t, 0x2fff), "/middle");
	assert_string_equal(mapped(&t, 0x3000), "/whole");
	assert_int_equal(address_space_find(t.space, 0x3000)->file_off, 0x2000);
	assert_string_equal(mapped(&t, 0x4000), "");
}

static void a_forked_process_has_its_own_copy_of_the_mappings(void **state)
{
	struct scene *s = *state;
	add(s, comm_event(1, 1, 1, "parent", true));
	add(s, map_event(2, 1, 0x1000, 0x1000, "/a"));
	add(s, fork_event(3, 2, 2, 1, 1));
	add(s, map_event(4, 2, 0x1000, 0x1000, "/b"));
	start(s);
	struct replay_thread child = at(s, 5, 2, 2);
	struct replay_thread parent = at(s, 5, 1, 1);
	assert_string_equal(mapped(&child, 0x1000), "/b");
	assert_string_equal(mapped(&parent, 0x1000), "/a");
	assert_string_equal(child.name, "parent");
}

static void a_thread_shares_mappings_and_takes_a_name_of_its_own(void **state)
{
	struct scene *s = *state;
	add(s, comm_event(1, 1, 1, "main", true));
	add(s, fork_event(2, 1, 7, 1, 1));
	add(s, comm_event(3, 1, 7, "worker", false));
	add(s, map_event(4, 1, 0x1000, 0x1000, "/a"));
	start(s);
	struct replay_thread t = at(s, 5, 1, 7);
	assert_string_equal(mapped(&t, 0x1000), "/a");
	assert_string_equal(t.name, "worker");
	assert_string_equal(t.process_name, "main");
}

static void exec_empties_the_address_space(void **state)
{
	struct scene *s = *state;
	add(s, map_event(1, 1, 0x1000, 0x1000, "/old"));
	add(s, comm_event(2, 1, 1, "new", true));
	add(s, map_event(3, 1, 0x5000, 0x1000, "/new"));
	start(s);
	struct replay_thread t = at(s, 2, 1, 1);
	uint32_t before = t.incarnation;
	assert_string_equal(mapped(&t, 0x1000), "");
	t = at(s, 3, 1, 1);
	assert_string_equal(mapped(&t, 0x5000), "/new");
	assert_string_equal(t.process_name, "new");
	assert_int_equal(t.incarnation, before);
}

static void a_pid_used_again_is_a_new_process(void **state)
{
	struct scene *s = *state;
	add(s, comm_event(1, 1, 1, "shell", true));
	add(s, fork_event(2, 9, 9, 1, 1));
	add(s, map_event(3, 9, 0x1000, 0x1000, "/first"));
	add(s, exit_event(4, 9, 9));
	add(s, fork_event(5, 9, 9, 1, 1));
	start(s);
	struct replay_thread first = at(s, 3, 9, 9);
	assert_string_equal(mapped(&first, 0x1000), "/first");
	struct replay_thread second = at(s, 6, 9, 9);
	assert_string_equal(mapped(&second, 0x1000), "");
	assert_int_not_equal(first.incarnation, second.incarnation);
}

static void a_sample_just_after_the_exit_still_finds_the_mappings(void **state)
{
	struct scene *s = *state;
	add(s, map_event(1, 3, 0x1000, 0x1000, "/a"));
	add(s, comm_event(2, 3, 3, "gone", false));
	add(s, exit_event(3, 3, 3));
	start(s);
	struct replay_thread t = at(s, 4, 3, 3);
	assert_string_equal(mapped(&t, 0x1000), "/a");
	assert_string_equal(t.name, "gone");
}

static void unknown_processes_have_no_name_and_no_mappings(void **state)
{
	struct scene *s = *state;
	start(s);
	struct replay_thread t = at(s, 1, 4242, 4243);
	assert_null(t.name);
	assert_null(t.process_name);
	assert_int_equal(t.incarnation, 0);
	assert_int_equal(t.space->n_mappings, 0);
}

static void a_file_s_build_id_read_later_counts_from_the_start(void **state)
{
	struct scene *s = *state;
	struct trace_event id = { .kind = TRACE_BUILD_ID,
		.time_ns = 99,
		.build_id = { "/a", { .bytes = { 1, 2, 3 }, .len = 3 } } };
	add(s, map_event(1, 1, 0x1000, 0x1000, "/a"));
	add(s, map_event(1, 1, 0x3000, 0x1000, "/b"));
	add(s, id);
	start(s);
	struct replay_thread t = at(s, 2, 1, 1);
	assert_int_equal(address_space_find(t.space, 0x1000)->module->build_id.len, 3);
	assert_int_equal(address_space_find(t.space, 0x3000)->module->build_id.len, 0);
}

static void mappings_that_are_empty_wrap_or_hold_no_code_are_ignored(void **state)
{
	struct scene *s = *state;
	struct trace_event data = map_event(1, 1, 0x1000, 0x1000, "/data");
	data.mmap.prot = PROT_READ;
	add(s, data);
	add(s, map_event(1, 1, 0x3000, 0, "/empty"));
	add(s, map_event(1, 1, UINT64_MAX - 0xfff, 0x2000, "/wraps"));
	start(s);
	assert_int_equal(at(s, 2, 1, 1).space->n_mappings, 0);
}

/* Forks, execs and exits with few ids, so that they collide in every way. */
static void add_any_events(struct scene *s, uint64_t n)
{
	unsigned seed = 1;
	for (uint64_t time_ns = 0; time_ns < n; time_ns++) {
		uint32_t r[6];
		for (int k = 0; k < 6; k++)
			r[k] = (uint32_t)rand_r(&seed) >> 4;
		uint32_t pid = r[0] % 20, tid = r[1] % 4 ? pid : r[1] % 40;
		switch (r[2] % 6) {
		case 0:
			add(s, fork_event(time_ns, pid, tid, r[3] % 20, r[4] % 40));
			break;
		case 1:
			add(s, exit_event(time_ns, pid, tid));
			break;
		case 2:
			add(s, comm_event(time_ns, pid, tid, r[4] & 1 ? "x" : "y", r[3] & 1));
			break;
		default:
			add(s,
				map_event(
					time_ns, pid, r[3] % 64 * 0x1000, r[4] % 8 * 0x1000, "/m"));
		}
	}
}

static void any_sequence_of_events_is_survived(void **state) /* ASan is the judge */
{
	struct scene *s = *state;
	add_any_events(s, 20000);
	start(s);
	for (uint32_t i = 0; i < 20000; i += 3)
		at(s, i, i % 25, i % 45);
}

static void assert_same(const struct replay_thread *a, const struct replay_thread *b)
{
	assert_int_equal(a->incarnation, b->incarnation);
	assert_ptr_equal(a->name, b->name);
	assert_ptr_equal(a->process_name, b->process_name);
	assert_int_equal(a->space->n_mappings, b->space->n_mappings);
	for (size_t i = 0; i < a->space->n_mappings; i++) {
		assert_int_equal(a->space->mappings[i].start, b->space->mappings[i].start);
		assert_ptr_equal(a->space->mappings[i].module, b->space->mappings[i].module);
	}
}

/* What threads of the analysis rely on: one asks at every moment, the other now and then. */
static void questions_do_not_change_the_answers(void **state)
{
	struct scene *s = *state;
	AUTO(replay_free) struct replay *seldom = replay_new(s->log);
	add_any_events(s, 5000);
	start(s);
	for (uint32_t i = 0; i < 5000; i++) {
		struct replay_thread often = at(s, i, i % 25, i * 7 % 45);
		if (i % 97)
			continue;
		assert_true(replay_advance(seldom, i, &s->err));
		struct replay_thread rare = replay_find_thread(seldom, i % 25, i * 7 % 45);
		assert_same(&often, &rare);
	}
}

/* Half a minute and more for a file of a few megabytes, if each gets all mappings. */
static void forks_without_end_inherit_no_more(void **state)
{
	enum { N_MAPPINGS = 32000, N_FORKS = 9000 };
	struct scene *s = *state;
	struct trace_event exit_event = { .kind = TRACE_EXIT, .time_ns = 2, .pid = 8, .tid = 8 };
	for (uint64_t i = 0; i < N_MAPPINGS; i++)
		add(s, map_event(1, 7, 0x10000 + i * 0x2000, 0x1000, "/bin/code"));
	for (int i = 0; i < N_FORKS; i++) {
		add(s, fork_event(2, 8, 8, 7, 7));
		add(s, exit_event);
	}
	assert_true(replay_log_sort(s->log, &s->err));
	assert_true(replay_advance(s->replay, 1, &s->err));
	assert_int_equal(replay_left_out(s->replay), 0);
	assert_true(replay_advance(s->replay, 2, &s->err));
	assert_in_range(replay_left_out(s->replay), 1, N_FORKS / 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(events_apply_in_the_order_of_time),
		TEST(a_mapping_cuts_what_it_overlaps),
		TEST(a_forked_process_has_its_own_copy_of_the_mappings),
		TEST(a_thread_shares_mappings_and_takes_a_name_of_its_own),
		TEST(exec_empties_the_address_space),
		TEST(a_pid_used_again_is_a_new_process),
		TEST(a_sample_just_after_the_exit_still_finds_the_mappings),
		TEST(unknown_processes_have_no_name_and_no_mappings),
		TEST(a_file_s_build_id_read_later_counts_from_the_start),
		TEST(mappings_that_are_empty_wrap_or_hold_no_code_are_ignored),
		TEST(any_sequence_of_events_is_survived),
		TEST(questions_do_not_change_the_answers),
		TEST(forks_without_end_inherit_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
