/*
 * Shortening names: see name_cut.h.
 */
#include "formats/name_cut.h"

#include "formats/utf8.h"

#include <ctype.h>
#include <string.h>

static bool is_word(uint8_t c)
{
	return isalnum(c) || c == '_' || c >= 0x80;
}

/* Where the symbol of an "operator<<" or "operator()" at i ends; i when there is none at i. */
static size_t skip_operator(const struct buf *name, size_t i)
{
	static const char word[] = "operator";
	size_t len = sizeof word - 1;
	if (name->len - i <= len || memcmp(name->data + i, word, len) ||
		(i && is_word(name->data[i - 1])))
		return i;
	size_t at = i + len;
	if (name->len - at >= 2 && !memcmp(name->data + at, "()", 2))
		return at + 2;
	while (at < name->len && strchr("<>=-!", name->data[at]))
		at++;
	return at == i + len ? i : at;
}

/* Copies name, with "…" for what stands between each outermost pair of open and close. */
static void elide(struct buf *out, const struct buf *name, char open, char close)
{
	size_t depth = 0;
	for (size_t i = 0; i < name->len; i++) {
		char c = (char)name->data[i];
		size_t skipped = skip_operator(name, i);
		bool is_arrow = c == '>' && i && name->data[i - 1] == '-';
		if (!depth && skipped > i) {
			buf_bytes(out, name->data + i, skipped - i);
			i = skipped - 1;
			continue;
		}
		if (c == close && depth && !is_arrow)
			depth--;
		if (!depth)
			buf_u8(out, (uint8_t)c);
		if (c == open && depth++ == 0)
			buf_str(out, "…");
	}
}

static size_t columns(const struct buf *name)
{
	return utf8_length((const char *)name->data, name->len);
}

/* The head and the tail, with "…" between them; the tail gets the larger part, for that is where
 * the function's own name is. */
static void cut_middle(struct buf *out, const struct buf *name, size_t max_columns)
{
	const char *str = (const char *)name->data;
	size_t n = columns(name), head = (max_columns - 1) * 2 / 5, tail = max_columns - 1 - head;
	size_t tail_from = utf8_prefix(str, name->len, n - tail);
	buf_bytes(out, str, utf8_prefix(str, name->len, head));
	buf_str(out, "…");
	buf_bytes(out, str + tail_from, name->len - tail_from);
}

static void replace(struct buf *name, struct buf *shorter)
{
	struct buf old = *name;
	*name = *shorter;
	*shorter = old;
	buf_clear(shorter);
}

size_t name_cut(struct buf *out, const char *str, size_t max_columns)
{
	AUTO_BUF struct buf name = BUF_INIT;
	AUTO_BUF struct buf shorter = BUF_INIT;
	utf8_append_clean(&name, str);
	static const char pairs[][2] = { { '(', ')' }, { '<', '>' } };
	for (size_t i = 0; i < ARRAY_LEN(pairs) && max_columns && columns(&name) > max_columns;
		i++) {
		elide(&shorter, &name, pairs[i][0], pairs[i][1]);
		replace(&name, &shorter);
	}
	if (max_columns && columns(&name) > max_columns) {
		cut_middle(&shorter, &name, max_columns);
		replace(&name, &shorter);
	}
	out->failed |= name.failed || shorter.failed;
	buf_bytes(out, name.data, name.len);
	return columns(&name);
}
