/*
 * Files that an answer depends on, as they were when it was made: which were there, and their size
 * and time of change. Whoever keeps the answer keeps these, and asks later whether they still hold.
 * A file that was looked for in vain counts too: once it is there, the answer might be another.
 */
#ifndef REPORT_FILE_FACTS_H
#define REPORT_FILE_FACTS_H

#include "common/buf.h"
#include "common/cursor.h"

struct file_facts {
	struct buf text; /* by file: path, NUL, size (u64), time of change in ns (u64) */
};

void file_facts_fini(struct file_facts *facts);

/* Notes how the file is now. NULL as facts: nobody wants to know. */
void file_facts_note(struct file_facts *facts, const char *path);
/* Adds those of another's text that are about other files. */
void file_facts_append(struct file_facts *facts, struct cursor others);

/* Whether everything in the text of facts is still so. Damaged: no. */
bool file_facts_hold(struct cursor text);

#endif
