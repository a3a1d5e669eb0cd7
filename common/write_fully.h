/*
 * Writing all of some bytes to a descriptor, in as many calls as that takes.
 */
#ifndef COMMON_WRITE_FULLY_H
#define COMMON_WRITE_FULLY_H

#include "common/defs.h"

#include <stdbool.h>
#include <stddef.h>

/* False: errno tells why; some may have been written. */
MUST_CHECK bool write_fully(int fd, const void *data, size_t size_bytes);

#endif
