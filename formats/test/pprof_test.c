/*
 * pprof written and read again: the file is the same, and so is what the profile says; and what the
 * writer promises to its readers. report/test/pprof_clients.sh asks pprof itself.
 */
#include "formats/gzip.h"
#include "formats/pprof_decode.h"
#include "formats/test/import_profile.h"
#include "formats/test/make_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

static const struct format_options plain = { 0 };

static const struct make_stack small[] = {
	{ "main;parse;read@kernel", .count = 30 },
	{ "main;parse", .count = 20, .thread = 1 },
	{ "main;[i]hot;[i]hotter", .count = 165 },
	{ "main;puts@lib", .count = 5 },
	{ "", .count = 6 },
	{ .frames = NULL },
};

/* Text of an entry, and of the tables around it. */
static void describe(const struct pprof_file *f, uint64_t string, char *to, size_t size)
{
	const struct pprof_file_string *s = &f->strings[string];
	snprintf(to, size, "%.*s", (int)s->len, (const char *)f->data->data + s->offset);
}

struct decoded {
	struct buf data;
	struct pprof_file file;
};

static void decode(struct profile *p, const struct format_options *options, struct decoded *ret)
{
	struct err err = { 0 };
	size_t n;
	AUTO_FREE char *written = make_output(p, &format_pprof, options, &n);
	AUTO_CLOSE int fd = memfd_create("pprof", MFD_CLOEXEC);
	*ret = (struct decoded){ 0 };
	assert_int_equal(write(fd, written, n), n);
	if (!gunzip_file(fd, n, "test", &ret->data, &err) ||
		!pprof_decode(&ret->file, &ret->data, "test", &err))
		fail_msg("%s", err.text);
}

static void auto_decoded_ptr(struct decoded *d)
{
	pprof_file_fini(&d->file);
	buf_fini(&d->data);
}

static void expect_same_bytes(const char *a, size_t n_a, const char *b, size_t n_b)
{
	assert_int_equal(n_a, n_b);
	assert_memory_equal(a, b, n_a);
}

/* Written, read, written: the same file; and the same folded stacks. */
static void expect_round_trip(struct profile *p, const struct format_options *options)
{
	size_t n, n_again;
	AUTO_FREE char *written = make_output(p, &format_pprof, options, &n);
	AUTO(profile_free) struct profile *read = import_known(&import_pprof, written, n);
	AUTO_FREE char *again = make_output(read, &format_pprof, options, &n_again);
	expect_same_bytes(written, n, again, n_again);
	AUTO_FREE char *folded = make_output(p, &format_folded, options, &n);
	AUTO_FREE char *folded_again = make_output(read, &format_folded, options, &n_again);
	expect_same_bytes(folded, n, folded_again, n_again);
	assert_int_equal(p->health.n_shown, read->health.n_samples);
}

static void a_profile_read_back_is_written_the_same(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	expect_round_trip(p, &plain);
	expect_round_trip(p, &(struct format_options){ .timestamps = true });
	expect_round_trip(p, &(struct format_options){ .tree.no_inline = true });
	make_sums(p);
	expect_round_trip(p, &plain);
	p->has_addresses = false;
	expect_round_trip(p, &plain);
	AUTO(profile_free) struct profile *empty = make_profile_empty();
	expect_round_trip(empty, &plain);
	AUTO(profile_free) struct profile *bare = profile_new();
	expect_round_trip(bare, &plain);
}

static void random_profiles_read_back_are_written_the_same(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 300);
		expect_round_trip(p, &plain);
		expect_round_trip(p, &(struct format_options){ .tree.no_inline = true });
		expect_round_trip(p, &(struct format_options){ .timestamps = true });
	}
}

static void meta_data_comes_back(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(profile_free)
	struct profile *read = import_written(p, &format_pprof, &plain, &import_pprof);
	const struct profile_meta *m = &read->meta;
	assert_string_equal(profile_string(read, m->command), "./app --fast");
	assert_string_equal(profile_string(read, m->host), "build7");
	assert_string_equal(profile_string(read, m->kernel), "Linux 6.18.0");
	assert_string_equal(profile_string(read, m->arch), "x86_64");
	assert_string_equal(profile_string(read, m->event), "cpu-clock");
	assert_string_equal(profile_string(read, m->clock), "a sample stands for 1 ms of CPU time");
	assert_string_equal(profile_string(read, m->tool), "ddrec");
	assert_int_equal(m->frequency_hz, 999);
	assert_int_equal(m->start_real_ns, p->meta.start_real_ns);
	assert_int_equal(m->duration_ns, p->meta.duration_ns);
	assert_non_null(strstr(profile_string(read, m->remarks), "226 samples, 0 lost, 100.0 %"));
	assert_int_equal(profile_main_value(read), 0);
	assert_true(read->health.is_untold);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(profile_string(read, read->threads[i].name), i ? "t1" : "t0");
		assert_string_equal(profile_string(read, read->threads[i].process_name), "app");
		assert_int_equal(read->threads[i].tid, 100 + i);
		assert_int_equal(read->threads[i].pid, 100);
	}
}

/* pprof prints them all above each of its tables. */
static void comments_are_few_and_tell_of_damage(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	make_health(p);
	for (int i = 0; i < 20; i++)
		profile_add_note(p, i % 2 ? "samples of one kind" : "samples of another", 1);
	p->health.n_complete -= 30;
	profile_add_incomplete(p, "stack snapshot too short", 20);
	profile_add_incomplete(p, "no unwind table", 10);
	p->health.is_damaged = true;
	p->health.damage = profile_add_string(p, "it ends at 7");
	AUTO(profile_free)
	struct profile *read = import_written(p, &format_pprof, &plain, &import_pprof);
	assert_string_equal(profile_string(read, read->meta.remarks),
		"health: 226 samples, 0 lost, 86.7 % of stacks complete; ddrec report on the "
		"recording tells more\n"
		"incomplete: 20 stack snapshot too short, 10 no unwind table\n"
		"WARNING: the recording is damaged: it ends at 7; what follows is the part that "
		"could be read");
}

static void times_come_back(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(profile_free)
	struct profile *read = import_written(
		p, &format_pprof, &(struct format_options){ .timestamps = true }, &import_pprof);
	assert_true(read->has_times);
	assert_int_equal(read->n_samples, p->n_samples);
	for (size_t i = 0; i < p->n_samples; i++)
		assert_int_equal(read->samples[i].time_ns, p->samples[i].time_ns);
	make_sums(p);
	struct err err = { 0 };
	AUTO_FREE char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	assert_false(
		format_pprof.write(p, &(struct format_options){ .timestamps = true }, out, &err));
	fclose(out);
	assert_string_equal(err.text, "--timestamps: the profile has no times");
}

static void value_types_have_the_names_that_merge(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(auto_decoded) struct decoded d;
	char text[64];
	decode(p, &plain, &d);
	static const char *const names[] = { "samples", "count", "cpu", "nanoseconds" };
	assert_int_equal(d.file.n_value_types, 2);
	for (size_t i = 0; i < 4; i++) {
		const struct pprof_file_value_type *t = &d.file.value_types[i / 2];
		describe(&d.file, i % 2 ? t->unit : t->type, text, sizeof text);
		assert_string_equal(text, names[i]);
	}
	describe(&d.file, d.file.period_type.type, text, sizeof text);
	assert_string_equal(text, "cpu");
	assert_int_equal(d.file.period, 1001001);
}

/* Modules at places that leave no room, that are too small, and none at all. */
static void addresses_lie_in_their_mappings(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		AUTO(profile_free) struct profile *p = make_random_profile(seed, 200);
		for (uint32_t m = 0; m < p->n_modules && seed > 1; m++)
			if (seed % (m + 2) == 0)
				profile_place_module(p, m,
					&(struct profile_place){ .start = 0x1000 * (m + 1),
						.end = 0x1000 * (m + 2),
						.file_off = 0x800,
						.bias = seed * 0x1000 });
		AUTO(auto_decoded) struct decoded d;
		decode(p, &plain, &d);
		assert_true(d.file.n_mappings > 1);
		for (size_t i = 0; i < d.file.n_locations; i++) {
			const struct pprof_file_location *l = &d.file.locations[i];
			assert_true(l->n_lines > 0);
			if (l->mapping == PPROF_NONE)
				continue;
			assert_true(l->address >= d.file.mappings[l->mapping].start);
			assert_true(l->address < d.file.mappings[l->mapping].limit);
		}
	}
}

static void the_main_program_is_the_first_mapping(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){
		{ "open@kernel", .count = 9 },
		{ "start@lib;main", .count = 1 },
		{ .frames = NULL },
	});
	AUTO(auto_decoded) struct decoded d;
	char text[64];
	decode(p, &plain, &d);
	assert_int_equal(d.file.n_mappings, 3);
	describe(&d.file, d.file.mappings[0].filename, text, sizeof text);
	assert_string_equal(text, "app");
	describe(&d.file, d.file.mappings[1].filename, text, sizeof text);
	assert_string_equal(text, "[kernel.kallsyms]");
}

static void inlined_functions_are_lines_of_one_location(void **state)
{
	(void)state;
	AUTO(profile_free)
	struct profile *p = make_profile((const struct make_stack[]){
		{ "main;[i]hot;[i]hotter", .count = 1 },
		{ .frames = NULL },
	});
	static const char *const names[] = { "hotter", "hot", "main" };
	AUTO(auto_decoded) struct decoded d;
	char text[64];
	decode(p, &plain, &d);
	assert_int_equal(d.file.n_locations, 1);
	assert_int_equal(d.file.locations[0].n_lines, 3);
	for (size_t i = 0; i < 3; i++) {
		describe(&d.file, d.file.functions[d.file.lines[i].function].name, text,
			sizeof text);
		assert_string_equal(text, names[i]);
	}
	AUTO(auto_decoded) struct decoded alone;
	decode(p, &(struct format_options){ .tree.no_inline = true }, &alone);
	assert_int_equal(alone.file.locations[0].n_lines, 1);
	describe(&alone.file, alone.file.functions[0].name, text, sizeof text);
	assert_string_equal(text, "main");
}

static void linkage_names_are_system_names(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	uint32_t function = profile_add_function(p,
		&(struct profile_function){ .name = profile_add_string(p, "ns::f<int>(char)"),
			.raw_name = profile_add_string(p, "_ZN2ns1fIiEEvc"),
			.module = PROFILE_NONE,
			.has_symbol = true });
	uint32_t frame = profile_add_frame(p,
		&(struct profile_frame){ .function = function,
			.module = PROFILE_NONE,
			.file = profile_add_string(p, "f.cc"),
			.line = 7 });
	make_samples(p, profile_add_stack(p, PROFILE_NO_STACK, frame), 1, 0);
	AUTO(auto_decoded) struct decoded d;
	char text[64];
	decode(p, &plain, &d);
	describe(&d.file, d.file.functions[0].system_name, text, sizeof text);
	assert_string_equal(text, "_ZN2ns1fIiEEvc");
	AUTO(profile_free)
	struct profile *read = import_written(p, &format_pprof, &plain, &import_pprof);
	assert_string_equal(profile_string(read, read->functions[0].raw_name), text);
	assert_int_equal(read->frames[0].line, 7);
	assert_string_equal(profile_string(read, read->frames[0].file), "f.cc");
}

/* pprof takes a name that is its own system name for one to demangle, and cuts it. */
static void names_without_a_linkage_name_have_no_system_name(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	make_samples(p, make_frame(p, PROFILE_NO_STACK, "a<b>::c(int)", "app", false), 1, 0);
	AUTO(auto_decoded) struct decoded d;
	char text[64];
	decode(p, &plain, &d);
	describe(&d.file, d.file.functions[0].name, text, sizeof text);
	assert_string_equal(text, "a<b>::c(int)");
	assert_int_equal(d.file.functions[0].system_name, 0);
}

static void hostile_names_pass(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile_empty();
	static char longest[10001];
	memset(longest, 'x', sizeof longest - 1);
	const char *const names[] = { "a;b", "new\nline", "\x01\x1b[31m", "\xff\xfe bad", "\"'<>&",
		"\xe2\x80\xae turned", "", longest };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		make_samples(p, make_frame(p, PROFILE_NO_STACK, names[i], "app", false), 1, 0);
	make_health(p);
	expect_round_trip(p, &plain);
	AUTO(auto_decoded) struct decoded d;
	decode(p, &plain, &d);
	for (size_t i = 0; i < d.file.n_strings; i++)
		for (uint32_t k = 0; k < d.file.strings[i].len; k++)
			assert_true(d.data.data[d.file.strings[i].offset + k] >= 0x20);
}

static void an_imported_profile_says_so(void **state)
{
	(void)state;
	AUTO(profile_free) struct profile *p = make_profile(small);
	AUTO(profile_free)
	struct profile *read = import_written(p, &format_pprof, &plain, &import_pprof);
	size_t n;
	read->meta.source = profile_add_string(read, "x.pb.gz");
	read->meta.import_format = profile_add_string(read, "pprof");
	AUTO_FREE char *text = make_output(read, &format_text, &plain, &n);
	assert_non_null(strstr(text,
		"\nHealth\n"
		"  samples    226 in the file, 226 shown (100.0 %)\n"
		"  quality    imported from x.pb.gz (pprof): it tells nothing of lost samples or "
		"incomplete stacks\n"
		"  clock      cpu-clock, 999 Hz\n"
		"  it says    health: 226 samples, 0 lost, 100.0 % of stacks complete; ddrec "
		"report "
		"on the recording tells more\n"));
	AUTO_FREE char *svg = make_output(read, &format_flamegraph, &plain, &n);
	assert_non_null(strstr(svg, "226 samples, imported"));
	AUTO(profile_free) struct profile *empty = make_profile_empty();
	AUTO(profile_free)
	struct profile *nothing = import_written(empty, &format_pprof, &plain, &import_pprof);
	AUTO_FREE char *none = make_output(nothing, &format_text, &plain, &n);
	assert_non_null(strstr(none, "\nThe imported profile holds no samples.\n"));
}

static void a_full_disk_is_an_error(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		skip();
	for (size_t seed = 1; seed <= 2; seed++) { /* one that fails at its end, and one before */
		AUTO(profile_free)
		struct profile *p = make_random_profile((uint32_t)seed, seed == 1 ? 5 : 20000);
		struct err err = { 0 };
		assert_false(format_pprof.write(p, &plain, full, &err));
		assert_non_null(strstr(err.text, "No space left"));
		clearerr(full);
	}
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_read_back_is_written_the_same),
		cmocka_unit_test(random_profiles_read_back_are_written_the_same),
		cmocka_unit_test(meta_data_comes_back),
		cmocka_unit_test(comments_are_few_and_tell_of_damage),
		cmocka_unit_test(times_come_back),
		cmocka_unit_test(value_types_have_the_names_that_merge),
		cmocka_unit_test(addresses_lie_in_their_mappings),
		cmocka_unit_test(the_main_program_is_the_first_mapping),
		cmocka_unit_test(inlined_functions_are_lines_of_one_location),
		cmocka_unit_test(linkage_names_are_system_names),
		cmocka_unit_test(names_without_a_linkage_name_have_no_system_name),
		cmocka_unit_test(hostile_names_pass),
		cmocka_unit_test(an_imported_profile_says_so),
		cmocka_unit_test(a_full_disk_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
