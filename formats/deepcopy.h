/*
 * The text that Instruments puts on the clipboard by "Deep Copy": the call tree of each thread.
 */
#ifndef FORMATS_DEEPCOPY_H
#define FORMATS_DEEPCOPY_H

#include "formats/format.h"

MUST_CHECK bool deepcopy_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err);

#endif
