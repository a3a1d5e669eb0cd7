/* What a recording came to, in words: the lines that ddrec record prints when it is done. */
#ifndef RECORD_SUMMARY_H
#define RECORD_SUMMARY_H

#include "common/buf.h"
#include "record/recording.h"

/* One line, without a newline. */
void summary_write(struct buf *b, const struct recording_result *result,
	const struct record_settings *settings);
/* Lines with newlines, each a loss and the one setting that helps; nothing when all is well. */
void summary_write_warnings(struct buf *b, const struct recording_result *result,
	const struct record_settings *settings);
/* The choices that were made for the user (--verbose); lines with newlines. */
void summary_write_choices(struct buf *b, const struct recording_result *result);

/* "1,234,567" */
void summary_write_count(struct buf *b, uint64_t n);
/* "812 ms", "2.29 s", "41.3 s", "3 min 7 s", as the report has them. */
void summary_write_duration(struct buf *b, uint64_t ns);
/* "98 kB", "1.2 MB"; powers of 1000. */
void summary_write_bytes(struct buf *b, uint64_t bytes);

#endif
