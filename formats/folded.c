/*
 * Folded stacks, also called collapsed: one line per distinct stack, "root;...;leaf count", as
 * stackcollapse-perf.pl made them known and flamegraph.pl, inferno, speedscope, the Firefox
 * Profiler, Perfetto and Pyroscope read them.
 *
 * The readers split at every ';' and at newlines and know no escape, so a name's ';' becomes ':'.
 * Counts are whole numbers (speedscope drops others). The first frame is the process, so each line
 * has two frames or more: Perfetto recognises the format by a ';' in the first lines. Lines are
 * unique and sorted by bytes, so that two profiles can be compared with diff(1).
 */
#include "formats/format.h"
#include "formats/output.h"
#include "formats/utf8.h"

#include <string.h>

/* A line in the text buffer: where its stack starts and ends, and its value. */
struct line {
	size_t from, to;
	int64_t value;
};

struct folder {
	const struct profile *p;
	const struct call_tree *tree;
	bool annotate;
	struct buf text;
	uint32_t *path;
	struct line *lines;
	size_t n_lines;
};

static void auto_folder_ptr(struct folder *f)
{
	buf_fini(&f->text);
	free(f->path);
	free(f->lines);
}

static void append_name(struct buf *out, const char *name)
{
	if (!*name)
		name = "[unnamed]";
	size_t from = out->len;
	utf8_append_clean(out, name);
	for (size_t i = from; i < out->len; i++)
		if (out->data[i] == ';')
			out->data[i] = ':';
}

static const char *annotation(const struct call_node *node)
{
	if (node->is_inlined)
		return "_[i]";
	if (node->kind == PROFILE_KERNEL)
		return "_[k]";
	return node->kind == PROFILE_JIT ? "_[j]" : "";
}

static void append_stack(struct folder *f, uint32_t leaf)
{
	size_t n = 0;
	for (uint32_t id = leaf; id; id = f->tree->nodes[id].parent)
		f->path[n++] = id;
	while (n-- > 0) {
		const struct call_node *node = &f->tree->nodes[f->path[n]];
		append_name(&f->text, profile_string(f->p, node->name));
		if (f->annotate)
			buf_str(&f->text, annotation(node));
		if (n)
			buf_u8(&f->text, ';');
	}
}

static void add_lines(struct folder *f)
{
	for (uint32_t id = 1; id < f->tree->n_nodes; id++) {
		int64_t self = f->tree->nodes[id].self;
		if (self <= 0)
			continue;
		size_t from = f->text.len;
		append_stack(f, id);
		f->lines[f->n_lines++] = (struct line){ from, f->text.len, self };
	}
}

static int compare_lines(const void *left, const void *right, void *text)
{
	const struct line *a = left, *b = right;
	size_t len_a = a->to - a->from, len_b = b->to - b->from;
	const uint8_t *data = text;
	int order = memcmp(data + a->from, data + b->from, MIN(len_a, len_b));
	return order ? order : (len_a > len_b) - (len_a < len_b);
}

static void sort_lines(struct folder *f)
{
	if (f->n_lines && !f->text.failed)
		qsort_r(f->lines, f->n_lines, sizeof *f->lines, compare_lines, f->text.data);
}

/* Sums the lines whose text is the same: nodes that differ in their module only. */
static void merge_lines(struct folder *f)
{
	size_t kept = 0;
	for (size_t i = 0; i < f->n_lines; i++) {
		if (kept && !compare_lines(&f->lines[kept - 1], &f->lines[i], f->text.data))
			f->lines[kept - 1].value += f->lines[i].value;
		else
			f->lines[kept++] = f->lines[i];
	}
	f->n_lines = kept;
}

/* Writes the counts behind the stacks; sorted again, since "a 5" comes before "a b 3". */
static void finish_lines(struct folder *f)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < f->n_lines && !f->text.failed; i++) {
		struct line *line = &f->lines[i];
		size_t from = text.len;
		buf_bytes(&text, f->text.data + line->from, line->to - line->from);
		buf_fmt(&text, " %lld\n", (long long)line->value);
		line->from = from;
		line->to = text.len;
	}
	text.failed |= f->text.failed;
	buf_fini(&f->text);
	f->text = text;
	sort_lines(f);
}

static bool write_lines(const struct folder *f, FILE *out, struct err *err)
{
	const struct buf nothing = { .failed = f->text.failed };
	for (size_t i = 0; i < f->n_lines && !f->text.failed; i++) {
		const struct line *line = &f->lines[i];
		size_t len = line->to - line->from;
		if (fwrite(f->text.data + line->from, 1, len, out) != len)
			return err_errno(err, "cannot write the output");
	}
	return output_write(&nothing, out, err);
}

static bool folded_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	if (!call_tree_build(p, &options->tree, &tree, err))
		return false;
	AUTO(auto_folder) struct folder f = { .p = p, .tree = tree, .annotate = options->annotate };
	f.path = calloc(tree->max_depth + 1, sizeof *f.path);
	f.lines = calloc(tree->n_nodes, sizeof *f.lines);
	if (!f.path || !f.lines)
		return err_set(err, "folded stacks: out of memory");
	add_lines(&f);
	sort_lines(&f);
	merge_lines(&f);
	finish_lines(&f);
	return write_lines(&f, out, err);
}

const struct format format_folded = {
	.name = "folded",
	.summary = "one line per stack, \"root;...;leaf count\", for flame graph tools",
	.write = folded_write,
};
