/*
 * An annotated function as JSON: all instructions, whatever the text would leave out. The schema is
 * in ddrec-annotate(1); what is added to it raises no version, what changes or goes does.
 */
#include "report/annotate_output.h"

#include "formats/json_writer.h"
#include "formats/number.h"

#include <inttypes.h>
#include <string.h>

enum { SCHEMA_VERSION = 1 };

/* Addresses are strings: JSON's readers take numbers for doubles. */
static void json_address(struct json_writer *w, const char *key, uint64_t v)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "0x%" PRIx64, v);
	json_put_key(w, key), json_put_string_n(w, text, (size_t)len);
}

static void json_text(struct json_writer *w, const char *key, const struct buf *text)
{
	json_put_key(w, key), json_put_string_n(w, (const char *)text->data, text->len);
}

static void json_optional(struct json_writer *w, const char *key, const char *str)
{
	json_put_key(w, key);
	if (str)
		json_put_string(w, str);
	else
		json_put_null(w);
}

static void write_target(
	struct json_writer *w, const struct profile *p, const struct annotate_target *t)
{
	AUTO_BUF struct buf choice = BUF_INIT;
	annotate_say_choice(&choice, p, t);
	json_text(w, "choose_by", &choice);
	json_put_key(w, "name"),
		json_put_string(w, profile_string(p, p->functions[t->function].name));
	json_optional(w, "symbol", t->body.symbol);
	json_optional(w, "inlined",
		t->inlined == PROFILE_NONE ? NULL
					   : profile_string(p, p->functions[t->inlined].name));
	json_put_key(w, "module"), json_put_string(w, profile_module_label(p, t->module));
	json_put_key(w, "self"), json_put_i64(w, t->self);
	json_put_key(w, "total"), json_put_i64(w, t->total);
	json_put_key(w, "asked"), json_put_i64(w, t->asked);
	if (t->body.end) {
		json_address(w, "start", t->body.start);
		json_address(w, "end", t->body.end);
	}
}

static void write_matches(struct json_writer *w, const struct annotate_query *q)
{
	json_put_key(w, "matches"), json_put_array(w);
	for (size_t i = 0; i < q->n_targets; i++) {
		json_put_object(w);
		write_target(w, q->p, &q->targets[i]);
		json_put_end(w);
	}
	json_put_end(w);
}

static const char *flow_name(enum insn_flow flow)
{
	static const char *const names[] = {
		[INSN_PLAIN] = "plain",
		[INSN_JUMP] = "jump",
		[INSN_BRANCH] = "branch",
		[INSN_CALL] = "call",
		[INSN_RETURN] = "return",
		[INSN_DATA] = "data",
	};
	return names[flow];
}

/* Outermost last, as in a stack: where each inlined function was called. */
static void write_inlined(struct json_writer *w, const struct annotated_insn *note)
{
	json_put_key(w, "inlined"), json_put_array(w);
	for (uint32_t i = 0; i + 1 < note->n_frames; i++) {
		json_put_object(w);
		json_put_key(w, "function"),
			json_put_string(w, annotate_frame_name(&note->frames[i]));
		json_optional(w, "call_file", note->frames[i + 1].file);
		json_put_key(w, "call_line"), json_put_u64(w, note->frames[i + 1].line);
		json_put_end(w);
	}
	json_put_end(w);
}

static void write_place(struct json_writer *w, const struct annotated_insn *note)
{
	if (note->n_frames && note->frames[0].file && note->frames[0].line) {
		json_put_key(w, "file"), json_put_string(w, note->frames[0].file);
		json_put_key(w, "line"), json_put_u64(w, note->frames[0].line);
	}
	if (note->n_frames > 1)
		write_inlined(w, note);
}

static void write_insn(struct json_writer *w, const struct annotation *a, size_t i)
{
	const struct insn *insn = &a->insns[i];
	const struct annotated_insn *note = &a->notes[i];
	AUTO_BUF struct buf operands = BUF_INIT;
	json_put_object(w);
	json_address(w, "address", insn->vaddr);
	json_put_key(w, "self"), json_put_i64(w, note->self);
	json_put_key(w, "total"), json_put_i64(w, note->total);
	if (!a->no_code) {
		annotate_operands(&operands, insn);
		json_put_key(w, "size"), json_put_u64(w, insn->size_bytes);
		json_put_key(w, "mnemonic"), json_put_string(w, insn->mnemonic);
		json_text(w, "operands", &operands);
		json_put_key(w, "flow"), json_put_string(w, flow_name(insn->flow));
	}
	if (insn->has_target)
		json_address(w, "target", insn->target);
	if (note->target_name)
		json_put_key(w, "target_name"), json_put_string(w, note->target_name);
	if (a->asked)
		json_put_key(w, "is_asked"), json_put_bool(w, note->is_asked);
	write_place(w, note);
	json_put_end(w);
}

static void write_lines(
	struct json_writer *w, const struct annotation *a, struct source_files *sources)
{
	json_put_key(w, "lines"), json_put_array(w);
	for (size_t i = 0; i < a->n_lines; i++) {
		const struct annotated_line *line = &a->lines[i];
		size_t len = 0;
		const char *text = source_files_line(sources, line->file, line->line, &len);
		json_put_object(w);
		json_put_key(w, "file"), json_put_string(w, line->file);
		json_put_key(w, "line"), json_put_u64(w, line->line);
		json_optional(w, "inlined", line->function);
		json_put_key(w, "self"), json_put_i64(w, line->self);
		if (text)
			json_put_key(w, "text"), json_put_string_n(w, text, len);
		json_put_end(w);
	}
	json_put_end(w);
}

static void write_problem(void *ctx, const char *text)
{
	json_put_string(ctx, text);
}

static void write_item(
	struct json_writer *w, const struct annotation *a, struct source_files *sources)
{
	static const struct annotate_rows no_rows;
	const struct profile_module *m =
		a->target->module < a->p->n_modules ? &a->p->modules[a->target->module] : NULL;
	json_put_object(w);
	write_target(w, a->p, a->target);
	json_put_key(w, "path"), json_put_string(w, m ? profile_string(a->p, m->path) : "");
	json_put_key(w, "build_id"), json_put_string(w, m ? profile_string(a->p, m->build_id) : "");
	json_optional(w, "arch", a->arch ? a->arch->name : NULL);
	json_optional(w, "no_code", a->no_code);
	json_put_key(w, "outside"), json_put_i64(w, a->n_outside);
	write_lines(w, a, sources);
	json_put_key(w, "instructions"), json_put_array(w);
	for (size_t i = 0; i < a->n_insns; i++)
		write_insn(w, a, i);
	json_put_end(w);
	json_put_key(w, "notes"), json_put_array(w);
	annotate_each_problem(a, sources, &no_rows, write_problem, w);
	json_put_end(w);
	json_put_end(w);
}

static bool json_write(struct annotate_report *r, FILE *out, struct err *err)
{
	const struct profile *p = r->p;
	struct json_writer w;
	json_writer_open(&w, out);
	w.is_pretty = false;
	json_put_object(&w);
	json_put_key(&w, "schema"), json_put_string(&w, "ddrec-annotate");
	json_put_key(&w, "version"), json_put_u64(&w, SCHEMA_VERSION);
	json_put_key(&w, "query"), json_put_string(&w, r->words);
	json_put_key(&w, "event"), json_put_string(&w, profile_string(p, p->meta.event));
	json_put_key(&w, "value");
	json_put_string(&w, profile_value_name(p, r->q->value));
	json_put_key(&w, "all"), json_put_i64(&w, r->q->whole);
	write_matches(&w, r->q);
	json_put_key(&w, "functions"), json_put_array(&w);
	for (size_t i = 0; i < r->n_items; i++)
		write_item(&w, &r->items[i], &r->sources[i]);
	json_put_end(&w);
	json_put_end(&w);
	return json_writer_close(&w, err);
}

const struct annotate_output annotate_output_json = {
	.name = "json",
	.write = json_write,
};
