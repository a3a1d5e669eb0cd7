/* Reads /proc/PID/maps line by line through a fixed buffer; see proc_maps.h. */
#include "record/proc_maps.h"

#include "common/defs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* A number in that base, and the one character behind it. */
static bool take_number(char **at, int base, char behind, uint64_t *ret_number)
{
	char *end;
	*ret_number = strtoull(*at, &end, base);
	if (end == *at || (*end != behind && *end))
		return false;
	*at = end + (*end == behind && *end);
	return true;
}

static uint32_t parse_prot(const char *text)
{
	return (text[0] == 'r' ? PROT_READ : 0) | (text[1] == 'w' ? PROT_WRITE : 0) |
		(text[2] == 'x' ? PROT_EXEC : 0);
}

/* "start-end rwxp offset major:minor inode   path" */
bool proc_maps_parse_line(char *line, struct trace_mmap *ret_mapping)
{
	struct trace_mmap m = { 0 };
	uint64_t end, major, minor;
	char *at = line;
	if (!take_number(&at, 16, '-', &m.start) || !take_number(&at, 16, ' ', &end) ||
		strlen(at) < 5 || end < m.start)
		return false;
	m.len = end - m.start;
	m.prot = parse_prot(at);
	m.flags = at[3] == 's' ? MAP_SHARED : MAP_PRIVATE;
	at += 5;
	if (!take_number(&at, 16, ' ', &m.file_off) || !take_number(&at, 16, ':', &major) ||
		!take_number(&at, 16, ' ', &minor) || !take_number(&at, 10, ' ', &m.inode))
		return false;
	m.dev_major = (uint32_t)major;
	m.dev_minor = (uint32_t)minor;
	at += strspn(at, " ");
	m.path = *at ? at : "//anon";
	*ret_mapping = m;
	return m.prot & PROT_EXEC;
}

bool proc_maps_open(struct proc_maps *m, uint32_t pid, struct proc_maps_scratch *scratch)
{
	char path[32];
	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	m->fd = open(path, O_RDONLY | O_CLOEXEC);
	m->begin = m->end = 0;
	m->scratch = scratch;
	return m->fd >= 0;
}

void proc_maps_close(struct proc_maps *m)
{
	close(m->fd);
}

static bool refill(struct proc_maps *m)
{
	char *text = m->scratch->text;
	memmove(text, text + m->begin, m->end - m->begin);
	m->end -= m->begin;
	m->begin = 0;
	ssize_t n = read(m->fd, text + m->end, sizeof(m->scratch->text) - m->end);
	if (n <= 0)
		return false;
	m->end += (size_t)n;
	return true;
}

static char *next_line(struct proc_maps *m)
{
	for (;;) {
		char *line = m->scratch->text + m->begin;
		char *newline = memchr(line, '\n', m->end - m->begin);
		if (newline) {
			*newline = '\0';
			m->begin = (size_t)(newline + 1 - m->scratch->text);
			return line;
		}
		if (!refill(m))
			return NULL;
	}
}

bool proc_maps_next(struct proc_maps *m, struct trace_mmap *ret_mapping)
{
	char *line;
	while ((line = next_line(m)))
		if (proc_maps_parse_line(line, ret_mapping))
			return true;
	return false;
}
