/* See read_file.h. */
#include "record/read_file.h"

#include "common/defs.h"

#include <fcntl.h>

bool read_small_file(const char *path, char *text, size_t text_bytes)
{
	text[0] = '\0';
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	size_t len = 0;
	while (len < text_bytes - 1) {
		ssize_t n = read(fd, text + len, text_bytes - 1 - len);
		if (n < 0)
			return false;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return true;
}

long read_number_file(const char *path, long otherwise)
{
	char text[64];
	char *end;
	if (!read_small_file(path, text, sizeof(text)))
		return otherwise;
	long number = strtol(text, &end, 10);
	return end == text ? otherwise : number;
}
