/*
 * Flame graphs: one SVG file that needs nothing else.
 *
 * The drawing is complete as it stands, 1200 pixels wide, for image viewers and web pages that run
 * no scripts. In a browser flamegraph.js makes it fill the window, zooms and searches; the looks
 * are in flamegraph.css. Both are copied into the file. Ids and search() are those of
 * flamegraph.pl, so that what drives those graphs drives these.
 *
 * Names come from anywhere. All data stands in text or attributes that went through xml_escape();
 * none stands in the script or in the style sheet.
 *
 * 50,000 boxes must load: positions are percentages (no second copy for the script), rows are
 * groups (no y per box), and a box has a text only where one fits. Measured: 170 bytes a box with
 * C++-like names, half of them the names.
 */
#include "formats/flamegraph_layout.h"
#include "formats/format.h"
#include "formats/health.h"
#include "formats/intern.h"
#include "formats/number.h"
#include "formats/output.h"
#include "formats/utf8.h"
#include "formats/xml_escape.h"

/* Made from flamegraph.css and flamegraph.js by the Makefile. */
#include "flamegraph.css.h"
#include "flamegraph.js.h"

#include <string.h>

enum {
	DEFAULT_WIDTH = 1200,
	MARGIN = 10,
	HEADER = 90,
	FOOTER = 26,
	EMPTY = 120, /* where a picture without samples says why */
	ROW = 17,    /* a box is a pixel less */
	N_SHADES = 4,
};

static const double CHARACTER = 7.23; /* width of a monospace character of 12 pixels */
static const double NARROWEST = 0.1;  /* pixels; what is narrower cannot be seen */

static const char damage_subtitle[] = "incomplete: the recording is damaged";

/* In the order of the legend. The class chooses the colour. */
static const struct look {
	char class;
	const char *label;
} looks[] = {
	{ 'u', "program" },
	{ 'i', "inlined" },
	{ 'l', "library" },
	{ 'j', PROFILE_JIT_LABEL },
	{ 'k', "kernel" },
	{ 'o', "other" },
};

static const struct look *const look_of_kind[PROFILE_N_KINDS] = {
	[PROFILE_USER] = &looks[0],
	[PROFILE_LIBRARY] = &looks[2],
	[PROFILE_KERNEL] = &looks[4],
	[PROFILE_JIT] = &looks[3],
	[PROFILE_OTHER] = &looks[5],
};

struct flamegraph {
	struct buf buf;
	const struct profile *p;
	const struct format_options *options;
	const struct call_tree *tree;
	size_t n_nodes; /* of the tree, if it were whole */
	struct flamegraph_layout layout;
	uint32_t width; /* pixels */
	uint32_t height;
	size_t subtitle_columns; /* set as it is written */
	bool has_look[ARRAY_LEN(looks)];
};

static void auto_flamegraph_ptr(struct flamegraph *g)
{
	buf_fini(&g->buf);
	flamegraph_layout_fini(&g->layout);
}

static const struct look *look_of(const struct call_node *node)
{
	return node->is_inlined ? &looks[1] : look_of_kind[node->kind];
}

/* A percentage with five decimals at most, shortest form. */
static void add_share(struct buf *out, double percent)
{
	number_decimal(out, percent, 5);
	while (!out->failed && out->len && out->data[out->len - 1] == '0')
		out->len--;
	if (!out->failed && out->len && out->data[out->len - 1] == '.')
		out->len--;
	buf_str(out, "%");
}

static const char *node_name(const struct flamegraph *g, const struct call_node *node)
{
	const char *name = profile_string(g->p, node->name);
	return *name ? name : "[unnamed]";
}

/* Three lines: name; module; numbers. The script takes them apart. */
static void add_box_title(struct flamegraph *g, const struct call_node *node, double percent)
{
	struct buf *out = &g->buf;
	buf_str(out, "<title>");
	xml_escape(out, node_name(g, node));
	buf_str(out, "\n");
	if (node->module < g->p->n_modules && node->function != PROFILE_NONE) {
		xml_escape(out, profile_module_label(g->p, node->module));
		if (node->is_inlined)
			buf_str(out, ", inlined");
	} else {
		buf_str(out, look_of(node)->label);
	}
	buf_str(out, "\n");
	AUTO_BUF struct buf value = BUF_INIT;
	number_value(&value, g->p, g->options->tree.value, node->total);
	xml_escape_n(out, (const char *)value.data, value.len);
	if (g->tree->nodes[0].total) {
		buf_str(out, ", ");
		number_decimal(out, percent, 2);
		buf_str(out, " %");
	}
	if (node->self && node->has_children && !g->options->tree.reverse)
		buf_fmt(out, " (self %.2f %%)", number_share(node->self, g->tree->nodes[0].total));
	buf_str(out, "</title>");
}

/* The beginning of the name, as far as it goes into the box; nothing when that is too little. */
static void add_box_text(
	struct flamegraph *g, const struct call_node *node, const struct flamegraph_box *box)
{
	double pixels = box->width / 100 * (g->width - 2 * MARGIN) - 6;
	size_t room = pixels > 0 ? (size_t)(pixels / CHARACTER) : 0;
	if (room < 3)
		return;
	const char *name = node_name(g, node);
	size_t len = strlen(name);
	bool fits = utf8_length(name, len) <= room;
	buf_str(&g->buf, "<text x=\"");
	add_share(&g->buf, box->x);
	buf_str(&g->buf, "\" dx=\"4\" y=\"12\">");
	xml_escape_n(&g->buf, name, fits ? len : utf8_prefix(name, len, room - 2));
	buf_str(&g->buf, fits ? "</text>" : "..</text>");
}

static void add_box(struct flamegraph *g, const struct flamegraph_box *box)
{
	const struct call_node *node = &g->tree->nodes[box->node];
	const char *name = profile_string(g->p, node->name);
	uint32_t shade = intern_hash_bytes(0, name, strlen(name)) % N_SHADES;
	const struct look *look = look_of(node);
	g->has_look[look - looks] = true;
	buf_fmt(&g->buf, "<g class=\"%c%u\">", look->class, shade);
	add_box_title(g, node, box->width);
	buf_str(&g->buf, "<rect x=\"");
	add_share(&g->buf, box->x);
	buf_str(&g->buf, "\" width=\"");
	add_share(&g->buf, box->width);
	buf_fmt(&g->buf, "\" height=\"%d\" rx=\"2\"/>", ROW - 1);
	add_box_text(g, node, box);
	buf_str(&g->buf, "</g>\n");
}

static void add_rows(struct flamegraph *g)
{
	const struct flamegraph_layout *layout = &g->layout;
	buf_fmt(&g->buf, "<svg id=\"frames\" x=\"%d\" y=\"%d\" width=\"%u\" height=\"%zu\">\n",
		MARGIN, HEADER, g->width - 2 * MARGIN, layout->n_rows * ROW);
	for (size_t r = 0; r < layout->n_rows; r++) {
		size_t at = g->options->inverted ? r : layout->n_rows - 1 - r;
		buf_fmt(&g->buf, "<g class=\"row\" transform=\"translate(0,%zu)\">\n", at * ROW);
		for (size_t i = layout->rows[r]; i < layout->rows[r + 1]; i++)
			add_box(g, &layout->boxes[i]);
		buf_str(&g->buf, "</g>\n");
	}
	buf_str(&g->buf, "</svg>\n");
}

static void add_title(struct flamegraph *g)
{
	const char *command = profile_string(g->p, g->p->meta.command);
	if (g->options->title)
		xml_escape(&g->buf, g->options->title);
	else if (*command)
		xml_escape(&g->buf, command);
	else
		buf_str(&g->buf, "Flame graph");
}

static void add_subtitle(struct flamegraph *g)
{
	AUTO_BUF struct buf text = BUF_INIT;
	if (g->options->tree.value && g->p->n_samples) {
		number_value(&text, g->p, g->options->tree.value, g->tree->nodes[0].total);
		buf_str(&text, " in ");
	}
	health_phrase(&text, g->p);
	if (g->p->meta.duration_ns) {
		buf_str(&text, ", ");
		number_duration(&text, g->p->meta.duration_ns);
	}
	const char *host = profile_string(g->p, g->p->meta.host);
	if (*host) {
		buf_str(&text, " on ");
		buf_str(&text, host);
	}
	if (g->options->tree.reverse)
		buf_str(&text, "; reversed: from each function to its callers, widest first");
	xml_escape_n(&g->buf, (const char *)text.data, text.len);
	g->subtitle_columns = utf8_length((const char *)text.data, text.len);
}

/* What the widths are shares of. */
static void add_unit(struct flamegraph *g)
{
	size_t value = g->options->tree.value;
	if (profile_counts_events(g->p, value))
		xml_escape(&g->buf, profile_value_name(g->p, value));
	else
		buf_str(&g->buf, "samples");
}

static void add_head(struct flamegraph *g)
{
	struct buf *out = &g->buf;
	buf_fmt(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%u\" "
		"height=\"%u\" viewBox=\"0 0 %u %u\" role=\"graphics-document document\" "
		"aria-labelledby=\"name about\"%s%s>\n",
		g->width, g->height, g->width, g->height,
		g->options->width ? " data-fixed=\"\"" : "",
		g->options->inverted ? " data-inverted=\"\"" : "");
	buf_str(out, "<title id=\"name\">");
	add_title(g);
	buf_str(out,
		"</title>\n<desc id=\"about\">Flame graph. A box is a function, its width the "
		"share of the ");
	add_unit(g);
	buf_str(out, " that are in it on this path. ");
	if (g->p->health.is_damaged)
		buf_str(out, "Incomplete: the recording is damaged. ");
	add_subtitle(g);
	buf_str(out, ".</desc>\n<style>\n");
	buf_str(out, flamegraph_css);
	buf_str(out, "</style>\n<rect class=\"background\" width=\"100%\" height=\"100%\"/>\n");
}

static int legend_width(const struct look *look)
{
	return (int)(strlen(look->label) * 15 / 2) + 30;
}

/* Whether the legend must go below the subtitle; the script measures, and has another way. */
static bool is_subtitle_long(const struct flamegraph *g)
{
	size_t columns = g->subtitle_columns, pixels = 40;
	columns += g->p->health.is_damaged ? strlen(damage_subtitle) : 0;
	for (size_t i = 0; i < ARRAY_LEN(looks); i++)
		pixels += g->has_look[i] ? (size_t)legend_width(&looks[i]) : 0;
	return pixels + columns * 13 / 2 > g->width;
}

/* From right to left, so that it ends at the right margin whatever it holds. */
static void add_legend(struct flamegraph *g)
{
	int x = 0;
	buf_fmt(&g->buf, "<svg x=\"100%%\" overflow=\"visible\"><g id=\"legend\"%s>\n",
		is_subtitle_long(g) ? " transform=\"translate(0,21)\"" : "");
	for (size_t i = ARRAY_LEN(looks); i-- > 0;) {
		if (!g->has_look[i])
			continue;
		x -= legend_width(&looks[i]);
		buf_fmt(&g->buf,
			"<rect class=\"%c1\" x=\"%d\" y=\"45\" width=\"11\" height=\"11\" "
			"rx=\"2\"/><text x=\"%d\" y=\"55\">%s</text>\n",
			looks[i].class, x, x + 16, looks[i].label);
	}
	buf_str(&g->buf, "</g></svg>\n");
}

/* Shown by the script: without it they would do nothing. */
static const char tools[] =
	"<svg id=\"tools\" x=\"100%\" overflow=\"visible\" visibility=\"hidden\">\n"
	"<g id=\"unzoom\" class=\"button hide\" role=\"button\" tabindex=\"0\">"
	"<title>Show all again (Escape)</title>"
	"<rect x=\"-240\" y=\"11\" width=\"88\" height=\"24\" rx=\"5\"/>"
	"<text x=\"-196\" y=\"27\">Reset zoom</text></g>\n"
	"<g id=\"search\" class=\"button\" role=\"button\" tabindex=\"0\">"
	"<title>Search by regular expression (Ctrl-F, F3 or /)</title>"
	"<rect x=\"-104\" y=\"11\" width=\"94\" height=\"24\" rx=\"5\"/>"
	"<text x=\"-57\" y=\"27\">Search</text></g>\n"
	"<g id=\"ignorecase\" class=\"button\" role=\"button\" tabindex=\"0\">"
	"<title>Ignore case (Ctrl-I)</title>"
	"<rect x=\"-144\" y=\"11\" width=\"32\" height=\"24\" rx=\"5\"/>"
	"<text x=\"-128\" y=\"27\">aA</text></g>\n</svg>\n";

static void add_header(struct flamegraph *g)
{
	struct buf *out = &g->buf;
	buf_fmt(out,
		"<g id=\"header\">\n<rect class=\"background\" width=\"100%%\" height=\"%d\"/>\n"
		"<rect class=\"rule\" y=\"%d\" width=\"100%%\" height=\"1\"/>\n"
		"<text id=\"title\" x=\"%d\" y=\"29\">",
		HEADER - 5, HEADER - 6, MARGIN);
	add_title(g);
	buf_fmt(out, "</text>\n<text id=\"subtitle\" x=\"%d\" y=\"55\">", MARGIN);
	if (g->p->health.is_damaged)
		buf_fmt(out, "<tspan class=\"warning\">%s</tspan>; ", damage_subtitle);
	add_subtitle(g);
	buf_str(out, "</text>\n");
	add_legend(g);
	buf_fmt(out,
		"<text id=\"details\" x=\"%d\" y=\"76\" role=\"status\"> </text>\n"
		"<svg x=\"100%%\" overflow=\"visible\"><text id=\"matched\" x=\"-%d\" y=\"76\" "
		"role=\"status\"> </text></svg>\n",
		MARGIN, MARGIN);
	buf_str(out, tools);
	buf_str(out, "</g>\n");
}

static void add_notes(struct flamegraph *g, double min_percent)
{
	struct buf *out = &g->buf;
	size_t left_out = g->n_nodes - g->layout.n_boxes;
	if (!left_out)
		return;
	buf_fmt(out, "<text id=\"notes\" x=\"%d\" y=\"%u\">", MARGIN, g->height - 9);
	AUTO_BUF struct buf text = BUF_INIT;
	number_count(&text, (int64_t)left_out);
	buf_fmt(&text,
		left_out == 1 ? " box narrower than %.2g %% is not drawn"
			      : " boxes narrower than %.2g %% are not drawn",
		min_percent);
	xml_escape_n(out, (const char *)text.data, text.len);
	buf_str(out, "</text>\n");
}

/* Below the root's box, which is all there is. */
static void add_emptiness(struct flamegraph *g)
{
	AUTO_BUF struct buf why = BUF_INIT;
	health_why_empty(&why, g->p);
	buf_fmt(&g->buf, "<g id=\"empty\"><text class=\"what\" x=\"50%%\" y=\"%d\">%s</text>\n",
		HEADER + ROW + EMPTY / 2,
		g->p->health.n_samples ? "No samples pass the filters" : "No samples");
	buf_fmt(&g->buf, "<text x=\"50%%\" y=\"%d\">", HEADER + ROW + EMPTY / 2 + 24);
	xml_escape_n(&g->buf, (const char *)why.data, why.len);
	buf_str(&g->buf, "</text></g>\n");
}

static void draw(struct flamegraph *g, double min_percent)
{
	g->height = HEADER + (uint32_t)g->layout.n_rows * ROW + FOOTER;
	g->height += g->p->n_samples ? 0 : EMPTY;
	add_head(g);
	add_rows(g);
	if (g->p->n_samples)
		add_notes(g, min_percent);
	else
		add_emptiness(g);
	add_header(g);
	buf_str(&g->buf, "<script><![CDATA[\n");
	buf_str(&g->buf, flamegraph_js);
	buf_str(&g->buf, "]]></script>\n</svg>\n");
}

/* Siblings by name, so that the same function stands in the same place in two graphs of one
 * program; reversed, where all functions stand in a row, the widest come first. */
static bool build(struct profile *p, const struct format_options *options, double min_percent,
	struct call_tree **ret_tree, size_t *ret_n_nodes, struct err *err)
{
	enum call_tree_order order =
		options->tree.reverse ? CALL_TREE_HEAVIEST_FIRST : CALL_TREE_BY_NAME;
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	size_t n_hidden;
	if (!call_tree_build(p, &options->tree, order, min_percent, &tree, err) ||
		!call_tree_count_hidden(tree, &n_hidden, err))
		return false;
	*ret_n_nodes = tree->n_nodes + n_hidden;
	*ret_tree = TAKE(tree);
	return true;
}

static bool flamegraph_write(
	struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	AUTO(call_tree_free) struct call_tree *tree = NULL;
	AUTO(auto_flamegraph) struct flamegraph g = { .p = p, .options = options };
	g.width = options->width ? MAX(options->width, 400u) : DEFAULT_WIDTH;
	double visible = 100 * NARROWEST / (g.width - 2 * MARGIN);
	double min_percent = MAX(options->min_percent, visible);
	if (!build(p, options, min_percent, &tree, &g.n_nodes, err))
		return false;
	g.tree = tree;
	if (!flamegraph_layout_init(&g.layout, tree, min_percent, err))
		return false;
	draw(&g, min_percent);
	return output_write(&g.buf, out, err);
}

const struct format format_flamegraph = {
	.name = "flamegraph",
	.summary = "interactive flame graph, one SVG file for any browser",
	.default_file = "flamegraph.svg",
	.write = flamegraph_write,
};
