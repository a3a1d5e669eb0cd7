/* What the options of ddrec record take, as setters for the option table. */
#ifndef RECORD_OPTION_VALUES_H
#define RECORD_OPTION_VALUES_H

#include "common/err.h"

/* "BYTES", "64K", "2M" into the uint64_t at field. */
bool set_ring_bytes(void *field, const char *value, struct err *err);
/* Hertz, at least 1, into the uint32_t at field. */
bool set_frequency(void *field, const char *value, struct err *err);
/* Seconds with decimals, more than 0, as nanoseconds into the uint64_t at field. */
bool set_seconds(void *field, const char *value, struct err *err);
/* Milliseconds with decimals, as nanoseconds into the uint64_t at field. */
bool set_milliseconds(void *field, const char *value, struct err *err);
/* A list that is sound, as text: into the const char * at field. */
bool set_pids(void *field, const char *value, struct err *err);
bool set_cpus(void *field, const char *value, struct err *err);

#endif
