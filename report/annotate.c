/*
 * A function's instructions and what is known of them: see annotate.h.
 */
#include "report/annotate.h"

#include "report/demangle.h"
#include "report/elf_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *annotate_frame_name(const struct symbol_frame *frame)
{
	if (frame->shown_name)
		return frame->shown_name;
	return frame->raw_name ? frame->raw_name : "";
}

/* Code. */

static bool decode(struct annotation *a, const struct code_file *file,
	const struct annotate_options *options, struct err *err)
{
	uint64_t n_bytes = a->end - a->start;
	a->elf = code_file_elf(file);
	a->arch = elf_file_arch(a->elf);
	if (n_bytes > ANNOTATE_MAX_BYTES) {
		a->n_bytes_left_out = n_bytes - ANNOTATE_MAX_BYTES;
		n_bytes = ANNOTATE_MAX_BYTES;
	}
	const uint8_t *code = elf_file_bytes(a->elf, a->start, n_bytes);
	if (!code) {
		a->no_code = "the file does not hold the function's bytes";
		return true;
	}
	if (!disasm(a->arch, options->syntax, code, n_bytes, a->start, &a->memory, &a->insns,
		    &a->n_insns, err))
		return false;
	for (size_t i = 0; i < a->n_insns; i++)
		a->n_undecoded += a->insns[i].flow == INSN_DATA ? a->insns[i].size_bytes : 0;
	return true;
}

/* Without code: what was sampled. */

static int compare_addresses(const void *left, const void *right)
{
	const struct insn *a = left, *b = right;
	return (a->vaddr > b->vaddr) - (a->vaddr < b->vaddr);
}

static bool list_addresses(struct annotation *a, struct annotate_query *q, struct err *err)
{
	a->insns = calloc(a->p->n_frames + 1, sizeof(*a->insns));
	if (!a->insns)
		return err_set(err, "no memory");
	size_t n = 0;
	for (size_t i = 0; i < a->p->n_frames; i++) {
		const struct profile_frame *frame = &a->p->frames[i];
		if (q->is_used[i] && !frame->is_inlined &&
			annotate_query_holds(q, a->target, frame))
			a->insns[n++] = (struct insn){ .vaddr = frame->address,
				.size_bytes = 1,
				.mnemonic = "",
				.operands = "" };
	}
	if (n)
		qsort(a->insns, n, sizeof(*a->insns), compare_addresses);
	for (size_t i = 0; i < n; i++)
		if (!a->n_insns || a->insns[a->n_insns - 1].vaddr != a->insns[i].vaddr)
			a->insns[a->n_insns++] = a->insns[i];
	return true;
}

/* Samples. */

struct counting {
	uint32_t *insn_of; /* by frame; n_insns: none of ours, n_insns + 1: left out */
	size_t *seen;      /* by instruction: the last sample that counted for it */
};

static void counting_fini_ptr(struct counting *c)
{
	free(c->insn_of);
	free(c->seen);
}

static bool counting_init(struct counting *c, const struct annotation *a, struct annotate_query *q)
{
	c->insn_of = calloc(a->p->n_frames + 1, sizeof(*c->insn_of));
	c->seen = calloc(a->n_insns + 2, sizeof(*c->seen));
	if (!c->insn_of || !c->seen)
		return false;
	for (size_t i = 0; i < a->p->n_frames; i++) {
		const struct profile_frame *frame = &a->p->frames[i];
		c->insn_of[i] = (uint32_t)a->n_insns;
		if (!q->is_used[i] || !annotate_query_holds(q, a->target, frame))
			continue;
		size_t insn = insn_find(a->insns, a->n_insns, frame->address);
		c->insn_of[i] = (uint32_t)(insn < a->n_insns ? insn : a->n_insns + 1);
	}
	return true;
}

static bool count_samples(struct annotation *a, struct annotate_query *q, struct err *err)
{
	AUTO(counting_fini) struct counting c = { 0 };
	const struct profile *p = a->p;
	if (!counting_init(&c, a, q))
		return err_set(err, "no memory");
	for (size_t i = 0; i < p->n_samples; i++) {
		int64_t value = profile_sample_value(p, i, a->value);
		uint32_t stack = p->samples[i].stack;
		if (stack == PROFILE_NO_STACK)
			continue;
		uint32_t leaf = c.insn_of[q->spot[stack]];
		if (leaf < a->n_insns)
			a->notes[leaf].self += value;
		else if (leaf == a->n_insns + 1)
			a->n_outside += value;
		for (; stack != PROFILE_NO_STACK; stack = p->stacks[stack].parent) {
			uint32_t insn = c.insn_of[q->spot[stack]];
			if (insn >= a->n_insns || c.seen[insn] == i + 1)
				continue;
			c.seen[insn] = i + 1;
			a->notes[insn].total += value;
		}
	}
	return true;
}

/* Lines and inlined calls. */

static bool find_lines(
	struct annotation *a, const struct annotate_options *options, struct err *err)
{
	AUTO_FREE uint64_t *vaddrs = calloc(a->n_insns + 1, sizeof(*vaddrs));
	AUTO_FREE struct symbol_answer *answers = calloc(a->n_insns + 1, sizeof(*answers));
	if (!vaddrs || !answers)
		return err_set(err, "no memory");
	for (size_t i = 0; i < a->n_insns; i++)
		vaddrs[i] = a->insns[i].vaddr;
	if (!symbol_source_open(a->elf, options->search, &a->symbols, err) ||
		!symbol_source_resolve(a->symbols, vaddrs, a->n_insns, answers, err))
		return false;
	symbol_source_finish(a->symbols);
	for (size_t i = 0; i < a->n_insns; i++) {
		a->notes[i].frames = answers[i].frames;
		a->notes[i].n_frames = answers[i].n_frames;
		a->has_lines |= answers[i].n_frames && answers[i].frames[0].line;
	}
	return true;
}

/* An inlined function is known by either of its names. */
static void mark_asked(struct annotation *a)
{
	if (a->target->inlined == PROFILE_NONE)
		return;
	const struct profile_function *f = &a->p->functions[a->target->inlined];
	const char *name = profile_string(a->p, f->name);
	const char *raw_name = profile_string(a->p, f->raw_name);
	a->asked = name;
	for (size_t i = 0; i < a->n_insns; i++) {
		struct annotated_insn *note = &a->notes[i];
		for (uint32_t k = 0; k < note->n_frames; k++) {
			const struct symbol_frame *frame = &note->frames[k];
			const char *raw = frame->raw_name ? frame->raw_name : "";
			note->is_asked |= frame->is_inlined &&
				(raw_name[0] ? strcmp(raw, raw_name) == 0
					     : strcmp(annotate_frame_name(frame), name) == 0);
		}
	}
}

/* Names of what is called. */

static void name_targets(struct annotation *a, const struct code_file *file, bool no_demangle)
{
	for (size_t i = 0; i < a->n_insns; i++) {
		const struct insn *insn = &a->insns[i];
		struct annotated_insn *note = &a->notes[i];
		bool is_inside = insn->target - a->start < a->end - a->start;
		if (!insn->has_target || (is_inside && insn->flow != INSN_CALL))
			continue;
		const char *raw = code_file_name(file, insn->target, &note->target_off);
		AUTO_FREE char *name = raw && !no_demangle ? demangle(raw) : NULL;
		note->target_name = name ? arena_join(&a->memory, name, "", "") : raw;
	}
}

/* Sums by line. */

static const char *file_of(const struct annotated_insn *note)
{
	return note->n_frames && note->frames[0].line ? note->frames[0].file : NULL;
}

static struct annotated_line line_of(const struct annotation *a, size_t insn)
{
	const struct annotated_insn *note = &a->notes[insn];
	struct annotated_line line = { .file = file_of(note), .self = note->self, .hottest = insn };
	if (line.file)
		line.line = note->frames[0].line;
	if (note->n_frames && note->frames[0].is_inlined)
		line.function = annotate_frame_name(&note->frames[0]);
	return line;
}

static int compare_strings(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_places(const void *left, const void *right)
{
	const struct annotated_line *a = left, *b = right;
	int order = compare_strings(a->file, b->file);
	if (!order)
		order = (a->line > b->line) - (a->line < b->line);
	return order ? order : compare_strings(a->function, b->function);
}

static int compare_heat(const void *left, const void *right)
{
	const struct annotated_line *a = left, *b = right;
	if (a->self != b->self)
		return a->self < b->self ? 1 : -1;
	return compare_places(a, b);
}

/* Whether it was sampled, and belongs to what was asked for: what the summaries are made of. */
static bool is_wanted(const struct annotation *a, size_t insn)
{
	return a->notes[insn].self && (!a->asked || a->notes[insn].is_asked);
}

static bool sum_lines(struct annotation *a, struct err *err)
{
	a->lines = calloc(a->n_insns + 1, sizeof(*a->lines));
	if (!a->lines)
		return err_set(err, "no memory");
	size_t n = 0;
	for (size_t i = 0; i < a->n_insns; i++)
		if (is_wanted(a, i) && file_of(&a->notes[i]))
			a->lines[n++] = line_of(a, i);
	if (n)
		qsort(a->lines, n, sizeof(*a->lines), compare_places);
	for (size_t i = 0; i < n; i++) {
		struct annotated_line *last = a->n_lines ? &a->lines[a->n_lines - 1] : NULL;
		if (!last || compare_places(last, &a->lines[i]) != 0) {
			a->lines[a->n_lines++] = a->lines[i];
			continue;
		}
		if (a->notes[a->lines[i].hottest].self > a->notes[last->hottest].self)
			last->hottest = a->lines[i].hottest;
		last->self += a->lines[i].self;
	}
	if (a->n_lines)
		qsort(a->lines, a->n_lines, sizeof(*a->lines), compare_heat);
	return true;
}

size_t annotate_hottest(const struct annotation *a, size_t n, size_t *ret_insns)
{
	size_t found = 0;
	for (size_t i = 0; i < a->n_insns; i++) {
		int64_t self = a->notes[i].self;
		size_t at = found;
		while (at && a->notes[ret_insns[at - 1]].self < self)
			at--;
		if (!is_wanted(a, i) || at == n)
			continue;
		found = MIN(found + 1, n);
		memmove(ret_insns + at + 1, ret_insns + at, (found - at - 1) * sizeof(*ret_insns));
		ret_insns[at] = i;
	}
	return found;
}

void annotate_operands(struct buf *out, const struct insn *insn)
{
	buf_str(out, insn->operands);
	if (insn->has_target)
		buf_fmt(out, "%s0x%" PRIx64, insn->operands[0] ? ", " : "", insn->target);
}

/* The whole. */

static bool find_code(struct annotation *a, struct annotate_query *q,
	const struct annotate_options *options, const struct code_file **ret_file, struct err *err)
{
	const char *why = NULL;
	const struct code_file *file = annotate_query_code(q, a->target->module, &why);
	if (!file)
		a->no_code = why;
	else if (!a->target->body.end)
		a->no_code = "it is not known where the function begins and ends";
	else if (!decode(a, file, options, err))
		return false;
	*ret_file = a->no_code ? NULL : file;
	return true;
}

static bool fill(struct annotation *a, struct annotate_query *q,
	const struct annotate_options *options, struct err *err)
{
	const struct code_file *file;
	if (!find_code(a, q, options, &file, err) || (!file && !list_addresses(a, q, err)))
		return false;
	a->notes = calloc(a->n_insns + 1, sizeof(*a->notes));
	if (!a->notes)
		return err_set(err, "no memory");
	if (!count_samples(a, q, err))
		return false;
	if (!file)
		return true;
	if (!find_lines(a, options, err))
		return false;
	mark_asked(a);
	name_targets(a, file, options->no_demangle);
	return sum_lines(a, err);
}

bool annotate_init(struct annotation *a, struct annotate_query *q,
	const struct annotate_target *target, const struct annotate_options *options,
	struct err *err)
{
	*a = (struct annotation){
		.p = q->p,
		.value = q->value,
		.name = profile_string(q->p, q->p->functions[target->function].name),
		.target = target,
		.whole = q->whole,
		.start = target->body.start,
		.end = target->body.end,
	};
	if (fill(a, q, options, err))
		return true;
	annotate_fini(a);
	return false;
}

void annotate_fini(struct annotation *a)
{
	symbol_source_close(a->symbols);
	arena_fini(&a->memory);
	free(a->insns);
	free(a->notes);
	free(a->lines);
	*a = (struct annotation){ 0 };
}
