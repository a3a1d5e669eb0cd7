/* See shell_quote.h. */
#include "common/shell_quote.h"

#include <string.h>

static bool needs_quotes(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-+=./,:@%^";
	return !*word || word[strspn(word, plain)];
}

static void quote_word(struct buf *b, const char *word)
{
	buf_u8(b, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_str(b, "'\\''");
		else
			buf_u8(b, (uint8_t)*word);
	}
	buf_u8(b, '\'');
}

void shell_quote(struct buf *b, const char *word)
{
	if (b->len > 0)
		buf_u8(b, ' ');
	if (needs_quotes(word))
		quote_word(b, word);
	else
		buf_str(b, word);
}
