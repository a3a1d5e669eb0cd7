/*
 * The XML of `xctrace export`, its table of contents and the Deep Copy text, as readers want them;
 * and that the XML is read back as the profile that was written.
 */
#include "formats/format.h"
#include "formats/import.h"
#include "formats/test/make_profile.h"
#include "formats/xctrace_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

static const struct format_options plain;
static const struct format_options deepcopy = { .variant = "deepcopy" };

static struct profile *read_back(const char *xml, size_t len)
{
	struct err err = { 0 };
	AUTO_CLOSE int fd = memfd_create("xml", MFD_CLOEXEC);
	assert_int_equal(write(fd, xml, len), len);
	struct profile *p = profile_new();
	const struct import_input in = { .fd = fd, .bytes = len, .name = "xml" };
	assert_true(import_xctrace.is_mine((const uint8_t *)xml, len));
	if (!import_xctrace.read(&in, p, &err))
		fail_msg("%s in:\n%.3000s", err.text, xml);
	return p;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%.4000s", part, text);
}

/* Profiles with call sites as programs have them: an address is one function and what was inlined
 * there. */

enum { N_SITES = 40 };

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static uint32_t add_module(struct profile *p, uint32_t which)
{
	static const struct {
		const char *name, *path, *build_id;
		enum profile_kind kind;
		uint64_t bias;
	} modules[] = {
		{ "app", "/bin/app", "0123456789abcdef0123456789abcdef01234567", PROFILE_USER, 0 },
		{ "libc.so.6", "/lib/libc.so.6", "00ff", PROFILE_LIBRARY, 0x7f0000000000 },
		{ "[kernel]", "[kernel]", "", PROFILE_KERNEL, 0 },
		{ "", "", "", PROFILE_JIT, 0 },
	};
	const struct profile_module module = { .name = profile_add_string(p, modules[which].name),
		.path = profile_add_string(p, modules[which].path),
		.build_id = profile_add_string(p, modules[which].build_id),
		.kind = modules[which].kind };
	uint32_t added = profile_add_module(p, &module);
	profile_place_module(p, added,
		&(struct profile_place){ .start = modules[which].bias,
			.end = modules[which].bias + 0x100000,
			.bias = modules[which].bias });
	return added;
}

static uint32_t add_site(struct profile *p, uint32_t stack, uint32_t site)
{
	uint32_t module = add_module(p, site % 4);
	for (uint32_t i = 0; i <= site % 3; i++) {
		char name[40];
		snprintf(name, sizeof name, "f%u<&\">; %u", site, i);
		uint32_t function = profile_add_function(p,
			&(struct profile_function){ .name = profile_add_string(p, name),
				.module = module,
				.kind = p->modules[module].kind,
				.has_symbol = true });
		uint32_t frame = profile_add_frame(p,
			&(struct profile_frame){ .function = function,
				.module = module,
				.address = 0x1000 + 16 * site,
				.file = profile_add_string(p, site % 5 ? "/src/a b.c" : ""),
				.line = site % 5 ? site + 1 : 0,
				.is_inlined = i > 0 });
		stack = profile_add_stack(p, stack, frame);
	}
	return stack;
}

static struct profile *make_sites(uint32_t seed, size_t n_samples)
{
	struct profile *p = make_profile_empty();
	for (size_t i = 0; i < n_samples; i++) {
		uint32_t stack = PROFILE_NO_STACK, depth = next_random(&seed) % 12;
		for (uint32_t d = 0; d < depth; d++)
			stack = add_site(p, stack, next_random(&seed) % N_SITES);
		make_samples(p, stack, 1, next_random(&seed) % MAKE_PROFILE_THREADS);
		p->samples[p->n_samples - 1].cpu = next_random(&seed) % 3;
	}
	make_health(p);
	return p;
}

/* Without what the XML does not carry: what stands before the flat table and behind the tree. */
static char *tables_of(struct profile *p)
{
	const struct format_options options = { .min_percent = 0.0001, .max_rows = 10000 };
	size_t len;
	char *text = make_output(p, &format_text, &options, &len);
	char *first = strstr(text, "Functions, by self"), *last = strstr(text, "\nHealth");
	assert_non_null(first);
	assert_non_null(last);
	*last = '\0';
	memmove(text, first, strlen(first) + 1);
	return text;
}

static void what_is_read_back_is_what_was_written(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 20; seed++) {
		AUTO(profile_free) struct profile *p = make_sites(seed, seed * 10);
		size_t len;
		AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
		AUTO(profile_free) struct profile *back = read_back(xml, len);
		AUTO_FREE char *tables = tables_of(p);
		AUTO_FREE char *tables_back = tables_of(back);
		assert_string_equal(tables_back, tables);
		AUTO_FREE char *again = make_output(back, &format_instruments, &plain, &len);
		AUTO(profile_free) struct profile *twice = read_back(again, len);
		assert_int_equal(twice->n_frames, back->n_frames);
		assert_int_equal(back->n_samples, p->n_samples);
		for (size_t i = 0; i < p->n_samples; i++) {
			assert_int_equal(back->samples[i].time_ns, p->samples[i].time_ns);
			assert_int_equal(back->samples[i].cpu, p->samples[i].cpu);
			assert_int_equal(
				profile_sample_value(back, i, 1), profile_sample_value(p, i, 1));
		}
	}
}

static void any_profile_keeps_its_stacks(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed < 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 200);
		if (seed % 2)
			make_sums(p);
		const struct format_options options = { .tree.by = CALL_TREE_BY_THREAD };
		size_t len;
		AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
		AUTO(profile_free) struct profile *back = read_back(xml, len);
		AUTO_FREE char *folded = make_output(p, &format_folded, &options, &len);
		AUTO_FREE char *folded_back = make_output(back, &format_folded, &options, &len);
		assert_string_equal(folded_back, folded);
	}
}

/* Readers fail on an id that comes twice and on a ref that points forwards, and some look at the
 * first attribute only. */
static void ids_are_unique_and_refs_point_back(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_sites(3, 500);
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
	unsigned last = 0, n_refs = 0;
	for (const char *at = xml; (at = strchr(at, '<')); at++) {
		char name[32], attribute[16];
		unsigned id;
		if (sscanf(at, "<%31[a-z-] %15[a-z]=\"%u\"", name, attribute, &id) != 3)
			continue;
		if (!strcmp(attribute, "id"))
			assert_int_equal(id, ++last);
		else if (!strcmp(attribute, "ref"))
			assert_in_range(id, 1, last), n_refs++;
		else
			assert_string_equal(name, "source");
	}
	assert_true(n_refs > 1000);
	assert_has(xml, "<?xml version=\"1.0\"?>\n<trace-query-result>\n<node ");
	const char *process = strstr(xml, "<process id="), *thread = strstr(xml, "<thread id=");
	assert_true(thread < process && process < strstr(xml, "</thread>"));
}

static uint32_t add_plain_frame(struct profile *p, uint32_t stack, const char *name, uint64_t at)
{
	uint32_t function = profile_add_function(p,
		&(struct profile_function){ .name = profile_add_string(p, name),
			.module = PROFILE_NONE,
			.kind = PROFILE_JIT });
	uint32_t frame = profile_add_frame(p,
		&(struct profile_frame){
			.function = function, .module = PROFILE_NONE, .address = at });
	return profile_add_stack(p, stack, frame);
}

static void cells_are_as_exports_have_them(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_sites(0, 0);
	uint32_t stack = add_site(p, PROFILE_NO_STACK, 1); /* libc, one inlined */
	make_samples(p, add_plain_frame(p, stack, "generated", 0x4000), 1, 2);
	make_samples(p, PROFILE_NO_STACK, 1, 2);
	p->samples[0].cpu = 5;
	p->samples[1].cpu = PROFILE_NONE;
	p->samples[1].time_ns = 61002003004;
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
	static const char *const parts[] = {
		"<schema name=\"time-profile\"><col><mnemonic>time</mnemonic><name>Sample "
		"Time</name>"
		"<engineering-type>sample-time</engineering-type></col>",
		"<row><sample-time id=\"1\" fmt=\"00:00.000.000\">0</sample-time>",
		"<thread id=\"2\" fmt=\"t2  0x66 (app, pid: 100)\"><tid id=\"3\" "
		"fmt=\"0x66\">102</tid>"
		"<process id=\"4\" fmt=\"app (100)\"><pid id=\"5\" fmt=\"100\">100</pid>"
		"<device-session id=\"6\" fmt=\"TO"
		"DO\">TO"
		"DO</device-session></process></thread>"
		"<process ref=\"4\"/><core id=\"7\" fmt=\"CPU 5\">5</core>"
		"<thread-state id=\"8\" fmt=\"Running\">Running</thread-state>"
		"<weight id=\"9\" fmt=\"1.00 ms\">1000000</weight><backtrace id=\"10\">"
		"<frame id=\"11\" name=\"generated\" addr=\"0x4001\"/>"
		"<frame id=\"12\" name=\"f1&lt;&amp;&quot;&gt;; 1\" addr=\"0x7f0000001011\">"
		"<binary id=\"13\" name=\"libc.so.6\" "
		"UUID=\"00FF0000-0000-0000-0000-000000000000\" arch=\"x86_64\" "
		"load-addr=\"0x7f0000000000\" path=\"/lib/libc.so.6\"/>"
		"<source line=\"2\"><path id=\"14\">/src/a b.c</path></source></frame>"
		"<frame id=\"15\" name=\"f1&lt;&amp;&quot;&gt;; 0\" addr=\"0x7f0000001011\">"
		"<binary ref=\"13\"/><source line=\"2\"><path ref=\"14\"/></source></frame>"
		"</backtrace></row>\n",
		"fmt=\"01:01.002.003\">61002003004</sample-time><thread ref=\"2\"/>"
		"<process ref=\"4\"/><sentinel/><thread-state ref=\"8\"/><weight ref=\"9\"/>",
		"name=\"[no stack]\" "
		"addr=\"0x1\"/></backtrace></row>\n</node></trace-query-result>",
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_has(xml, parts[i]);
}

static void no_inline_leaves_inlined_frames_out(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	make_samples(p, add_site(p, PROFILE_NO_STACK, 1), 1, 0);
	make_health(p);
	const struct format_options options = { .tree.no_inline = true };
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &options, &len);
	assert_has(xml, "; 0\"");
	assert_null(strstr(xml, "; 1\""));
}

/* Where inferno would die of the last 17 bytes of a name. */
static void names_end_where_inferno_can_cut_them(void **state)
{
	(void)state;
	static const char *const tails[] = { "", "x", "xx", "xxx" };
	for (size_t i = 0; i < 64; i++) {
		char name[64] = "f";
		memset(name + 1, 'y', i / 16);
		strcat(name, "\xe2\x82\xac\xf0\x9f\x98\x80\xd0\xb6 \xe2\x82\xac");
		strcat(name, &"0123456789abcdef"[i % 16]);
		strcat(name, tails[i % 4]);
		const struct make_stack stacks[] = { { name, .count = 1 }, { .frames = NULL } };
		AUTO(profile_free) struct profile *p = make_profile(stacks);
		size_t len;
		AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
		AUTO(profile_free) struct profile *back = read_back(xml, len);
		AUTO_FREE char *folded = make_output(p, &format_folded, &plain, &len);
		AUTO_FREE char *folded_back = make_output(back, &format_folded, &plain, &len);
		assert_string_equal(folded_back, folded);
	}
	assert_int_equal(xctrace_name_padding("", 0), 0);
	assert_int_equal(xctrace_name_padding("\xe2\x82\xac", 3), 0);
	assert_int_equal(xctrace_name_padding("\xe2\x82\xac"
					      "0123456789abcdef",
				 19),
		1);
	assert_int_equal(xctrace_name_padding("\xe2\x82\xac"
					      "0123456789abcde",
				 18),
		2);
	assert_int_equal(xctrace_name_padding("\xe2\x82\xac"
					      "0123456789abcd",
				 17),
		0);
	assert_int_equal(xctrace_name_length("\xe2\x82\xac"
					     "0123456789abcdef ",
				 20),
		19);
	assert_int_equal(xctrace_name_length("0123456789abcdefgh ", 19), 19);
}

/* Entries of several samples: a row for each, and no nanosecond is lost. */
static void weights_add_up(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "f", "app", false);
	profile_sum_sample(p, 0, stack, (const int64_t[]){ 3, 10 });
	make_health(p);
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
	AUTO(profile_free) struct profile *back = read_back(xml, len);
	assert_int_equal(back->n_samples, 3);
	int64_t sum = 0;
	for (size_t i = 0; i < 3; i++) {
		sum += profile_sample_value(back, i, 1);
		assert_in_range(profile_sample_value(back, i, 1), 3, 4);
		/* The profile has 999 Hz and no times. */
		assert_int_equal(back->samples[i].time_ns, i * 1001001);
	}
	assert_int_equal(sum, 10);
}

/* As read from folded stacks: no time, no threads, no addresses. */
static void counts_alone_weigh_a_period_each(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = profile_new();
	profile_add_value_type(p, "samples", "count");
	profile_add_thread(p, &(struct profile_thread){ .pid = 0 });
	uint32_t function = profile_add_function(p,
		&(struct profile_function){ .name = profile_add_string(p, "f"),
			.module = PROFILE_NONE,
			.kind = PROFILE_OTHER });
	uint32_t frame = profile_add_frame(
		p, &(struct profile_frame){ .function = function, .module = PROFILE_NONE });
	uint32_t stack = profile_add_stack(p, PROFILE_NO_STACK, frame);
	profile_sum_sample(p, 0, stack, (const int64_t[]){ 3 });
	p->has_addresses = false;
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
	AUTO(profile_free) struct profile *back = read_back(xml, len);
	assert_int_equal(back->n_samples, 3);
	assert_int_equal(profile_sample_value(back, 2, 1), 1000000);
	assert_int_equal(back->samples[2].time_ns, 2000000);
	AUTO_FREE char *folded = make_output(p, &format_folded, &plain, &len);
	AUTO_FREE char *folded_back = make_output(back, &format_folded, &plain, &len);
	assert_string_equal(folded_back, folded);
	AUTO_FREE char *text = make_output(p, &format_instruments, &deepcopy, &len);
	assert_has(text, "3.000000 ms  100.0%\t3.000000 ms\t \t  f\n");
}

static void rows_ascend_by_time(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "a", .count = 1 }, { "b", .count = 1 },
		{ "c", .count = 1 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->samples[0].time_ns = 9000000;
	size_t len;
	AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
	assert_true(strstr(xml, "\"c\"") < strstr(xml, "\"a\""));
	assert_true(strstr(xml, "\"b\"") < strstr(xml, "\"c\""));
}

static void name_event(struct profile *p, const char *event, const char *unit)
{
	p->value_types[1].type = p->meta.event = profile_add_string(p, event);
	p->value_types[1].unit = profile_add_string(p, unit);
}

static void the_event_decides_the_table(void **state)
{
	(void)state;
	static const struct {
		const char *event, *unit, *schema, *cell;
	} cases[] = {
		{ "cpu-clock", "nanoseconds", "time-profile", ">1000000</weight>" },
		{ "cpu", "microseconds", "time-profile", ">1000000000</weight>" },
		{ "cycles:u", "count", "cpu-profile",
			"fmt=\"1.00 Mc\">1000000</cycle-weight><backtrace" },
		{ "ref-cycles", "count", "counters-profile", "</backtrace><pmc-event id=" },
		{ "page-faults", "count", "counters-profile",
			">1000000</pmc-event><sentinel/></row>" },
		{ "alloc_space", "bytes", "counters-profile", ">1000000</pmc-event>" },
	};
	static const struct make_stack stacks[] = { { "a;b", .count = 2 }, { .frames = NULL } };
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(profile_free) struct profile *p = make_profile(stacks);
		char schema[64];
		size_t len;
		name_event(p, cases[i].event, cases[i].unit);
		AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
		snprintf(schema, sizeof schema, "<schema name=\"%s\">", cases[i].schema);
		assert_has(xml, schema);
		assert_has(xml, cases[i].cell);
		snprintf(schema, sizeof schema, "<table schema=\"%s\"", cases[i].schema);
		AUTO_FREE char *toc = make_output(
			p, &format_instruments, &(struct format_options){ .toc = true }, &len);
		assert_has(toc, schema);
		AUTO(profile_free) struct profile *back = read_back(xml, strlen(xml));
		if (!strcmp(cases[i].schema, "counters-profile"))
			assert_string_equal(profile_string(back, back->meta.event), cases[i].event);
	}
}

static void contents_tell_when_and_what(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "a", .count = 4 }, { .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	const struct format_options options = { .toc = true };
	size_t len;
	name_event(p, "page-faults", "count");
	AUTO_FREE char *toc = make_output(p, &format_instruments, &options, &len);
	static const char *const parts[] = {
		"<?xml version=\"1.0\"?>\n<trace-toc><run number=\"1\">",
		"<start-date>2023-11-14T22:13:20.000+00:00</start-date>",
		"<end-date>2023-11-14T22:13:21.000+00:00</end-date><duration>1.000000</duration>",
		"<processes><process name=\"app\" pid=\"100\"/></processes>",
		"trigger=\"pmi\" pmc-events=\"\" pmi-event=\"&quot;page-faults&quot;\"",
		" pmi-threshold=\"1000000\""
	};
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		assert_has(toc, parts[i]);
	assert_string_equal(format_instruments.file_of(&options), "profile.xctrace-toc.xml");
	assert_string_equal(format_instruments.file_of(&plain), "profile.xctrace.xml");
}

static void deep_copy_is_as_instruments_puts_it(void **state)
{
	(void)state;
	static const struct make_stack stacks[] = { { "main;a@lib", .count = 3 },
		{ "main", .count = 1 }, { "x;y", .count = 4, .thread = 1 }, { "", .count = 2 },
		{ .frames = NULL } };
	AUTO(profile_free) struct profile *p = make_profile(stacks);
	p->threads[1].pid = 200;
	size_t len;
	AUTO_FREE char *text = make_output(p, &format_instruments, &deepcopy, &len);
	assert_string_equal(text,
		"Weight\tSelf Weight\t\tSymbol Name\n"
		"6.000000 ms  60.0%\t0.000000 ms\t \tapp (100)\n"
		"6.000000 ms  60.0%\t0.000000 ms\t \t t0 0x64\n"
		"4.000000 ms  40.0%\t1.000000 ms\t \t  main\n"
		"3.000000 ms  30.0%\t3.000000 ms\t \t   a\n"
		"2.000000 ms  20.0%\t2.000000 ms\t \t  [no stack]\n"
		"\n"
		"4.000000 ms  40.0%\t0.000000 ms\t \tapp (200)\n"
		"4.000000 ms  40.0%\t0.000000 ms\t \t t1 0x65\n"
		"4.000000 ms  40.0%\t0.000000 ms\t \t  x\n"
		"4.000000 ms  40.0%\t4.000000 ms\t \t   y\n"
		"\n");
	assert_string_equal(format_instruments.file_of(&deepcopy), "profile.instruments.txt");
	name_event(p, "page-faults", "count");
	AUTO_FREE char *counts = make_output(p, &format_instruments, &deepcopy, &len);
	assert_has(counts, "\n3000000 cycles  30.0%\t3000000 cycles\t \t   a\n");
}

static char long_name[100001];

static const char *const hostile[] = { "<b a=\"c\">&amp;</b>", "]]>", "<!--", "a;b", "new\nline",
	"tab\tstop", "  blanks  ", " ", "", "\x01\x1b[31m\x7f", "\xff\xfe", "\xed\xa0\x80",
	"\xef\xbf\xbe", "\xc2\xa0\xe3\x80\x80x\xc2\xa0", "&#1;", "%s%n", "x (12)",
	"y  0x1 (z, pid: 3)",
	"\xe2\x80\xae"
	"evil",
	long_name };

static struct profile *make_hostile(size_t i)
{
	memset(long_name, 'x', sizeof long_name - 1);
	struct profile *p = make_profile_empty();
	uint32_t name = profile_add_string(p, hostile[i]);
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, hostile[i], "app", false);
	p->threads[0].name = p->threads[0].process_name = p->modules[0].name = p->modules[0].path =
		p->meta.arch = p->meta.command = name;
	p->frames[0].file = name;
	p->frames[0].line = 1;
	make_samples(p, make_frame(p, stack, hostile[i], "lib", false), 7, 0);
	make_health(p);
	return p;
}

static void hostile_names_stay_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		AUTO(profile_free) struct profile *p = make_hostile(i);
		size_t len;
		AUTO_FREE char *xml = make_output(p, &format_instruments, &plain, &len);
		assert_int_equal(strlen(xml), len);
		AUTO(profile_free) struct profile *back = read_back(xml, len);
		AUTO_FREE char *folded = make_output(p, &format_folded, &plain, &len);
		AUTO_FREE char *folded_back = make_output(back, &format_folded, &plain, &len);
		assert_string_equal(folded_back, folded);
		AUTO_FREE char *text = make_output(p, &format_instruments, &deepcopy, &len);
		size_t n_lines = 0;
		for (const char *c = text; *c; c++) {
			assert_true((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
			n_lines += *c == '\n';
		}
		assert_int_equal(n_lines, 6); /* heading, process, thread, two frames, end */
		assert_true(len < 5 * 65536);
	}
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_sites(1, 1000);
	const struct format_options all[] = { plain, { .toc = true }, deepcopy };
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		struct err err = { 0 };
		FILE *out = fopen("/dev/full", "we");
		assert_non_null(out);
		assert_false(format_instruments.write(p, &all[i], out, &err));
		assert_has(err.text, "No space left");
		fclose(out);
	}
}

static void too_many_rows_are_refused(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = make_frame(p, PROFILE_NO_STACK, "f", "app", false);
	struct err err = { 0 };
	profile_sum_sample(p, 0, stack, (const int64_t[]){ INT64_MAX / 4, 1 });
	assert_false(format_instruments.write(p, &plain, stdout, &err));
	assert_has(err.text, "a row for each sample");
}

/* Its lines begin with as many blanks as they are deep. */
static void a_tree_too_deep_for_text_is_refused(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t stack = PROFILE_NO_STACK;
	struct err err = { 0 };
	for (int i = 0; i < 100000; i++)
		stack = make_frame(p, stack, "f", "app", false);
	make_samples(p, stack, 1, 0);
	FILE *out = fopen("/dev/null", "we");
	assert_false(format_instruments.write(p, &deepcopy, out, &err));
	assert_has(err.text, "levels deep");
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_back_is_what_was_written),
		cmocka_unit_test(any_profile_keeps_its_stacks),
		cmocka_unit_test(ids_are_unique_and_refs_point_back),
		cmocka_unit_test(cells_are_as_exports_have_them),
		cmocka_unit_test(no_inline_leaves_inlined_frames_out),
		cmocka_unit_test(names_end_where_inferno_can_cut_them),
		cmocka_unit_test(weights_add_up),
		cmocka_unit_test(counts_alone_weigh_a_period_each),
		cmocka_unit_test(rows_ascend_by_time),
		cmocka_unit_test(the_event_decides_the_table),
		cmocka_unit_test(contents_tell_when_and_what),
		cmocka_unit_test(deep_copy_is_as_instruments_puts_it),
		cmocka_unit_test(hostile_names_stay_names),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_tree_too_deep_for_text_is_refused),
		cmocka_unit_test(too_many_rows_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
