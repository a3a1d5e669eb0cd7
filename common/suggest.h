/*
 * "Did you mean ...?": of some known words the one that a mistyped word was likely to be.
 *
 *	struct suggest s = suggest_for("reprot");
 *	for (...)
 *		suggest_consider(&s, known[i]);
 *	if (s.best)
 *		printf("did you mean '%s'?\n", s.best);
 */
#ifndef COMMON_SUGGEST_H
#define COMMON_SUGGEST_H

struct suggest {
	const char *word;
	const char *best; /* NULL: nothing considered so far is near enough */
	unsigned distance;
};

struct suggest suggest_for(const char *word);
void suggest_consider(struct suggest *s, const char *known);

#endif
