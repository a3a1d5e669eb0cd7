/*
 * Where a profile comes from, in words: the lines that several outputs begin with.
 */
#ifndef FORMATS_META_TEXT_H
#define FORMATS_META_TEXT_H

#include "common/buf.h"
#include "formats/profile.h"

/* "build7, Linux 6.18.0, x86_64", of these what is known. */
void meta_text_host(struct buf *out, const struct profile *p);

/* "cpu-clock: a sample stands for 1 ms of CPU time", of these what is known. */
void meta_text_event(struct buf *out, const struct profile *p);

#endif
