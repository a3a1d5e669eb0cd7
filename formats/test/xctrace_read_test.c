/*
 * Reading exports of xctrace: every dialect, and that nothing in a file makes trouble. The samples
 * in testdata/fuzz/xctrace_read/ were written by hand, from what is known of the dialects.
 */
#include "common/buf.h"
#include "formats/format.h"
#include "formats/import.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

static struct profile *read_text(const char *xml, size_t len, struct err *err)
{
	AUTO_CLOSE int fd = memfd_create("xml", MFD_CLOEXEC);
	AUTO(profile_free) struct profile *p = profile_new();
	*err = (struct err){ 0 };
	assert_int_equal(write(fd, xml, len), len);
	const struct import_input in = { .fd = fd, .bytes = len, .name = "x.xml" };
	return import_xctrace.read(&in, p, err) ? TAKE(p) : NULL;
}

static char *sample_file(const char *name, size_t *ret_len)
{
	char path[512];
	const char *testdata = getenv("TESTDATA");
	snprintf(path, sizeof path, "%s/fuzz/xctrace_read/%s", testdata ? testdata : "testdata",
		name);
	FILE *in = fopen(path, "re");
	assert_non_null(in);
	char *text = calloc(1, 65536);
	*ret_len = fread(text, 1, 65535, in);
	fclose(in);
	return text;
}

static struct profile *read_sample(const char *name)
{
	struct err err;
	size_t len;
	AUTO_FREE char *text = sample_file(name, &len);
	assert_true(import_xctrace.is_mine((const uint8_t *)text, len));
	struct profile *p = read_text(text, len, &err);
	if (!p)
		fail_msg("%s: %s", name, err.text);
	assert_true(p->health.is_untold);
	assert_int_equal(p->health.n_samples, p->health.n_shown);
	return p;
}

static void every_dialect_is_read(void **state)
{
	(void)state;
	static const struct {
		const char *file, *folded;
	} cases[] = {
		{ "classic_time.xml",
			"app;[no stack] 1\n"
			"app;main;[app+0x610] 1\n"
			"app;main;load(char const*, A<int>&);inflate 2\n" },
		{ "classic_cpu.xml", "app;main;load(char const*, A<int>&);inflate 2\n" },
		{ "classic_counters.xml", "app;main;load(char const*, A<int>&);inflate 2\n" },
		{ "addresses.xml",
			"app;0x100000602;0x100000502;0x100000610 1\n"
			"app;0x100000602;0x100000502;inflate 2\n" },
		{ "tagged.xml", "app;main;load(char const*, A<int>&);inflate 3\n" },
		{ "tagged_flat.xml", "app;main;load(char const*, A<int>&);inflate 3\n" },
		{ "several_tables.xml", "app;main;jitted 2\n" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(profile_free) struct profile *p = read_sample(cases[i].file);
		const struct format_options options = { 0 };
		size_t len;
		AUTO_FREE char *folded = make_output(p, &format_folded, &options, &len);
		if (strcmp(folded, cases[i].folded) != 0)
			fail_msg("%s:\n%s", cases[i].file, folded);
	}
}

static void all_that_a_sample_knows_is_kept(void **state)
{
	(void)state;
	static const char *const files[] = { "classic_time.xml", "tagged.xml", "tagged_flat.xml" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		AUTO(profile_free) struct profile *p = read_sample(files[i]);
		const struct profile_sample *s = &p->samples[0];
		const struct profile_thread *t = &p->threads[s->thread];
		assert_int_equal(s->time_ns, 10000250);
		assert_int_equal(s->cpu, 2);
		assert_int_equal(profile_sample_value(p, 0, 1), 1000000);
		assert_int_equal(t->pid, 77);
		assert_int_equal(t->tid, 1234);
		assert_string_equal(profile_string(p, t->name), "main");
		assert_string_equal(profile_string(p, t->process_name), "app");
		assert_int_equal(p->n_threads, 1);
		const struct profile_frame *leaf = &p->frames[p->stacks[s->stack].frame];
		const struct profile_module *m = &p->modules[leaf->module];
		assert_int_equal(leaf->address, 0x100);
		assert_int_equal(profile_frame_pc(p, p->stacks[s->stack].frame), 0x180000100);
		assert_string_equal(profile_string(p, m->path), "/usr/lib/libz.dylib");
		assert_string_equal(
			profile_string(p, m->build_id), "ffeeddccbbaa99887766554433221100");
		assert_int_equal(m->kind, PROFILE_LIBRARY);
		assert_int_equal(m->place.start, 0x180000000);
		assert_int_equal(m->place.end, 0x180000101);
		const struct profile_frame *caller =
			&p->frames[p->stacks[p->stacks[s->stack].parent].frame];
		assert_int_equal(caller->address, 0x503);
		assert_int_equal(caller->line, 12);
		assert_string_equal(profile_string(p, caller->file), "/tmp/app.cc");
		assert_false(caller->is_inlined);
	}
}

static bool has_note(const struct profile *p, const char *note, uint64_t count)
{
	for (size_t i = 0; i < p->health.n_notes; i++)
		if (!strcmp(profile_string(p, p->health.notes[i].what), note))
			return p->health.notes[i].count == count;
	return false;
}

static void weights_are_of_what_the_table_counts(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *cycles = read_sample("classic_cpu.xml");
	AUTO(profile_free) struct profile *events = read_sample("classic_counters.xml");
	assert_string_equal(profile_string(cycles, cycles->meta.event), "cycles");
	assert_int_equal(profile_sample_value(cycles, 1, 1), 2500000);
	assert_int_equal(profile_main_value(cycles), 1);
	assert_string_equal(profile_string(events, events->meta.event), "events");
	AUTO(profile_free) struct profile *several = read_sample("several_tables.xml");
	assert_true(has_note(several, "other tables in the file are not shown", 2));
}

#define START "<?xml version=\"1.0\"?>\n<trace-query-result><node><schema name=\"time-profile\"/>"
#define END "</node></trace-query-result>"

static void bad_files_are_told_why(void **state)
{
	(void)state;
	static const struct {
		const char *xml, *why;
	} cases[] = {
		{ START "<row><backtrace ref=\"7\"/></row>" END, "not there before it" },
		{ START "<row><thread id=\"7\"/><backtrace ref=\"7\"/></row>" END,
			"another kind of element" },
		{ START "<row><weight id=\"1\">1e6</weight></row>" END, "is no number: '1e6'" },
		{ START "<row><weight>99999999999999999999</weight></row>" END, "is no number" },
		{ START "<row><weight>9000000000000000000</weight></row>"
			"<row><weight>9000000000000000000</weight></row>" END,
			"more than 63 bits" },
		{ START "<row><weight>1</weight></row><row><cycle-weight>1</cycle-weight></"
			"row>" END,
			"the same kind" },
		{ START "<row><backtrace><frame name=\"x\" addr=\"1y\"/></backtrace></row>" END,
			"addr of a <frame> is no number" },
		{ START "<row>", "line 2" },
		{ START "<row></node>", "line 2" },
		{ "<trace-query-result>&lol;</trace-query-result>", "Entity 'lol' not defined" },
		{ "<trace-query-result/>", "holds no table of samples" },
		{ "<trace-query-result><node><schema name=\"os-log\"/></node></trace-query-result>",
			"holds no table of samples" },
		{ "<trace-toc><run/></trace-toc>", "it is a table of contents" },
		{ "<trace-query-result>\xff</trace-query-result>", "x.xml" },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err;
		AUTO(profile_free)
		struct profile *p = read_text(cases[i].xml, strlen(cases[i].xml), &err);
		if (p || !strstr(err.text, cases[i].why))
			fail_msg("%s: '%s' instead of '%s'", cases[i].xml, err.text, cases[i].why);
		assert_non_null(strstr(err.text, "x.xml"));
	}
}

static void document_types_are_refused(void **state)
{
	(void)state;
	static const char *const files[] = { "entities.xml", "external.xml" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct err err;
		size_t len;
		AUTO_FREE char *text = sample_file(files[i], &len);
		assert_null(read_text(text, len, &err));
		assert_non_null(strstr(err.text, "has a document type"));
	}
}

/* A run of addresses that is referred to again and again would make of a small file a large
 * profile. */
static void references_do_not_multiply(void **state)
{
	(void)state;
	AUTO_BUF struct buf xml = BUF_INIT;
	struct err err;
	buf_str(&xml, START "<row><text-addresses id=\"1\">");
	for (int i = 0; i < 100; i++)
		buf_str(&xml, "1 ");
	buf_str(&xml, "</text-addresses><backtrace>");
	for (int i = 0; i < 100; i++)
		buf_str(&xml, "<text-addresses ref=\"1\"/>");
	buf_str(&xml, "</backtrace></row>" END);
	assert_null(read_text((const char *)xml.data, xml.len, &err));
	assert_non_null(strstr(err.text, "more frames than it has bytes"));
}

/* Deep, long and huge, none of which an export is. */
static void sizes_are_limited(void **state)
{
	(void)state;
	enum { HUGE_BYTES = 12 << 20 };
	static const struct {
		const char *before, *between, *behind;
		size_t n;
	} cases[] = {
		{ START, "<row>", "", 1000 },
		{ START "<row><backtrace><frame id=\"1\" name=\"", "x",
			"\"/></backtrace></row>" END, 2 << 20 },
		{ START "<row><backtrace><frame id=\"1\" name=\"", "x",
			"\"/></backtrace></row>" END, HUGE_BYTES },
		{ START "<row><weight>", "1", "</weight></row>" END, 2 << 20 },
		{ START "<row><weight>", " ", "1</weight></row>" END, HUGE_BYTES },
		{ START "<row><", "x", "/></row>" END, 2 << 20 },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_BUF struct buf xml = BUF_INIT;
		struct err err;
		buf_str(&xml, cases[i].before);
		for (size_t k = 0; k < cases[i].n; k++)
			buf_str(&xml, cases[i].between);
		buf_str(&xml, cases[i].behind);
		AUTO(profile_free)
		struct profile *p = read_text((const char *)xml.data, xml.len, &err);
		if (p || !*err.text)
			fail_msg("case %zu: no error", i);
	}
}

/* libxml2 takes the square of their number. */
static void attributes_of_a_tag_are_limited(void **state)
{
	(void)state;
	AUTO_BUF struct buf xml = BUF_INIT;
	struct err err;
	buf_str(&xml, START "<!-- it's <row>s --><row a='>'>");
	for (unsigned i = 0; i < 2000; i++)
		buf_str(&xml, "<x a=\"='>\" b='=\"'/>a = b");
	buf_str(&xml, "</row>");
	size_t len = xml.len;
	buf_str(&xml, END);
	AUTO(profile_free) struct profile *p = read_text((const char *)xml.data, xml.len, &err);
	assert_non_null(p);
	xml.len = len;
	buf_str(&xml, "<row");
	for (unsigned i = 0; i < 300000; i++)
		buf_fmt(&xml, " a%u=''", i);
	buf_str(&xml, "/>" END);
	assert_null(read_text((const char *)xml.data, xml.len, &err));
	assert_non_null(strstr(err.text, "more than 1000 attributes"));
}

/* A long name that comes with another process in each row would be taken apart again and again. */
static void long_names_of_threads_are_limited(void **state)
{
	(void)state;
	AUTO_BUF struct buf xml = BUF_INIT;
	struct err err;
	buf_fmt(&xml, START "<row><thread id=\"1\" fmt=\"%0500000d\"/><process id=\"2\"/></row>",
		1);
	buf_str(&xml, "<row><process id=\"3\" fmt=\"b (4)\"/></row>");
	for (unsigned i = 0; i < 20000; i++)
		buf_fmt(&xml, "<row><thread ref=\"1\"/><process ref=\"%u\"/></row>", 2 + i % 2);
	buf_str(&xml, END);
	assert_null(read_text((const char *)xml.data, xml.len, &err));
	assert_non_null(strstr(err.text, "too many processes"));
}

/* A file that ends early is no export, and nothing is read behind its end. */
static void cut_files_are_errors(void **state)
{
	(void)state;
	static const char *const files[] = { "several_tables.xml", "addresses.xml", "tagged.xml" };
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		size_t len;
		AUTO_FREE char *text = sample_file(files[i], &len);
		for (size_t cut = 0; cut + 2 < len; cut++) {
			struct err err;
			AUTO(profile_free) struct profile *p = read_text(text, cut, &err);
			if (p || !*err.text)
				fail_msg("%s cut at %zu is read", files[i], cut);
		}
	}
}

#define BINARY "<binary id=\"90\" name=\"a\" load-addr=\"0x1000\" path=\"/a\"/>"
#define B "<binary ref=\"90\"/>"

/* At one address: in is inlined into out, which calls itself from there. */
static void inlined_frames_are_told_from_recursion(void **state)
{
	(void)state;
	static const char xml[] =
		START "<row><sample-time>1</sample-time><weight>1</weight><backtrace>"
		      "<frame id=\"1\" name=\"leaf\" addr=\"0x1101\">" BINARY "</frame>"
		      "<frame id=\"2\" name=\"in\" addr=\"0x1201\">" B "</frame>"
		      "<frame id=\"3\" name=\"out\" addr=\"0x1201\">" B "</frame>"
		      "<frame ref=\"2\"/><frame ref=\"3\"/>"
		      "<frame id=\"4\" name=\"main\" addr=\"0x1301\">" B "</frame>"
		      "<frame ref=\"4\"/></backtrace></row>" END;
	static const bool is_inlined[] = { false, true, false, true, false, false, false };
	struct err err;
	AUTO(profile_free) struct profile *p = read_text(xml, sizeof xml - 1, &err);
	assert_non_null(p);
	size_t i = 0;
	for (uint32_t s = p->samples[0].stack; s != PROFILE_NO_STACK; s = p->stacks[s].parent, i++)
		assert_int_equal(p->frames[p->stacks[s].frame].is_inlined, is_inlined[i]);
	assert_int_equal(i, ARRAY_LEN(is_inlined));
}

/* Else those of one function may add up to more than 63 bits, while the total does not. */
static void negative_weights_are_left_out(void **state)
{
	(void)state;
	static const char xml[] = START "<row><weight>9000000000000000000</weight></row>"
					"<row><weight>-9000000000000000000</weight></row>"
					"<row><weight>5</weight></row>" END;
	struct err err;
	AUTO(profile_free) struct profile *p = read_text(xml, sizeof xml - 1, &err);
	assert_non_null(p);
	assert_int_equal(p->n_samples, 2);
	assert_int_equal(profile_sample_value(p, 1, 1), 5);
	assert_true(has_note(p, "samples with negative weights, left out", 1));
}

static void rows_may_lack_everything(void **state)
{
	(void)state;
	static const char xml[] = START "<row/><row><sentinel/><sentinel/></row>"
					"<row><thread fmt=\"t 0x1 (p, pid: 4)\"/>"
					"<process fmt=\"p (4)\"/></row>" END;
	struct err err;
	AUTO(profile_free) struct profile *p = read_text(xml, sizeof xml - 1, &err);
	assert_non_null(p);
	assert_int_equal(p->n_samples, 3);
	assert_int_equal(p->threads[p->samples[2].thread].pid, 4);
	assert_true(has_note(p, "samples have no weight", 3));
	assert_true(has_note(p, "samples have no time; they have that of the one before them", 3));
}

static void other_files_are_not_taken(void **state)
{
	(void)state;
	static const char *const others[] = { "", "<svg></svg>", "trace-query-result",
		"a;b <trace-query-result> 3", "\0<trace-query-result>", "<?xml version=\"1.0\"?>" };
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(import_xctrace.is_mine(
			(const uint8_t *)others[i], strlen(others[i]) + (i == 4 ? 22 : 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_dialect_is_read),
		cmocka_unit_test(all_that_a_sample_knows_is_kept),
		cmocka_unit_test(weights_are_of_what_the_table_counts),
		cmocka_unit_test(bad_files_are_told_why),
		cmocka_unit_test(document_types_are_refused),
		cmocka_unit_test(references_do_not_multiply),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(attributes_of_a_tag_are_limited),
		cmocka_unit_test(long_names_of_threads_are_limited),
		cmocka_unit_test(cut_files_are_errors),
		cmocka_unit_test(inlined_frames_are_told_from_recursion),
		cmocka_unit_test(negative_weights_are_left_out),
		cmocka_unit_test(rows_may_lack_everything),
		cmocka_unit_test(other_files_are_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
