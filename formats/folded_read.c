/*
 * Reading folded stacks: lines of "root;...;leaf count", by stackcollapse-*.pl, inferno, py-spy,
 * async-profiler, bpftrace, ddrec and many others.
 *
 * The first frame is the process. What flamegraph.pl's annotations mark, "_[k]" for the kernel,
 * "_[i]" for an inlined function and "_[j]" for generated code, is that, without the mark. The
 * count is the last number of the line; of the two columns that difffolded.pl writes, which every
 * line of the file's start then has, it is the second. There are no addresses, no threads and no
 * times.
 *
 * The file is read in pieces and never held. Lines that are none are left out and counted.
 */
#include "formats/import.h"
#include "formats/import_kind.h"

#include "common/buf.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum {
	PIECE_BYTES = 1 << 18,
	MAX_LINE_BYTES = 1 << 26,
	MAX_FRAMES = 1 << 16, /* of a line */
	MAX_SNIFFED_LINES = 10,
};

static const char marks[] = "kij";

struct line {
	const char *frames; /* without the count and the blank before it */
	size_t len;
	uint64_t count;
	bool is_cut;   /* had decimals */
	bool is_whole; /* of two columns, if two were asked for */
};

struct folded_reader {
	struct profile *p;
	const struct import_input *in;
	bool has_two_columns;
	struct buf text; /* what was read and is not a whole line yet */
	uint64_t n_lines;
	int64_t total;
	uint32_t kernel, generated; /* modules */
	uint32_t *thread_of_name;   /* by string, and 1; 0: none yet */
	size_t cap_threads;
};

static void auto_folded_reader_ptr(struct folded_reader *r)
{
	buf_fini(&r->text);
	free(r->thread_of_name);
}

/* Lines. */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static size_t trim(const char *text, size_t len)
{
	while (len && is_blank(text[len - 1]))
		len--;
	return len;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Takes a number, perhaps with decimals, and the blanks before it from the line's end. */
static bool take_count(struct line *line)
{
	size_t end = trim(line->frames, line->len), at = end;
	while (at && (is_digit(line->frames[at - 1]) || line->frames[at - 1] == '.'))
		at--;
	if (at == end || !at || !is_blank(line->frames[at - 1]) || !is_digit(line->frames[at]))
		return false;
	uint64_t count = 0;
	size_t n_points = 0;
	for (size_t i = at; i < end; i++) {
		if (line->frames[i] == '.')
			n_points++;
		else if (!n_points && count > (INT64_MAX - 9) / 10)
			return false;
		else if (!n_points)
			count = count * 10 + (uint64_t)(line->frames[i] - '0');
	}
	if (n_points > 1)
		return false;
	line->count = count;
	line->is_cut = n_points > 0;
	line->len = at - 1; /* one blank: others are the name's, for flamegraph.pl too */
	return line->len > 0;
}

/* False: it is none. */
static bool parse_line(const char *text, size_t len, bool two_columns, struct line *ret)
{
	*ret = (struct line){ .frames = text, .len = len };
	if (memchr(text, '\0', len) || !take_count(ret))
		return false;
	struct line before = *ret;
	if (two_columns && take_count(&before)) {
		ret->len = before.len;
		ret->is_whole = true;
	}
	return true;
}

static bool is_comment(const char *text, size_t len)
{
	return !trim(text, len) || *text == '#';
}

/* Frames. */

/* Takes a mark from the name's end: 'k', 'i', 'j', or 0. */
static char take_mark(const char *name, size_t *len)
{
	if (*len < 5 || memcmp(name + *len - 4, "_[", 2) || name[*len - 1] != ']')
		return 0;
	char mark = name[*len - 2];
	if (!strchr(marks, mark))
		return 0;
	*len -= 4;
	return mark;
}

static uint32_t module_of(struct folded_reader *r, char mark)
{
	uint32_t *module = mark == 'k' ? &r->kernel : &r->generated;
	if (*module == PROFILE_NONE)
		*module = import_add_module(r->p, mark == 'k' ? "[kernel]" : "[anon]", "",
			&(struct profile_place){ 0 });
	return *module;
}

static uint32_t add_frame(struct folded_reader *r, uint32_t stack, const char *name, size_t len)
{
	char mark = take_mark(name, &len);
	while (take_mark(name, &len)) /* or it would be one when it is written */
		;
	uint32_t string = profile_add_string_n(r->p, name, len);
	struct profile_function function = {
		.name = string,
		.module = mark == 'k' || mark == 'j' ? module_of(r, mark) : PROFILE_NONE,
		.kind = import_kind_of_name(profile_string(r->p, string)),
		.has_symbol = len && *name != '[',
	};
	if (function.module != PROFILE_NONE)
		function.kind = r->p->modules[function.module].kind;
	struct profile_frame frame = {
		.function = profile_add_function(r->p, &function),
		.module = function.module,
		.is_inlined = mark == 'i',
	};
	return profile_add_stack(r->p, stack, profile_add_frame(r->p, &frame));
}

static uint32_t add_frames(struct folded_reader *r, const char *at, const char *end)
{
	static const char no_stack[] = "[no stack]";
	uint32_t stack = PROFILE_NO_STACK;
	if (at > end ||
		((size_t)(end - at) == strlen(no_stack) && !memcmp(at, no_stack, strlen(no_stack))))
		return stack;
	for (;;) {
		const char *separator = memchr(at, ';', (size_t)(end - at));
		const char *name_end = separator ? separator : end;
		stack = add_frame(r, stack, at, (size_t)(name_end - at));
		if (!separator)
			return stack;
		at = separator + 1;
	}
}

/* Processes are told by their names alone, each a thread of the profile. */
static uint32_t add_process(struct folded_reader *r, const char *name, size_t len)
{
	uint32_t string = profile_add_string_n(r->p, name, len);
	if (string >= r->cap_threads) {
		size_t cap = MAX((size_t)string + 1, r->cap_threads * 2);
		uint32_t *grown = realloc(r->thread_of_name, cap * sizeof *grown);
		if (!grown)
			return PROFILE_NONE;
		memset(grown + r->cap_threads, 0, (cap - r->cap_threads) * sizeof *grown);
		r->thread_of_name = grown;
		r->cap_threads = cap;
	}
	if (!r->thread_of_name[string])
		r->thread_of_name[string] =
			profile_add_thread(
				r->p, &(struct profile_thread){ .process_name = string }) +
			1;
	return r->thread_of_name[string] - 1;
}

static size_t count_frames(const char *text, size_t len)
{
	size_t n = 1;
	for (size_t i = 0; i < len; i++)
		n += text[i] == ';';
	return n;
}

static bool add_sample(struct folded_reader *r, const struct line *line, struct err *err)
{
	const char *end = line->frames + line->len;
	const char *separator = memchr(line->frames, ';', line->len);
	const char *process_end = separator ? separator : end;
	int64_t count = (int64_t)line->count;
	if (count > INT64_MAX / 2 - r->total)
		return err_set(err, "%s: up to line %llu the counts add up to more than 2^62",
			r->in->name, (unsigned long long)r->n_lines);
	r->total += count;
	uint32_t thread = add_process(r, line->frames, (size_t)(process_end - line->frames));
	profile_sum_sample(r->p, thread, add_frames(r, process_end + 1, end), &count);
	if (thread == PROFILE_NONE || profile_failed(r->p))
		return err_set(err, "%s: no memory for the profile", r->in->name);
	return true;
}

static bool add_line(struct folded_reader *r, const char *text, size_t len, struct err *err)
{
	struct line line;
	const char *note = NULL;
	r->n_lines++;
	if (!trim(text, len))
		return true;
	if (is_comment(text, len))
		note = "lines of comment, left out";
	else if (!parse_line(text, len, r->has_two_columns, &line))
		note = "lines that are no folded stack, left out";
	else if (!line.count)
		note = "lines with a count of 0, left out";
	else if (count_frames(line.frames, line.len) > MAX_FRAMES)
		note = "lines with more than 65,536 frames, left out";
	if (note) {
		profile_add_note(r->p, note, 1);
		return true;
	}
	if (line.is_cut)
		profile_add_note(r->p, "counts with decimals, rounded down", 1);
	if (line.is_whole)
		profile_add_note(r->p, "lines with two counts, of which the second is taken", 1);
	return add_sample(r, &line, err);
}

/* The file. */

static bool read_piece(struct folded_reader *r, uint64_t offset, size_t *ret_n, struct err *err)
{
	uint8_t *room = buf_reserve(&r->text, PIECE_BYTES);
	ssize_t n;
	if (!room)
		return err_set(err, "%s: no memory to read it", r->in->name);
	do
		n = pread(r->in->fd, room, PIECE_BYTES, (off_t)offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_errno(err, "cannot read %s", r->in->name);
	r->text.len += (size_t)n;
	*ret_n = (size_t)n;
	return true;
}

/* All whole lines of the text; the rest moves to its start. At the end the rest is one, too. */
static bool add_lines(struct folded_reader *r, bool is_end, struct err *err)
{
	const char *at = (const char *)r->text.data, *end = at + r->text.len, *newline;
	while (at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
		if (!add_line(r, at, (size_t)(newline - at), err))
			return false;
		at = newline + 1;
	}
	if (is_end)
		return at == end || add_line(r, at, (size_t)(end - at), err);
	r->text.len = (size_t)(end - at);
	memmove(r->text.data, at, r->text.len);
	if (r->text.len > MAX_LINE_BYTES)
		return err_set(err, "%s: line %llu is longer than 64 MiB", r->in->name,
			(unsigned long long)r->n_lines + 1);
	return true;
}

/* Whether each stack at the file's start has two counts. One whose frame ends in a number does,
 * too, but not all. */
static bool have_two_columns(const struct buf *text)
{
	const char *at = (const char *)text->data, *end = at + text->len, *newline;
	bool any = false;
	for (; at < end; at = newline + 1) {
		struct line line;
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline && text->len >= PIECE_BYTES)
			break;
		if (!newline)
			newline = end;
		if (is_comment(at, (size_t)(newline - at)) ||
			!parse_line(at, (size_t)(newline - at), true, &line))
			continue;
		if (!line.is_whole)
			return false;
		any = true;
	}
	return any;
}

static bool read_lines(struct folded_reader *r, struct err *err)
{
	uint64_t offset = 0;
	for (size_t n = 0;; offset += n) {
		size_t scanned = r->text.len;
		if (!read_piece(r, offset, &n, err))
			return false;
		if (!offset)
			r->has_two_columns = have_two_columns(&r->text);
		if (!n)
			return add_lines(r, true, err);
		if (memchr(r->text.data + scanned, '\n', n) || r->text.len > MAX_LINE_BYTES)
			if (!add_lines(r, false, err))
				return false;
	}
}

static bool read_profile(const struct import_input *in, struct profile *p, struct err *err)
{
	AUTO(auto_folded_reader)
	struct folded_reader r = {
		.p = p, .in = in, .kernel = PROFILE_NONE, .generated = PROFILE_NONE
	};
	p->has_addresses = p->has_times = false;
	profile_add_value_type(p, "samples", "count");
	if (!read_lines(&r, err))
		return false;
	p->health.is_untold = true;
	p->health.n_samples = p->health.n_shown;
	return true;
}

/* Recognition. */

static bool is_text(const uint8_t *start, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (start[i] < 0x20 && !isspace(start[i]))
			return false;
	return n > 0 && !strchr("<{", start[0]);
}

/* The first lines, as far as they are whole, are all folded stacks or comments, and one has more
 * than a frame. A first line that is longer than the start has several. */
static bool is_mine(const uint8_t *start, size_t n)
{
	const char *at = (const char *)start, *end = at + n;
	size_t n_stacks = 0, n_frames = 0;
	if (!is_text(start, n))
		return false;
	while (at < end && n_stacks < MAX_SNIFFED_LINES) {
		struct line line;
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline && n == IMPORT_SNIFF_BYTES)
			return n_frames > n_stacks ||
				(!n_stacks && count_frames(at, (size_t)(end - at)) > 3);
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);
		if (!is_comment(at, len)) {
			if (!parse_line(at, len, false, &line))
				return false;
			n_stacks++;
			n_frames += count_frames(line.frames, line.len);
		}
		at += len + 1;
	}
	return n_frames > n_stacks;
}

const struct import_format import_folded = { "folded stacks", is_mine, read_profile };
