/*
 * Function names that fit a column. C++ and Rust names run to hundreds of characters, most of them
 * template arguments and parameters; the beginning and the end of the qualified name tell the most.
 */
#ifndef FORMATS_NAME_CUT_H
#define FORMATS_NAME_CUT_H

#include "common/buf.h"

#include <stddef.h>

/*
 * Appends name in at most max_columns columns (0: no limit), one per code point; harmful characters
 * are replaced (utf8.h). As much goes as must: first the parameters become "(…)", then the
 * outermost template arguments "<…>", then the middle "…". Returns the columns used.
 */
size_t name_cut(struct buf *out, const char *name, size_t max_columns);

#endif
