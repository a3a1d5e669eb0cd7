/*
 * Kernel symbols in the cache: see kernel_cache.h.
 *
 * The payload is a list of symbols, each the distance of its start from the place's symbol (a
 * zigzag number), its size (ULEB128), the length of its name (ULEB128), and the name.
 */
#include "report/kernel_cache.h"

#include "common/buf.h"
#include "common/cursor.h"

#include <string.h>

enum { PAYLOAD_VERSION = 1, MAX_NAME = 512 };

static struct cache_key key_of(const struct kernel_place *place)
{
	return (struct cache_key){
		.kind = "kernel",
		.version = PAYLOAD_VERSION,
		.build_id = place->build_id,
		.variant = cache_hash(0, place->symbol, strlen(place->symbol)),
		.name = "[kernel]",
	};
}

static bool read_symbol(struct cursor *c, const struct kernel_place *place, char name[MAX_NAME + 1],
	struct trace_kernel_symbol *ret)
{
	uint64_t start = place->address + (uint64_t)cursor_zigzag(c);
	uint64_t size = cursor_uleb(c), len = cursor_uleb(c);
	if (len > MAX_NAME)
		return false;
	const uint8_t *bytes = cursor_bytes(c, len);
	if (!bytes || memchr(bytes, '\0', len))
		return false;
	memcpy(name, bytes, len);
	name[len] = '\0';
	*ret = (struct trace_kernel_symbol){ start, size, name, "" };
	return true;
}

bool kernel_cache_load(
	struct cache *cache, const struct kernel_place *place, struct kernel_symbols *symbols)
{
	struct cache_entry entry;
	struct cache_key key = key_of(place);
	struct trace_kernel_symbol symbol;
	char name[MAX_NAME + 1];
	bool ok = true;

	if (!place->build_id.len || !cache_load(cache, &key, &entry))
		return true;
	struct cursor c = cursor_make(entry.data, entry.size_bytes);
	while (ok && cursor_left(&c) && read_symbol(&c, place, name, &symbol))
		ok = kernel_symbols_add(symbols, &symbol);
	cache_entry_fini(&entry);
	return ok;
}

void kernel_cache_store(
	struct cache *cache, const struct kernel_place *place, const struct kernel_symbols *symbols)
{
	AUTO_BUF struct buf payload = BUF_INIT;
	struct cache_key key = key_of(place);

	if (!place->build_id.len)
		return;
	for (size_t i = 0; i < symbols->n; i++) {
		const struct trace_kernel_symbol *symbol = &symbols->symbols[i];
		size_t len = strlen(symbol->name);
		if (symbol->module[0] || len > MAX_NAME)
			continue;
		buf_zigzag(&payload, (int64_t)(symbol->start - place->address));
		buf_uleb(&payload, symbol->size);
		buf_uleb(&payload, len);
		buf_bytes(&payload, symbol->name, len);
	}
	if (!payload.failed)
		cache_store(cache, &key, payload.data, payload.len);
}
