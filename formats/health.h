/*
 * The profile's health in words: every output that can carry words says how good it is.
 */
#ifndef FORMATS_HEALTH_H
#define FORMATS_HEALTH_H

#include "common/buf.h"
#include "formats/profile.h"

/* One phrase: "12,345 samples, 0 lost, 99.7 % of stacks complete". */
void health_phrase(struct buf *out, const struct profile *p);

/* For the top of a report: "the recording is damaged: ...", what is shown then is only a part of
 * the recording. Nothing when the recording is whole. */
void health_warning(struct buf *out, const struct profile *p);

/* Why stacks are incomplete, in a line: "12 stack snapshot too short, 3 unwind table damaged".
 * Nothing where none is. */
void health_incomplete(struct buf *out, const struct profile *p);

/* Indented lines of text, each ending in a newline: all counts and all reasons. */
void health_lines(struct buf *out, const struct profile *p);

/* One sentence for a profile that shows no samples. */
void health_why_empty(struct buf *out, const struct profile *p);

#endif
