/*
 * What the outputs of `ddrec annotate` say in words: see annotate_output.h.
 */
#include "report/annotate_output.h"

#include "formats/number.h"
#include "report/elf_file.h"
#include "report/demangle.h"

#include <inttypes.h>
#include <string.h>

void annotate_say_name(
	struct buf *out, const struct profile *p, const struct annotate_target *target)
{
	const struct profile_function *f = &p->functions[target->function];
	const char *symbol = target->body.symbol;
	const char *raw = profile_string(p, f->raw_name);
	size_t len = strlen(raw);
	/* "parse" in the debug information, "parse.cold" in the symbol table. */
	bool is_part = symbol && len && strncmp(symbol, raw, len) == 0 && symbol[len] == '.';
	buf_str(out, profile_string(p, f->name));
	if (is_part)
		buf_fmt(out, " [%s]", symbol + len);
}

void annotate_say_choice(
	struct buf *out, const struct profile *p, const struct annotate_target *target)
{
	bool is_inlined = target->inlined != PROFILE_NONE;
	const char *label = profile_module_label(p, target->module);
	if (label[0] && !strchr(label, ':'))
		buf_fmt(out, "%s:", label);
	/* The address of a body alone says which: names of C++ and Rust are long. */
	if (is_inlined || !target->body.end)
		buf_str(out,
			profile_string(p,
				p->functions[is_inlined ? target->inlined : target->function]
					.name));
	if (target->body.end)
		buf_fmt(out, "@0x%" PRIx64, target->body.start);
}

void annotate_say_share(struct buf *out, const struct annotation *a)
{
	const struct annotate_target *t = a->target;
	if (a->asked) {
		number_value(out, a->p, a->value, t->asked);
		buf_str(out, " in the inlined code, ");
		number_percent(out, number_share(t->asked, a->whole));
		buf_str(out, " of all; ");
	}
	number_value(out, a->p, a->value, t->self);
	buf_str(out, " of its own, ");
	number_percent(out, number_share(t->self, a->whole));
	buf_str(out, " of all; ");
	number_percent(out, number_share(t->total, a->whole));
	buf_str(out, " with what it calls");
}

void annotate_say_place(struct buf *out, const char *file, uint32_t line)
{
	buf_fmt(out, "%s:%u", file ? basename(file) : "?", line);
}

void annotate_say_skid(struct buf *out, const struct profile *p)
{
	const char *event = profile_string(p, p->meta.event);
	const char *text = "a sample comes some instructions late: one of those before may be the "
			   "slow one";
	if (strstr(event, "clock"))
		text = "an interrupt waits for the instruction under way: the one before may be "
		       "the slow one";
	else if (profile_counts_events(p, profile_main_value(p)) && !strstr(event, "cycles"))
		text = "the event happened in the instruction shown, or shortly before it";
	buf_str(out, text);
}

static void say_problem(void (*take)(void *ctx, const char *text), void *ctx, struct buf *text)
{
	buf_u8(text, 0);
	if (!text->failed)
		take(ctx, (const char *)text->data);
	buf_clear(text);
}

/* Of files that are missing one is named: a Rust program has dozens. */
static void say_missing_sources(const struct source_files *sources,
	void (*take)(void *ctx, const char *text), void *ctx, struct buf *text)
{
	const char *first = NULL;
	size_t n = 0;
	for (size_t i = 0; i < sources->n; i++) {
		if (sources->files[i]->found)
			continue;
		first = n++ ? first : sources->files[i]->path;
	}
	if (!n)
		return;
	buf_fmt(text, "no source (--source DIR tells where it is): %s", first);
	if (n > 1)
		buf_fmt(text, " and %zu more", n - 1);
	say_problem(take, ctx, text);
}

static void say_source_problems(const struct source_files *sources,
	void (*take)(void *ctx, const char *text), void *ctx, struct buf *text)
{
	say_missing_sources(sources, take, ctx, text);
	for (size_t i = 0; i < sources->n; i++) {
		const struct source_file *f = sources->files[i];
		if (f->found && f->is_newer)
			buf_fmt(text,
				"newer than the program, so its lines may not be those that were "
				"compiled: %s",
				f->found);
		else if (f->found && f->is_fetched)
			buf_fmt(text, "from debuginfod: %s", f->path);
		else
			continue;
		say_problem(take, ctx, text);
	}
}

void annotate_each_problem(const struct annotation *a, const struct source_files *sources,
	const struct annotate_rows *rows, void (*take)(void *ctx, const char *text), void *ctx)
{
	AUTO_BUF struct buf text = BUF_INIT;
	const struct symbol_notes *notes = a->symbols ? symbol_source_notes(a->symbols) : NULL;
	if (a->no_code) {
		buf_fmt(&text, "no code, so only addresses: %s", a->no_code);
		say_problem(take, ctx, &text);
	} else if (!a->has_lines) {
		buf_str(&text, "no debug information, so no source lines");
		say_problem(take, ctx, &text);
	}
	if (notes && notes->problem) {
		buf_str(&text, notes->problem);
		say_problem(take, ctx, &text);
	}
	if (a->n_bytes_left_out) {
		buf_fmt(&text, "the function is too large: the last %" PRIu64 " bytes, with ",
			a->n_bytes_left_out);
		number_value(&text, a->p, a->value, a->n_outside);
		buf_str(&text, ", are left out");
		say_problem(take, ctx, &text);
	}
	if (a->n_undecoded) {
		buf_fmt(&text, "%zu bytes are no instructions that capstone knows", a->n_undecoded);
		say_problem(take, ctx, &text);
	}
	if (rows->lanes.n_undrawn) {
		buf_fmt(&text, "%zu of %zu jumps are not drawn, for want of room",
			rows->lanes.n_undrawn, rows->lanes.n_jumps);
		say_problem(take, ctx, &text);
	}
	say_source_problems(sources, take, ctx, &text);
}
