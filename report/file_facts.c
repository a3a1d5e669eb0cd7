/*
 * What is known of files: see file_facts.h.
 */
#include "report/file_facts.h"

#include <string.h>
#include <sys/stat.h>

enum { FACT_BYTES = 16 };

struct fact {
	uint64_t size_bytes, mtime_ns; /* both UINT64_MAX: no such file */
};

void file_facts_fini(struct file_facts *facts)
{
	buf_fini(&facts->text);
}

static struct fact fact_of(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return (struct fact){ UINT64_MAX, UINT64_MAX };
	return (struct fact){
		.size_bytes = (uint64_t)st.st_size,
		.mtime_ns =
			(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
	};
}

void file_facts_note(struct file_facts *facts, const char *path)
{
	if (!facts)
		return;
	struct fact fact = fact_of(path);
	buf_bytes(&facts->text, path, strlen(path) + 1);
	buf_u64(&facts->text, fact.size_bytes);
	buf_u64(&facts->text, fact.mtime_ns);
}

static bool knows(const struct file_facts *facts, const char *path)
{
	struct cursor text = cursor_make(facts->text.data, facts->text.len);
	while (cursor_left(&text)) {
		if (!strcmp(cursor_str(&text), path))
			return true;
		cursor_skip(&text, FACT_BYTES);
	}
	return false;
}

void file_facts_append(struct file_facts *facts, struct cursor others)
{
	while (cursor_left(&others)) {
		const char *path = cursor_str(&others);
		const uint8_t *fact = cursor_bytes(&others, FACT_BYTES);
		if (others.failed || knows(facts, path))
			continue;
		buf_bytes(&facts->text, path, strlen(path) + 1);
		buf_bytes(&facts->text, fact, FACT_BYTES);
	}
}

bool file_facts_hold(struct cursor text)
{
	while (cursor_left(&text)) {
		const char *path = cursor_str(&text);
		struct fact was = { 0 };
		was.size_bytes = cursor_u64(&text);
		was.mtime_ns = cursor_u64(&text);
		if (text.failed)
			return false;
		struct fact is = fact_of(path);
		if (is.size_bytes != was.size_bytes || is.mtime_ns != was.mtime_ns)
			return false;
	}
	return !text.failed;
}
