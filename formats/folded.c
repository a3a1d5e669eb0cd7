/*
 * Folded stacks, also called collapsed: one line per distinct stack, "root;...;leaf count", as
 * stackcollapse-perf.pl made them known and flamegraph.pl, inferno, speedscope, the Firefox
 * Profiler, Perfetto and Pyroscope read them.
 *
 * The readers split at every ';' and at newlines and know no escape, so a name's ';' becomes ':'.
 * Counts are whole numbers (speedscope drops others). The first frame is the process, so each line
 * has two frames or more: Perfetto recognises the format by a ';' in the first lines. Lines are
 * unique and sorted by bytes, so that two profiles can be compared with diff(1).
 *
 * The text of a big profile is hundreds of megabytes, so it is never held: the call tree is walked
 * depth first, in the order of the lines. What begins with a prefix is, for each name behind it,
 * the line that ends there ("name count\n") and the lines that go on ("name;..."). No name holds
 * ';' or a newline, so none of these *parts* is the beginning of another, and sorting them sorts
 * all lines.
 */
#include "common/array.h"
#include "formats/format.h"
#include "formats/output.h"
#include "formats/string_table.h"
#include "formats/utf8.h"

#include <string.h>

enum { FLUSH_BYTES = 1 << 18 };

/* A node of the tree and what it is called. Nodes that differ in what a line does not show, such as
 * their module, have one label. */
struct member {
	uint32_t label;
	uint32_t node;
};

struct part {
	uint32_t label;
	uint32_t first_member, n_members; /* of a part that goes on: whose children come next */
	int64_t count;                    /* of a line; 0: the part goes on */
};

enum { TAIL_BYTES = 24 };

/* What stands behind one prefix, sorted; in the arrays of struct folder. */
struct level {
	size_t next_part, end_part;
	size_t n_parts, n_members; /* of the levels above */
	size_t prefix_len;
	struct call_tree_mark mark;
};

struct folder {
	const struct profile *p;
	struct call_tree *tree;
	bool annotate;
	struct string_table labels;
	uint32_t *label_of; /* by name and annotation; 0: not made yet */
	struct buf prefix, text;
	struct member *members;
	struct part *parts;
	struct level *levels;
	size_t n_members, n_parts, n_levels;
	size_t cap_members, cap_parts, cap_levels;
};

static void auto_folder_ptr(struct folder *f)
{
	string_table_fini(&f->labels);
	free(f->label_of);
	buf_fini(&f->prefix);
	buf_fini(&f->text);
	free(f->members);
	free(f->parts);
	free(f->levels);
}

static const char *const annotations[] = { "", "_[i]", "_[k]", "_[j]" };

static size_t annotation(const struct folder *f, const struct call_node *node)
{
	if (!f->annotate)
		return 0;
	if (node->is_inlined)
		return 1;
	return node->kind == PROFILE_KERNEL ? 2 : node->kind == PROFILE_JIT ? 3 : 0;
}

static uint32_t make_label(struct folder *f, const char *name, const char *mark)
{
	AUTO_BUF struct buf label = BUF_INIT;
	utf8_append_clean(&label, *name ? name : "[unnamed]");
	for (size_t i = 0; i < label.len; i++)
		if (label.data[i] == ';')
			label.data[i] = ':';
	buf_str(&label, mark);
	return label.failed ? INTERN_NONE
			    : string_table_add(&f->labels, (const char *)label.data, label.len);
}

/* INTERN_NONE: no memory */
static uint32_t label_of(struct folder *f, const struct call_node *node)
{
	size_t mark = annotation(f, node);
	uint32_t *label = &f->label_of[node->name * ARRAY_LEN(annotations) + mark];
	if (!*label)
		*label = make_label(f, profile_string(f->p, node->name), annotations[mark]);
	return *label;
}

static bool folder_init(struct folder *f)
{
	size_t n_names = profile_n_strings(f->p) * ARRAY_LEN(annotations);
	f->label_of = calloc(n_names, sizeof *f->label_of);
	return f->label_of && string_table_add(&f->labels, "", 0) == 0;
}

static bool add_part(struct folder *f, const struct part *part, int64_t count)
{
	if (!ARRAY_ROOM(f->parts, f->cap_parts, f->n_parts))
		return false;
	f->parts[f->n_parts] = *part;
	f->parts[f->n_parts++].count = count;
	return true;
}

/* The parts of the members from first on, which have one label. */
static bool add_parts(struct folder *f, size_t first, size_t n)
{
	struct part part = { .label = f->members[first].label,
		.first_member = (uint32_t)first,
		.n_members = (uint32_t)n };
	int64_t self = 0;
	bool goes_on = false;
	for (size_t i = first; i < first + n; i++) {
		const struct call_node *node = &f->tree->nodes[f->members[i].node];
		self += MAX(node->self, 0);
		goes_on |= node->has_children;
	}
	return (!self || add_part(f, &part, self)) && (!goes_on || add_part(f, &part, 0));
}

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	if (a->label != b->label)
		return a->label < b->label ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static const struct string_table_entry *part_label(const struct folder *f, const struct part *part)
{
	return &f->labels.entries[part->label];
}

/* What stands behind the label: ";" or " count\n". Written from the end, returns where it starts.
 */
static const char *make_tail(const struct part *part, char tail[TAIL_BYTES], size_t *ret_len)
{
	char *at = tail + TAIL_BYTES;
	*--at = part->count ? '\n' : ';';
	for (int64_t count = part->count; count; count /= 10)
		*--at = (char)('0' + count % 10);
	if (part->count)
		*--at = ' ';
	*ret_len = (size_t)(tail + TAIL_BYTES - at);
	return at;
}

/* As if the tails stood behind the labels, of which one is the beginning of the other. */
static int compare_tails(const struct folder *f, const struct part *a, const struct part *b)
{
	const struct string_table_entry *la = part_label(f, a), *lb = part_label(f, b);
	char tail_a[TAIL_BYTES], tail_b[TAIL_BYTES];
	size_t tail_len_a, tail_len_b;
	const char *ta = make_tail(a, tail_a, &tail_len_a), *tb = make_tail(b, tail_b, &tail_len_b);
	size_t end = MIN(la->len + tail_len_a, lb->len + tail_len_b);
	for (size_t i = MIN(la->len, lb->len); i < end; i++) {
		uint8_t byte_a = (uint8_t)(i < la->len ? la->str[i] : ta[i - la->len]);
		uint8_t byte_b = (uint8_t)(i < lb->len ? lb->str[i] : tb[i - lb->len]);
		if (byte_a != byte_b)
			return byte_a < byte_b ? -1 : 1;
	}
	return 0;
}

static int compare_parts(const void *left, const void *right, void *folder)
{
	const struct part *a = left, *b = right;
	const struct string_table_entry *la = part_label(folder, a), *lb = part_label(folder, b);
	int order = memcmp(la->str, lb->str, MIN(la->len, lb->len));
	return order ? order : compare_tails(folder, a, b);
}

/* Sorts the nodes from first on into parts. */
static bool make_parts(struct folder *f, size_t first_node)
{
	size_t first = f->n_members, first_part = f->n_parts;
	for (size_t i = first_node; i < f->tree->n_nodes; i++) {
		uint32_t label = label_of(f, &f->tree->nodes[i]);
		if (label == INTERN_NONE || !ARRAY_ROOM(f->members, f->cap_members, f->n_members))
			return false;
		f->members[f->n_members++] = (struct member){ label, (uint32_t)i };
	}
	size_t n = f->n_members - first;
	if (n > 1)
		qsort(f->members + first, n, sizeof *f->members, compare_members);
	for (size_t end; first < f->n_members; first = end) {
		for (end = first + 1; end < f->n_members; end++)
			if (f->members[end].label != f->members[first].label)
				break;
		if (!add_parts(f, first, end - first))
			return false;
	}
	n = f->n_parts - first_part;
	if (n > 1)
		qsort_r(f->parts + first_part, n, sizeof *f->parts, compare_parts, f);
	return true;
}

/* The level below the part's members; without a part, the first. */
static bool push_level(struct folder *f, const struct part *part, struct err *err)
{
	struct level level = { .next_part = f->n_parts,
		.n_parts = f->n_parts,
		.n_members = f->n_members,
		.prefix_len = f->prefix.len,
		.mark = call_tree_mark(f->tree) };
	size_t first = part ? part->first_member : 0, n = part ? part->n_members : 0;
	if (part) {
		buf_bytes(&f->prefix, part_label(f, part)->str, part_label(f, part)->len);
		buf_u8(&f->prefix, ';');
	} else if (!call_tree_expand(f->tree, 0, CALL_TREE_ANY_ORDER, err)) {
		return false;
	}
	for (size_t i = first; i < first + n; i++)
		if (!call_tree_expand(f->tree, f->members[i].node, CALL_TREE_ANY_ORDER, err))
			return false;
	if (!make_parts(f, level.mark.n_nodes) ||
		!ARRAY_ROOM(f->levels, f->cap_levels, f->n_levels))
		return err_set(err, "folded stacks: out of memory");
	level.end_part = f->n_parts;
	f->levels[f->n_levels++] = level;
	return true;
}

static void pop_level(struct folder *f)
{
	const struct level *level = &f->levels[--f->n_levels];
	call_tree_release(f->tree, level->mark);
	f->n_parts = level->n_parts;
	f->n_members = level->n_members;
	f->prefix.len = level->prefix_len;
}

static bool add_line(struct folder *f, const struct part *part, FILE *out, struct err *err)
{
	buf_bytes(&f->text, f->prefix.data, f->prefix.len);
	buf_bytes(&f->text, part_label(f, part)->str, part_label(f, part)->len);
	char tail[TAIL_BYTES];
	size_t tail_len;
	const char *tail_at = make_tail(part, tail, &tail_len);
	buf_bytes(&f->text, tail_at, tail_len);
	f->text.failed |= f->prefix.failed;
	return (f->text.len < FLUSH_BYTES && !f->text.failed) || output_pass(&f->text, out, err);
}

static bool add_lines(struct folder *f, FILE *out, struct err *err)
{
	if (!push_level(f, NULL, err))
		return false;
	while (f->n_levels) {
		struct level *level = &f->levels[f->n_levels - 1];
		if (level->next_part == level->end_part) {
			pop_level(f);
			continue;
		}
		struct part part = f->parts[level->next_part++];
		if (!(part.count ? add_line(f, &part, out, err) : push_level(f, &part, err)))
			return false;
	}
	return true;
}

static bool folded_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	if (!call_tree_open(p, &options->tree, &tree, err))
		return false;
	AUTO(auto_folder) struct folder f = { .p = p, .tree = tree, .annotate = options->annotate };
	if (!folder_init(&f))
		return err_set(err, "folded stacks: out of memory");
	return add_lines(&f, out, err) && output_write(&f.text, out, err);
}

const struct format format_folded = {
	.name = "folded",
	.summary = "one line per stack, \"root;...;leaf count\", for flame graph tools",
	.write = folded_write,
};
