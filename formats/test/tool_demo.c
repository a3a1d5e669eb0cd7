/*
 * Writes a made-up profile in a format, for looking at and for the browser test:
 *
 *	demo FORMAT [hostile|wide|deep|big|walk|walk-sums]
 *		[reverse|inverted|module|thread|colour|annotate|no-inline|toc|width=N]...
 *
 * The default is a small compiler-like profile with every kind of code. hostile: names that try to
 * break out; wide: 50,000 nodes; deep: 3,000 frames; big: a million samples on a million stack
 * nodes; walk: a million samples like a compiler's, one by one or as sums.
 */
#include "formats/format.h"
#include "formats/test/make_profile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct make_stack compiler[] = {
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;parse_file;parse_declaration;"
	  "[i]peek_token;lex_token",
		.count = 70 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;parse_file;parse_declaration;"
	  "parse_expression;parse_expression;parse_expression;parse_unary",
		.count = 55 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;parse_file;parse_declaration;"
	  "build_type;std::__detail::_Map_base<std::string, std::pair<const std::string, "
	  "tree_node*>, "
	  "std::allocator<std::pair<const std::string, tree_node*>>>::operator[](const "
	  "std::string&);"
	  "malloc@lib;_int_malloc@lib",
		.count = 60 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;optimize;loop_pass;analyze;"
	  "[i]bitmap_set_bit;[i]bitmap_find",
		.count = 120 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;optimize;loop_pass;unroll;"
	  "memcpy@lib",
		.count = 45 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;optimize;register_allocation;"
	  "color_graph;[i]push_node",
		.count = 90 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;optimize;register_allocation;"
	  "spill",
		.count = 30 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;emit;write@lib;"
	  "entry_SYSCALL_64@kernel;do_syscall_64@kernel;ksys_write@kernel;vfs_write@kernel;"
	  "ext4_file_write_iter@kernel;generic_perform_write@kernel;copy_from_user@kernel",
		.count = 48 },
	{ "_start;__libc_start_main@lib;main;toplev_main;compile_file;emit;asm_exc_page_fault@"
	  "kernel;"
	  "handle_mm_fault@kernel;clear_page@kernel",
		.count = 22 },
	{ "clone@lib;start_thread@lib;worker;run_script;JS:*render@jit;JS:layout@jit;JS:~measure@"
	  "jit",
		.count = 80, .thread = 1 },
	{ "clone@lib;start_thread@lib;worker;run_script;JS:*render@jit;JS:paint@jit;memmove@lib",
		.count = 40, .thread = 1 },
	{ "clone@lib;start_thread@lib;worker;garbage_collect;mark;mark;mark;mark;mark;mark", 33,
		.thread = 1 },
	{ "clone@lib;start_thread@lib;worker;garbage_collect;sweep", .count = 12, .thread = 1 },
	{ "[truncated]@none;lex_token", .count = 5 },
	{ "", .count = 2 },
	{ .frames = NULL },
};

/* A module, a source file and a thread with such names. */
static void add_hostile_places(struct profile *p, uint32_t parent)
{
	uint32_t name = profile_add_string(p, "a</script>;\"m'\n]]>\x01\xff.so");
	uint32_t base = profile_add_string(p, "script>;\"m'\n]]>\x01\xff.so");
	uint32_t module =
		profile_add_module(p, &(struct profile_module){ .name = base, .path = name });
	uint32_t function = profile_add_function(p,
		&(struct profile_function){ .name = profile_add_string(p, "in a hostile module"),
			.raw_name = name,
			.file = name,
			.module = module,
			.has_symbol = true });
	uint32_t frame = profile_add_frame(p,
		&(struct profile_frame){ .function = function,
			.module = module,
			.address = 0x1000,
			.file = name,
			.line = 7 });
	uint32_t thread = profile_add_thread(p,
		&(struct profile_thread){
			.pid = 100, .tid = 666, .name = name, .process_name = name });
	make_samples(p, profile_add_stack(p, parent, frame), 40, thread);
}

static void add_hostile(struct profile *p)
{
	static char long_name[10001];
	memset(long_name, 'x', sizeof long_name - 1);
	const char *const names[] = { "<script>alert(1)</script>", "]]><script>alert(2)</script>",
		"\"onload=\"alert(3)", "' onclick='alert(4)", "</title><script>alert(5)</script>",
		"a;b\nc\td\re", "\x01\x1b[31mred\x7f", "bad utf8 \xff\xc3\x28\xed\xa0\x80\xf5",
		"&amp;&lt;", "\xef\xbf\xbe\xef\xbf\xbf", "javascript:alert(6)", "naïve 関数 🔥", "",
		long_name };
	uint32_t main_stack = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		uint32_t stack = make_frame(p, main_stack, names[i], "app", false);
		make_samples(p, stack, 40, 0);
	}
	add_hostile_places(p, main_stack);
	p->meta.command = profile_add_string(p, "<script>alert(7)</script> & \"x\" ]]>\n\x02");
	profile_add_note(p, "note with <b>markup</b>", 1);
}

static void add_wide(struct profile *p)
{
	uint32_t root = make_frame(p, PROFILE_NO_STACK, "main", "app", false);
	for (int i = 0; i < 5000; i++) {
		uint32_t stack = root;
		for (int d = 0; d < 10; d++) {
			char name[64];
			snprintf(name, sizeof name, "namespace::Class%d::method_%d", i % 97,
				i * d % 991);
			stack = make_frame(p, stack, name, d % 3 ? "app" : "lib", d == 5);
		}
		make_samples(p, stack, 1 + i % 3, 0);
	}
}

static void add_deep(struct profile *p)
{
	uint32_t stack = PROFILE_NO_STACK;
	for (int d = 0; d < 3000; d++) {
		char name[32];
		snprintf(name, sizeof name, "level_%d", d);
		stack = make_frame(p, stack, name, "app", false);
		if (d % 100 == 0)
			make_samples(p, stack, 2, 0);
	}
	make_samples(p, stack, 100, 0);
}

static void add_big(struct profile *p)
{
	uint32_t state = 1;
	for (int i = 0; i < 1000000; i++) {
		uint32_t stack = PROFILE_NO_STACK;
		state = state * 1664525 + 1013904223;
		for (uint32_t d = 0, r = state >> 15; d < 12; d++, r = r / 3 + d) {
			uint32_t frame = profile_add_frame(
				p, &(struct profile_frame){ .function = r % 3000, .address = r });
			stack = profile_add_stack(p, stack, frame);
		}
		make_samples(p, stack, 1, (uint32_t)i % 4);
	}
}

static void add_big_functions(struct profile *p)
{
	for (int i = 0; i < 3000; i++) {
		char name[32];
		snprintf(name, sizeof name, "function_%d", i);
		profile_add_function(p,
			&(struct profile_function){
				.name = profile_add_string(p, name), .module = PROFILE_NONE });
	}
	add_big(p);
}

enum { WALK_FUNCTIONS = 6000, WALK_DEPTH = 28, WALK_SAMPLES = 1000000 };

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A callee of the function: the first of its call sites are by far the likeliest. */
static uint32_t next_callee(uint32_t caller, uint32_t *state)
{
	uint32_t r = next_random(state) | next_random(state) | next_random(state);
	uint32_t site = (uint32_t)__builtin_ctz(r | 1 << 8);
	return (caller * 2654435761u + site * 40503u) % (3 * WALK_FUNCTIONS);
}

static void add_walk_frames(struct profile *p)
{
	uint32_t module = profile_add_module(
		p, &(struct profile_module){ .name = profile_add_string(p, "cc1plus") });
	for (uint32_t i = 0; i < WALK_FUNCTIONS; i++) {
		char name[160];
		snprintf(name, sizeof name, "ns_%u::pass_%u<operand, node_%u>::visit_%u(tree*)",
			i % 7, i % 113, i % 1009, i);
		profile_add_function(p,
			&(struct profile_function){ .name = profile_add_string(p, name),
				.module = module,
				.has_symbol = true });
	}
	for (uint32_t i = 0; i < 3 * WALK_FUNCTIONS; i++)
		profile_add_frame(p,
			&(struct profile_frame){ .function = i % WALK_FUNCTIONS,
				.module = module,
				.address = 0x400000 + i * 64,
				.is_inlined = i % 8 == 7 });
}

/* Like a compiler at work: each sample leaves some calls of the last one and enters others. */
static void add_walk_samples(struct profile *p, bool is_sums)
{
	uint32_t state = 1, depth = 0, stacks[2 * WALK_DEPTH];
	add_walk_frames(p);
	for (int i = 0; i < WALK_SAMPLES; i++) {
		uint32_t leave = 1 + (uint32_t)__builtin_ctz(next_random(&state) | 1 << 20) * 4;
		uint32_t until = WALK_DEPTH - next_random(&state) % 3;
		depth = depth > leave ? depth - leave : 0;
		for (; depth < until; depth++) {
			uint32_t parent = depth ? stacks[depth - 1] : PROFILE_NO_STACK;
			uint32_t caller = depth ? p->stacks[parent].frame : 0;
			stacks[depth] = profile_add_stack(p, parent, next_callee(caller, &state));
		}
		if (is_sums)
			profile_sum_sample(
				p, 0, stacks[depth - 1], (const int64_t[]){ 1, 1000000 });
		else
			make_samples(p, stacks[depth - 1], 1, 0);
	}
}

static void add_walk(struct profile *p)
{
	add_walk_samples(p, false);
}

static void add_walk_sums(struct profile *p)
{
	add_walk_samples(p, true);
}

/* FORMAT or FORMAT=VARIANT */
static const struct format *find_format(char *name, struct format_options *options)
{
	char *variant = name ? strchr(name, '=') : NULL;
	if (variant)
		*variant++ = '\0';
	options->variant = variant;
	return name ? format_find(name) : NULL;
}

static double seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct profile *make(const char *what)
{
	static const struct {
		const char *name;
		void (*add)(struct profile *p);
	} kinds[] = {
		{ "hostile", add_hostile },
		{ "wide", add_wide },
		{ "deep", add_deep },
		{ "big", add_big_functions },
		{ "walk", add_walk },
		{ "walk-sums", add_walk_sums },
	};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (!strcmp(what, kinds[i].name)) {
			struct profile *p = make_profile_empty();
			kinds[i].add(p);
			make_health(p);
			return p;
		}
	return NULL;
}

static struct profile *make_compiler(void)
{
	struct profile *p = make_profile(compiler);
	p->meta.command = profile_add_string(p, "cc1 -O2 main.c -o main.s");
	p->health.n_samples += 3;
	p->health.n_lost = 4;
	p->health.n_complete -= 7;
	p->health.n_guessed = 2;
	profile_add_incomplete(p, "no unwind table", 5);
	profile_add_incomplete(p, "the recorded stack ends", 2);
	profile_add_note(p, "addresses without a symbol in libfoo.so", 12);
	return p;
}

static void set_option(struct format_options *options, const char *word)
{
	options->tree.reverse |= !strcmp(word, "reverse");
	options->inverted |= !strcmp(word, "inverted");
	options->colour |= !strcmp(word, "colour");
	options->annotate |= !strcmp(word, "annotate");
	options->tree.no_inline |= !strcmp(word, "no-inline");
	options->toc |= !strcmp(word, "toc");
	if (!strcmp(word, "module"))
		options->tree.by = CALL_TREE_BY_MODULE;
	if (!strcmp(word, "thread"))
		options->tree.by = CALL_TREE_BY_THREAD;
	if (!strncmp(word, "width=", 6))
		options->width = (uint32_t)atoi(word + 6);
}

int main(int argc, char **argv)
{
	AUTO(profile_free) struct profile *p = NULL;
	struct format_options options = { 0 };
	struct err err = { 0 };
	const struct format *format = find_format(argv[1], &options);
	double start = seconds();
	for (int i = 2; i < argc; i++) {
		set_option(&options, argv[i]);
		if (!p)
			p = make(argv[i]);
	}
	if (!p)
		p = make_compiler();
	double made = seconds();
	if (!format || profile_failed(p) || !format->write(p, &options, stdout, &err)) {
		fprintf(stderr, "demo: %s\n", format ? err.text : "which format?");
		return 1;
	}
	fprintf(stderr, "%zu samples, %zu stacks: made in %.3f s, written in %.3f s\n",
		p->n_samples, p->n_stacks, made - start, seconds() - made);
	return 0;
}
