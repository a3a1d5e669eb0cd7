/*
 * An annotated function as source lines alone: for each file that its instructions come from, the
 * lines around those that were sampled, each with its share. The file of the function itself comes
 * first, then the others (what was inlined), the hottest first.
 */
#include "report/annotate_rows.h"

#include "common/array.h"
#include "formats/number.h"

#include <string.h>

enum { CONTEXT = 3 }; /* lines around those that were sampled */

struct line_sum { /* a line of a file, over all functions that it was inlined from */
	const char *file;
	uint32_t line;
	int64_t self;
	size_t hottest;
};

struct file_sum {
	size_t first, n; /* of its lines */
	int64_t self;
	bool is_main;
};

struct lines_builder {
	struct annotate_rows *rows;
	const struct annotation *a;
	struct source_files *sources;
	const struct annotate_look *look;
	struct line_sum *lines;
	size_t n_lines;
	struct file_sum *files;
	size_t n_files;
};

static int compare_lines(const void *left, const void *right)
{
	const struct line_sum *a = left, *b = right;
	int by_file = strcmp(a->file, b->file);
	return by_file ? by_file : (a->line > b->line) - (a->line < b->line);
}

static int compare_files(const void *left, const void *right)
{
	const struct file_sum *a = left, *b = right;
	if (a->is_main != b->is_main)
		return a->is_main ? -1 : 1;
	if (a->self != b->self)
		return a->self < b->self ? 1 : -1;
	return (a->first > b->first) - (a->first < b->first);
}

/* The instructions' lines, each once. */
static void sum_lines(struct lines_builder *b)
{
	const struct annotation *a = b->a;
	size_t n = 0;
	for (size_t i = 0; i < a->n_insns; i++) {
		const struct annotated_insn *note = &a->notes[i];
		if (note->n_frames && note->frames[0].file && note->frames[0].line)
			b->lines[n++] = (struct line_sum){ note->frames[0].file,
				note->frames[0].line, note->self, i };
	}
	if (n)
		qsort(b->lines, n, sizeof(*b->lines), compare_lines);
	for (size_t i = 0; i < n; i++) {
		struct line_sum *last = b->n_lines ? &b->lines[b->n_lines - 1] : NULL;
		if (!last || compare_lines(last, &b->lines[i]) != 0) {
			b->lines[b->n_lines++] = b->lines[i];
			continue;
		}
		if (a->notes[b->lines[i].hottest].self > a->notes[last->hottest].self)
			last->hottest = b->lines[i].hottest;
		last->self += b->lines[i].self;
	}
}

static const char *main_file(const struct annotation *a)
{
	for (size_t i = 0; i < a->n_insns; i++)
		if (a->notes[i].n_frames == 1 && a->notes[i].frames[0].file)
			return a->notes[i].frames[0].file;
	return "";
}

static void sum_files(struct lines_builder *b)
{
	const char *main = main_file(b->a);
	for (size_t i = 0, end; i < b->n_lines; i = end) {
		struct file_sum *file = &b->files[b->n_files++];
		*file = (struct file_sum){ .first = i,
			.is_main = strcmp(b->lines[i].file, main) == 0 };
		for (end = i; end < b->n_lines; end++) {
			if (strcmp(b->lines[end].file, b->lines[i].file) != 0)
				break;
			file->self += b->lines[end].self;
		}
		file->n = end - i;
	}
	if (b->n_files)
		qsort(b->files, b->n_files, sizeof(*b->files), compare_files);
}

static bool is_warm(const struct lines_builder *b, const struct line_sum *line)
{
	return b->look->full ||
		(line->self &&
			number_share(line->self, b->a->target->self) >= b->look->min_percent);
}

/* Lines from `from` to `to`; those with instructions are at *next and after it. */
static bool push_lines(struct lines_builder *b, const struct file_sum *file, uint32_t from,
	uint32_t to, size_t *next, struct err *err)
{
	const struct line_sum *lines = b->lines + file->first;
	size_t len;
	for (uint32_t line = from; line <= to && line; line++) {
		struct annotate_row row = {
			.kind = ROW_LINE, .insn = b->a->n_insns, .file = lines[0].file, .line = line
		};
		while (*next < file->n && lines[*next].line < line)
			(*next)++;
		bool has_code = *next < file->n && lines[*next].line == line;
		if (has_code) {
			row.self = lines[*next].self;
			row.insn = lines[*next].hottest;
		} else if (!source_files_line(b->sources, row.file, line, &len)) {
			continue;
		}
		if (!annotate_rows_push(b->rows, &row, err))
			return false;
	}
	return true;
}

static bool push_file(struct lines_builder *b, const struct file_sum *file, struct err *err)
{
	const struct line_sum *lines = b->lines + file->first;
	struct annotate_row head = {
		.kind = ROW_FILE, .insn = b->a->n_insns, .file = lines[0].file, .self = file->self
	};
	uint32_t done = 0; /* the last line shown */
	size_t next = 0;
	for (size_t i = 0; i < file->n; i++) {
		if (!is_warm(b, &lines[i]))
			continue;
		uint32_t from = lines[i].line - MIN(lines[i].line - 1, (uint32_t)CONTEXT);
		uint32_t to =
			lines[i].line > UINT32_MAX - CONTEXT ? UINT32_MAX : lines[i].line + CONTEXT;
		struct annotate_row gap = { .kind = ROW_FOLD, .insn = b->a->n_insns };
		if (!done && !annotate_rows_push(b->rows, &head, err))
			return false;
		if (done && from > done + 1 && !annotate_rows_push(b->rows, &gap, err))
			return false;
		if (to > done && !push_lines(b, file, MAX(from, done + 1), to, &next, err))
			return false;
		done = MAX(done, to);
	}
	return true;
}

bool annotate_rows_of_lines(struct annotate_rows *rows, const struct annotation *a,
	struct source_files *sources, const struct annotate_look *look, struct err *err)
{
	AUTO_FREE struct line_sum *lines = calloc(a->n_insns + 1, sizeof(*lines));
	AUTO_FREE struct file_sum *files = calloc(a->n_insns + 1, sizeof(*files));
	struct lines_builder b = { .rows = rows,
		.a = a,
		.sources = sources,
		.look = look,
		.lines = lines,
		.files = files };
	if (!lines || !files)
		return err_set(err, "no memory for the lines");
	sum_lines(&b);
	sum_files(&b);
	for (size_t i = 0; i < b.n_files; i++) {
		if (!push_file(&b, &files[i], err)) {
			annotate_rows_fini(rows);
			return false;
		}
	}
	return true;
}
