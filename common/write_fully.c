/*
 * Writing fully: see write_fully.h.
 */
#include "common/write_fully.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

bool write_fully(int fd, const void *data, size_t size_bytes)
{
	const uint8_t *at = data;
	while (size_bytes) {
		ssize_t n = write(fd, at, size_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size_bytes -= (size_t)n;
	}
	return true;
}
