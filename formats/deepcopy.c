/*
 * The Deep Copy text: the call tree of each thread below its process, heaviest first, a line each.
 *
 *	Weight	Self Weight		Symbol Name
 *	60.000000 ms  100.0%	0.000000 ms	 	app (1234)
 *	50.000000 ms  83.3%	0.000000 ms	 	 main 0x4d2
 *	50.000000 ms  83.3%	10.000000 ms	 	  main
 *
 * A level is a blank more; an empty line ends a process. Readers want one blank between number and
 * unit, a percentage with decimals, and ms: speedscope knows no smaller unit. It cuts the decimals
 * off, so that its figures are whole milliseconds; instrumentsToPprof takes all six. Counts stand
 * under the unit "cycles", the only one the text has for them.
 *
 * Readers split at tabs and newlines and count a name's blanks as levels, so names lose those at
 * both ends. instrumentsToPprof reads no line beyond 64 KiB, so names are cut. As a line begins
 *with as many blanks as its call is deep, trees that are far deeper than those of recordings are
 *refused: 100,000 levels would take 5 GB.
 */
#include "formats/deepcopy.h"

#include "common/array.h"
#include "formats/instruments.h"
#include "formats/number.h"
#include "formats/output.h"
#include "formats/utf8.h"

#include <string.h>

enum {
	FLUSH_BYTES = 1 << 18,
	NAME_BYTES_MAX = 48 * 1024,
	THREAD_NAME_BYTES_MAX = 160,
	DEPTH_MAX = 20000, /* twice what is unwound, for inlined calls */
};

/* Siblings that are still to come. */
struct level {
	uint32_t next, end; /* nodes */
	struct call_tree_mark mark;
};

struct deepcopy {
	struct profile view; /* the profile, but processes are called "name (pid)" */
	struct instruments_weight weight;
	struct call_tree_options options;
	struct call_tree *tree;
	struct level *levels;
	size_t n_levels, cap_levels;
	struct buf text, name;
};

static void auto_deepcopy_ptr(struct deepcopy *d)
{
	call_tree_free(d->tree);
	free(d->levels);
	free(d->view.threads);
	buf_fini(&d->text);
	buf_fini(&d->name);
}

/* The call tree's roots are names, and readers want the pid in them. */
static bool make_view(struct deepcopy *d, const struct profile *p)
{
	d->view = *p;
	d->view.threads = calloc(p->n_threads + 1, sizeof(*p->threads));
	for (uint32_t i = 0; d->view.threads && i < p->n_threads; i++) {
		struct profile_thread *thread = &d->view.threads[i];
		AUTO_BUF struct buf name = BUF_INIT;
		*thread = p->threads[i];
		buf_fmt(&name, "%s (%u)", instruments_process_name(p, i), thread->pid);
		buf_u8(&name, 0);
		if (name.failed)
			return false;
		thread->process_name = profile_add_string(&d->view, (const char *)name.data);
		/* The tree cuts longer ones, and then their number is lost. */
		const char *own = profile_string(p, thread->name);
		size_t len = strlen(own);
		if (len > THREAD_NAME_BYTES_MAX)
			thread->name = profile_add_string_n(&d->view, own, THREAD_NAME_BYTES_MAX);
	}
	return d->view.threads && !profile_failed(&d->view);
}

/* What Go's and JavaScript's trim functions take for a blank, beyond ASCII. */
static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
		c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* In d->name: clean, without blanks at its ends. */
static void clean_name(struct deepcopy *d, const char *name)
{
	AUTO_BUF struct buf clean = BUF_INIT;
	size_t used = 0;
	buf_clear(&d->name);
	utf8_append_clean(&clean, name);
	const char *at = clean.len ? (const char *)clean.data : "", *end = at + clean.len;
	for (const char *next = at; next < end; at = next) {
		uint32_t c = utf8_next(&next, end);
		if (is_space(c) && !d->name.len)
			continue;
		buf_bytes(&d->name, at, (size_t)(next - at));
		if (!is_space(c))
			used = d->name.len;
		if (d->name.len > NAME_BYTES_MAX)
			break;
	}
	d->name.len = used;
	d->name.failed |= clean.failed;
	if (!used)
		buf_str(&d->name, "[unnamed]");
}

/* The tree says "name (tid 12)", the text "name 0xc". */
static void thread_name(struct deepcopy *d, const char *name)
{
	const char *mark = NULL;
	unsigned tid = 0;
	for (const char *at = name; (at = strstr(at, " (tid ")); at++)
		mark = at;
	AUTO_FREE char *own = strndup(name, mark ? (size_t)(mark - name) : strlen(name));
	if (mark)
		sscanf(mark, " (tid %u)", &tid);
	d->name.failed |= !own;
	clean_name(d, own ? own : "");
	buf_fmt(&d->name, " 0x%x", tid);
}

static void add_weight(struct deepcopy *d, int64_t value)
{
	if (d->weight.unit != INSTRUMENTS_NS) {
		buf_fmt(&d->text, "%lld cycles", (long long)value);
		return;
	}
	int64_t scale = d->weight.value ? d->weight.scale : (int64_t)d->weight.each_ns, ns;
	if (__builtin_mul_overflow(value, scale, &ns))
		ns = INT64_MAX;
	buf_fmt(&d->text, "%lld.%06u ms", (long long)(ns / 1000000), (unsigned)(ns % 1000000));
}

static void add_line(struct deepcopy *d, const struct call_node *node)
{
	int64_t total = MAX(node->total, 0), self = MAX(node->self, 0);
	const char *name = profile_string(&d->view, node->name);
	if (node->depth == 2)
		thread_name(d, name);
	else
		clean_name(d, name);
	add_weight(d, total);
	buf_str(&d->text, "  ");
	number_decimal(&d->text, number_share(total, MAX(d->tree->nodes[0].total, 1)), 1);
	buf_str(&d->text, "%\t");
	add_weight(d, self);
	buf_fmt(&d->text, "\t \t%*s", (int)node->depth - 1, "");
	buf_bytes(&d->text, d->name.data, d->name.len);
	buf_u8(&d->text, '\n');
	d->text.failed |= d->name.failed;
}

static bool push_level(struct deepcopy *d, uint32_t node, struct err *err)
{
	struct level level = { .mark = call_tree_mark(d->tree) };
	if (d->n_levels == DEPTH_MAX)
		return err_set(err, "the call tree is more than %d levels deep, too many for text",
			DEPTH_MAX);
	if (!call_tree_expand(d->tree, node, CALL_TREE_HEAVIEST_FIRST, err))
		return false;
	level.next = d->tree->nodes[node].first_child;
	level.end = level.next + d->tree->nodes[node].n_children;
	if (!ARRAY_ROOM(d->levels, d->cap_levels, d->n_levels))
		return err_set(err, "out of memory for the call tree's text");
	d->levels[d->n_levels++] = level;
	return true;
}

static bool add_lines(struct deepcopy *d, FILE *out, struct err *err)
{
	buf_str(&d->text, "Weight\tSelf Weight\t\tSymbol Name\n");
	if (!push_level(d, 0, err))
		return false;
	while (d->n_levels) {
		struct level *level = &d->levels[d->n_levels - 1];
		if (level->next == level->end) {
			call_tree_release(d->tree, level->mark);
			d->n_levels--;
			if (d->n_levels == 1)
				buf_str(&d->text, "\n"); /* ends the process */
			continue;
		}
		uint32_t node = level->next++;
		add_line(d, &d->tree->nodes[node]);
		if (d->text.len >= FLUSH_BYTES && !output_pass(&d->text, out, err))
			return false;
		if (d->tree->nodes[node].has_children && !push_level(d, node, err))
			return false;
	}
	return true;
}

bool deepcopy_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(auto_deepcopy) struct deepcopy d = { .weight = instruments_weight_of(p, options) };
	d.options = (struct call_tree_options){ .value = d.weight.value,
		.by = CALL_TREE_BY_THREAD,
		.no_inline = options->tree.no_inline };
	if (!make_view(&d, p))
		return err_set(err, "out of memory for the call tree's text");
	return call_tree_open(&d.view, &d.options, &d.tree, err) && add_lines(&d, out, err) &&
		output_write(&d.text, out, err);
}
