/*
 * Who gets which addresses: overlaps, aliases, symbols without a size, gaps. The tables are built
 * by the assembler from the lines of each case.
 */
#include "report/test/tools.h"

#include "report/symtab.h"

enum { MAX_ANSWERS = 12 };

/* 64 bytes of code from 0x1000 to 0x1040, then data. "." is offset 0. */
static const struct {
	const char *what, *symbols;
	struct {
		unsigned offset;
		const char *name; /* NULL: nobody's */
	} answers[MAX_ANSWERS];
} cases[] = {
	{ "a sized symbol holds just its bytes", ".type f,@function; .set f, base+8; .size f, 8",
		{ { 0, NULL }, { 7, NULL }, { 8, "f" }, { 15, "f" }, { 16, NULL } } },
	{ "one without a size reaches to the next",
		".type f,@function; .set f, base+8; .type g,@function; .set g, base+16; .size g, 4",
		{ { 7, NULL }, { 8, "f" }, { 15, "f" }, { 16, "g" }, { 20, NULL } } },
	{ "the last without a size reaches to the end of its section",
		".type f,@function; .set f, base+8", { { 8, "f" }, { 63, "f" }, { 64, NULL } } },
	{ "a label inside a sized function is not seen",
		".type f,@function; .set f, base; .size f, 32; .set label, base+8",
		{ { 0, "f" }, { 8, "f" }, { 31, "f" }, { 32, NULL } } },
	{ "of overlapping ones the later holds, then the outer again",
		".type f,@function; .set f, base; .size f, 32; "
		".type g,@function; .set g, base+8; .size g, 8",
		{ { 0, "f" }, { 8, "g" }, { 15, "g" }, { 16, "f" }, { 32, NULL } } },
	{ "a crossing overlap goes to the later",
		".type f,@function; .set f, base; .size f, 16; "
		".type g,@function; .set g, base+8; .size g, 16",
		{ { 7, "f" }, { 8, "g" }, { 23, "g" }, { 24, NULL } } },
	{ "global before weak before local",
		".type a,@function; .type b,@function; .type c,@function; "
		".set a, base; .set b, base; .set c, base; .weak b; .globl c; "
		".size a, 8; .size b, 8; .size c, 8",
		{ { 0, "c" }, { 7, "c" } } },
	{ "a weak one before a local one",
		".type a,@function; .type b,@function; "
		".set a, base; .set b, base; .weak b; .size a, 8; .size b, 8",
		{ { 0, "b" } } },
	{ "function before label",
		".set a, base; .type long_name,@function; "
		".set long_name, base; .size long_name, 8",
		{ { 0, "long_name" } } },
	{ "the short name before the long one",
		".type __f,@function; .type f,@function; .globl f; .globl __f; .set __f, base; "
		".set f, base; .size f, 8; .size __f, 8",
		{ { 0, "f" } } },
	{ "a public name before an internal one, even a weak one",
		".type _io_f,@function; .type longer_f,@function; .globl _io_f; .weak longer_f; "
		".set _io_f, base; .set longer_f, base; .size _io_f, 8; .size longer_f, 8",
		{ { 0, "longer_f" } } },
	{ "a mangled name is not internal",
		".type _Z1fv,@function; .type fffffff,@function; .globl _Z1fv; .weak fffffff; "
		".set _Z1fv, base; .set fffffff, base; .size _Z1fv, 8; .size fffffff, 8",
		{ { 0, "_Z1fv" } } },
	{ "a local public name is not preferred",
		".type _io_f,@function; .type f,@function; .globl _io_f; "
		".set _io_f, base; .set f, base; .size _io_f, 8; .size f, 8",
		{ { 0, "_io_f" } } },
	{ "the first in the alphabet of equals",
		".type g,@function; .type f,@function; .globl f; .globl g; .set g, base; "
		".set f, base; .size f, 8; .size g, 8",
		{ { 0, "f" } } },
	{ "a longer alias holds what is left",
		".type f,@function; .type g,@function; .globl f; .set f, base; .set g, base; "
		".size f, 8; .size g, 16",
		{ { 7, "f" }, { 8, "g" }, { 15, "g" }, { 16, NULL } } },
	{ "a better alias without a size takes the other's",
		".type f,@function; .type g,@function; .globl f; .set f, base; .set g, base; "
		".size g, 16",
		{ { 0, "f" }, { 15, "f" }, { 16, NULL } } },
	{ "an indirect function is one", ".type f,@gnu_indirect_function; .set f, base; .size f, 8",
		{ { 0, "f" }, { 8, NULL } } },
	{ "objects and data do not count",
		".type o,@object; .set o, base; .size o, 8; .type d,@function; .set d, data; "
		".size d, 8; .set _etext, base+64; .set absolute, 0x1008",
		{ { 0, NULL }, { 8, NULL }, { 64, NULL } } },
	{ "a size beyond the section ends with it",
		".type f,@function; .set f, base+8; .size f, 0x1000000",
		{ { 8, "f" }, { 63, "f" }, { 64, NULL } } },
	{ "mapping symbols and assembler's labels do not count",
		".set $x, base; .set $d.3, base; .set $d, base+8", { { 0, NULL }, { 8, NULL } } },
};

/* Assembles and links the symbols; "base" and "data" are local labels. */
static void build(const char *symbols)
{
	FILE *out = fopen(in_scratch("s.s"), "w");
	fprintf(out, ".text\n.L_base: .skip 64, 0x90\n.data\n.L_data: .skip 64\n");
	for (const char *p = symbols; *p; p++) {
		if (!strncmp(p, "base", 4) || !strncmp(p, "data", 4))
			fputs(".L_", out);
		fputc(*p == ';' ? '\n' : *p, out);
	}
	fputc('\n', out);
	fclose(out);
	if (!run("as -o $D/s.o $D/s.s && ld -e 0x1000 -Ttext=0x1000 -Tdata=0x3000 -o $D/s $D/s.o"))
		fail_msg("cannot assemble: %s", symbols);
}

static void addresses_go_to_the_right_symbols(void **state)
{
	(void)state;
	NEED("ld");
	if (!run("uname -m | grep x86_64"))
		SKIP("x86_64");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		build(cases[i].symbols);
		struct module m = open_module("s");
		for (size_t k = 0; k < MAX_ANSWERS; k++) {
			if (k && !cases[i].answers[k].offset)
				break;
			const struct symbol_answer *a =
				ask(&m, 0x1000 + cases[i].answers[k].offset);
			const char *name = a->n_frames ? a->frames[0].raw_name : "nobody";
			const char *want = cases[i].answers[k].name;
			if (strcmp(name, want ? want : "nobody") != 0)
				fail_msg("%s: offset %u is %s's", cases[i].what,
					cases[i].answers[k].offset, name);
		}
		close_module(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_go_to_the_right_symbols),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
