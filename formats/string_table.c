/*
 * Interned strings: see string_table.h. The bytes lie in a list of chunks; a string that is longer
 * than a chunk gets one of its own.
 */
#include "formats/string_table.h"

#include "common/array.h"

enum { CHUNK_BYTES = 64 * 1024 };

struct string_table_chunk {
	struct string_table_chunk *next;
	size_t used, size;
	char bytes[];
};

void string_table_fini(struct string_table *t)
{
	for (struct string_table_chunk *chunk = t->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(t->entries);
	intern_fini(&t->index);
	*t = (struct string_table){ 0 };
}

static char *chunk_room(struct string_table *t, size_t size)
{
	struct string_table_chunk *chunk = t->chunks;
	if (!chunk || chunk->size - chunk->used < size) {
		size_t chunk_size = MAX(size, (size_t)CHUNK_BYTES);
		chunk = malloc(sizeof *chunk + chunk_size);
		if (!chunk)
			return NULL;
		*chunk = (struct string_table_chunk){ .next = t->chunks, .size = chunk_size };
		t->chunks = chunk;
	}
	chunk->used += size;
	return chunk->bytes + chunk->used - size;
}

static uint32_t add_new(struct string_table *t, const char *str, size_t len, uint32_t hash)
{
	if (t->n >= INTERN_NONE - 1 || !ARRAY_ROOM(t->entries, t->cap, t->n))
		return INTERN_NONE;
	char *copy = chunk_room(t, len + 1);
	if (!copy || !intern_add(&t->index, hash, (uint32_t)t->n))
		return INTERN_NONE;
	memcpy(copy, str, len);
	copy[len] = '\0';
	t->entries[t->n] = (struct string_table_entry){ .str = copy, .len = len };
	return (uint32_t)t->n++;
}

uint32_t string_table_add(struct string_table *t, const char *str, size_t len)
{
	len = strnlen(str, len);
	if (!t->seed)
		t->seed = intern_random_seed();
	uint32_t hash = intern_hash_bytes(t->seed, str, len);
	size_t at;
	for (uint32_t id = intern_first(&t->index, hash, &at); id != INTERN_NONE;
		id = intern_next(&t->index, hash, &at))
		if (t->entries[id].len == len && !memcmp(t->entries[id].str, str, len))
			return id;
	return add_new(t, str, len, hash);
}
