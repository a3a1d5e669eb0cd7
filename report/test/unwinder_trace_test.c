/*
 * The unwinder with a memory gives what the walk alone gives: on every sample of the traces of
 * testdata, or of those named on the command line.
 */
#include "report/sample_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <inttypes.h>
#include <stdio.h>

#include "report/test/same_stacks.h"

static struct unwind_frame frames[UNWIND_MAX_FRAMES];
static uint64_t n_samples, n_frames, n_shared;

static void compare(struct recording *rec, struct unwinder *u, const struct trace_sample *sample,
	const struct address_space *space)
{
	struct unwind_result want = { .frames = frames };
	struct unwinder_stack got;
	unwind_stack(rec->arch, space, sample, module_table_load, rec->modules, &want);
	unwinder_walk(u, space, sample, &got);
	assert_same_stacks(&got, &want);
	assert_nodes(&got);
	n_samples++;
	n_frames += got.n_frames;
	n_shared += got.n_shared;
}

static void compare_trace(const char *path)
{
	AUTO(recording_close) struct recording *rec = NULL;
	AUTO(sample_reader_free) struct sample_reader *reader = NULL;
	struct err err = { 0 };
	struct trace_sample sample;
	struct replay_thread thread;
	struct input_batch batch;
	n_samples = n_frames = n_shared = 0;
	if (!recording_open(path, &(struct recording_options){ 0 }, &rec, &err) ||
		!sample_reader_new(rec, &reader, &err))
		fail_msg("%s", err.text);
	AUTO(unwinder_free)
	struct unwinder *u = unwinder_new(rec->arch, module_table_load, rec->modules);
	while (recording_next_batch(rec, &batch, &err)) {
		unwinder_begin_batch(u);
		assert_true(sample_reader_begin(reader, &batch, &err));
		while (sample_reader_next(reader, &sample, &thread, &err))
			compare(rec, u, &sample, thread.space);
	}
	assert_string_equal(err.text, "");
	printf("# %s: %" PRIu64 " samples, %" PRIu64 " frames, %" PRIu64 " taken over\n", path,
		n_samples, n_frames, n_shared);
	assert_int_not_equal(n_samples, 0);
}

static void traces_give_the_same_stacks_with_a_memory(void **state)
{
	static const char *const names[] = { "demo.trace.zst", "traces/known_tree_static.zst" };
	char path[4096];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *dir = getenv("TESTDATA");
		snprintf(path, sizeof(path), "%s/%s", dir ? dir : "testdata", names[i]);
		compare_trace(path);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(traces_give_the_same_stacks_with_a_memory),
	};
	for (int i = 1; i < argc; i++)
		compare_trace(argv[i]);
	return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
