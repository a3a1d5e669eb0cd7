/*
 * The labels of pprof's samples that tell of threads and times. There is no standard for them; the
 * names that ddrec, Datadog, Go programs and others give are known, with '_' or ' ' in them.
 */
#ifndef FORMATS_PPROF_LABELS_H
#define FORMATS_PPROF_LABELS_H

#include "formats/pprof_decode.h"
#include "formats/profile.h"

struct pprof_labels {
	const struct pprof_file *f;
	uint8_t *kinds; /* of each of the file's strings as a key, and 1; 0: not looked at yet */
	struct intern threads;
	bool has_threads; /* some sample's labels tell of its thread or process */
};

/* What a sample's labels say: strings of the file, numbers; 0: nothing. */
struct pprof_thread_labels {
	uint64_t name, process_name;
	uint32_t tid, pid;
	bool has_time, has_others;
};

/* false: no memory */
MUST_CHECK bool pprof_labels_init(struct pprof_labels *l, const struct pprof_file *f);
void pprof_labels_fini(struct pprof_labels *l);

/* Returns the time, 0 without one. */
uint64_t pprof_labels_read(
	struct pprof_labels *l, const struct pprof_file_sample *s, struct pprof_thread_labels *ret);
/* The profile's thread for these labels, the names being strings of the profile. */
uint32_t pprof_labels_thread(struct pprof_labels *l, struct profile *p, uint32_t name,
	uint32_t process_name, const struct pprof_thread_labels *labels);

#endif
