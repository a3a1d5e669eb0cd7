/*
 * The nearest known word by edit distance: insertions, deletions, replacements and swaps of
 * neighbours count one each (optimal string alignment). A beginning of three or more letters
 * ("flame" for "flamegraph") counts one too. Words of SUGGEST_MAX letters and more are not
 * compared.
 */
#include "common/suggest.h"

#include "common/defs.h"

#include <stdbool.h>
#include <string.h>

enum { SUGGEST_MAX = 32 };

static unsigned least_edit(
	unsigned rows[3][SUGGEST_MAX + 1], const char *a, const char *b, size_t i, size_t j)
{
	unsigned replace = rows[1][j - 1] + (a[i - 1] != b[j - 1]);
	unsigned best = MIN(replace, MIN(rows[1][j], rows[2][j - 1]) + 1);
	bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
	return is_swap ? MIN(best, rows[0][j - 2] + 1) : best;
}

/* rows: the distances of a's first i-2, i-1 and i letters to each beginning of b. */
static unsigned edit_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > SUGGEST_MAX || b_len > SUGGEST_MAX)
		return SUGGEST_MAX;
	unsigned rows[3][SUGGEST_MAX + 1] = { 0 };
	for (size_t j = 0; j <= b_len; j++)
		rows[2][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		memmove(rows[0], rows[1], 2 * sizeof(rows[0]));
		rows[2][0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++)
			rows[2][j] = least_edit(rows, a, b, i, j);
	}
	return rows[2][b_len];
}

struct suggest suggest_for(const char *word)
{
	/* One slip in a short word, a third of the letters in a long one. */
	return (struct suggest){ .word = word, .distance = (unsigned)MAX(strlen(word) / 3, 1) + 1 };
}

void suggest_consider(struct suggest *s, const char *known)
{
	size_t len = strlen(s->word);
	bool is_beginning = len >= 3 && !strncmp(s->word, known, len);
	unsigned distance = is_beginning ? 1 : edit_distance(s->word, known);
	if (distance >= s->distance)
		return;
	s->distance = distance;
	s->best = known;
}
