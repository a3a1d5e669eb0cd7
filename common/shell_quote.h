/* Words quoted for sh(1), where they need it: how a command line is kept and shown. */
#ifndef COMMON_SHELL_QUOTE_H
#define COMMON_SHELL_QUOTE_H

#include "common/buf.h"

/* Appends the word; a blank goes in front of it if the buffer has words already. */
void shell_quote(struct buf *b, const char *word);

#endif
