/*
 * Source files: where they are looked for, what is refused, and their lines.
 */
#include "report/test/tools.h"
#include "report/source_file.h"

static void line_is(struct source_files *s, const char *path, uint32_t line, const char *expected)
{
	size_t len = 0;
	const char *text = source_files_line(s, path, line, &len);
	if (!expected) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_int_equal(len, strlen(expected));
	assert_memory_equal(text, expected, len);
}

static void lines_are_found_by_number(void **state)
{
	const struct source_search search = { 0 };
	struct source_files s;
	(void)state;
	assert_true(run("printf 'one\\n\\nthree\\nlast' >$D/a.c; : >$D/empty.c"));
	const char *a = in_scratch("a.c"), *empty = in_scratch("empty.c");
	source_files_init(&s, &search);
	line_is(&s, a, 0, NULL);
	line_is(&s, a, 1, "one");
	line_is(&s, a, 2, "");
	line_is(&s, a, 3, "three");
	line_is(&s, a, 4, "last");
	line_is(&s, a, 5, NULL);
	line_is(&s, a, UINT32_MAX, NULL);
	line_is(&s, empty, 1, NULL);
	line_is(&s, "", 1, NULL);
	line_is(&s, NULL, 1, NULL);
	assert_int_equal(s.n, 3);
	source_files_fini(&s);
}

/* As much of the path as there is below the directory; what the user gives comes first. */
static void directories_of_the_user_come_first(void **state)
{
	char dir[256];
	(void)state;
	assert_true(run("mkdir -p $D/src/lib $D/here && echo moved >$D/src/lib/a.c && "
			"echo other >$D/src/a.c && echo there >$D/here/a.c && echo b >$D/src/b.c"));
	snprintf(dir, sizeof(dir), "%s", in_scratch("src"));
	const char *dirs[] = { "/nonexistent", dir, NULL };
	const struct source_search search = { .dirs = dirs };
	struct source_files s;
	source_files_init(&s, &search);
	line_is(&s, "/build/x/lib/a.c", 1, "moved");
	line_is(&s, "/build/x/other/a.c", 1, "other");
	line_is(&s, "./x/../b.c", 1, "b");
	line_is(&s, in_scratch("here/a.c"), 1, "other");
	line_is(&s, "/build/x/none.c", 1, NULL);
	source_files_fini(&s);
}

static void a_path_does_not_leave_the_directory(void **state)
{
	char dir[256];
	(void)state;
	assert_true(run("mkdir -p $D/tree/src && echo secret >$D/secret"));
	snprintf(dir, sizeof(dir), "%s", in_scratch("tree/src"));
	const char *dirs[] = { dir, NULL };
	const struct source_search search = { .dirs = dirs };
	struct source_files s;
	source_files_init(&s, &search);
	line_is(&s, "../../secret", 1, NULL);
	line_is(&s, "/a/../../../../secret", 1, NULL);
	line_is(&s, "src/../../../secret", 1, NULL);
	source_files_fini(&s);
}

/* The test would hang if a fifo were opened for reading, or a device read. */
static void only_regular_files_are_read(void **state)
{
	const struct source_search search = { 0 };
	struct source_files s;
	(void)state;
	assert_true(run("mkfifo $D/fifo; mkdir $D/folder; truncate -s 65M $D/huge"));
	source_files_init(&s, &search);
	line_is(&s, in_scratch("fifo"), 1, NULL);
	line_is(&s, in_scratch("folder"), 1, NULL);
	line_is(&s, in_scratch("huge"), 1, NULL);
	line_is(&s, "/dev/zero", 1, NULL);
	line_is(&s, "/proc/self/environ", 1, NULL);
	line_is(&s, "/proc/self/status", 1, NULL);
	source_files_fini(&s);
}

static void what_is_held_is_bounded(void **state)
{
	const struct source_search search = { 0 };
	struct source_files s;
	char path[300] = "";
	size_t n_read = 0, n_bytes = 0;
	(void)state;
	assert_true(run("head -c 40000000 /dev/zero | tr '\\0' '\\n' >$D/lines.c"));
	source_files_init(&s, &search);
	for (size_t i = 0; i < 20; i++) {
		snprintf(path, sizeof(path), "%*s%s", (int)i, "", in_scratch("lines.c"));
		memset(path, '/', i);
		const struct source_file *f = source_files_get(&s, path);
		n_read += f->found != NULL;
		n_bytes += f->n_lines ? f->len + f->n_lines * sizeof(*f->starts) : 0;
	}
	assert_in_range(n_read, 1, 19);
	assert_in_range(n_bytes, 40000000, 300000000);
	source_files_fini(&s);
}

static void a_newer_file_is_told(void **state)
{
	struct source_search search = { .program_time = 1000000000 };
	struct source_files s;
	(void)state;
	assert_true(run("echo x >$D/new.c; echo x >$D/old.c; touch -d @999999999 $D/old.c"));
	source_files_init(&s, &search);
	assert_true(source_files_get(&s, in_scratch("new.c"))->is_newer);
	assert_false(source_files_get(&s, in_scratch("old.c"))->is_newer);
	source_files_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_found_by_number),
		cmocka_unit_test(directories_of_the_user_come_first),
		cmocka_unit_test(a_path_does_not_leave_the_directory),
		cmocka_unit_test(only_regular_files_are_read),
		cmocka_unit_test(what_is_held_is_bounded),
		cmocka_unit_test(a_newer_file_is_told),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
