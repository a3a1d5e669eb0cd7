/*
 * Fuzz entry: any bytes as a symbol file, with questions, and as what a new one is made from.
 */
#include "report/symbol_file.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t n_seen;

static void ask(const struct symbol_file *f, uint64_t vaddr, uint32_t *hint, struct arena *memory)
{
	struct symbol_range range;
	struct symbol_answer answer;
	if (!symbol_file_find(f, vaddr, hint, &range) ||
		!symbol_file_answer(f, &range, memory, &answer))
		return;
	for (uint32_t i = 0; i < answer.n_frames && i < 64; i++)
		if (answer.frames[i].raw_name)
			n_seen += strlen(answer.frames[i].raw_name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct symbol_frame frame = { "fuzz", NULL, "/fuzz.c", 1, false };
	static const struct symbol_finding finding = {
		.start = 0x1000, .end = 0x2000, .frames = &frame, .n_frames = 1
	};
	struct arena memory = { 0 };
	struct symbol_file f;
	uint32_t hint = 0;
	if (!symbol_file_open(data, size, &f))
		return 0;
	for (uint32_t i = 0; i < f.n_ranges && i < 64; i++) {
		ask(&f, symbol_file_range(&f, i).start, &hint, &memory);
		ask(&f, symbol_file_range(&f, i).end - 1, &hint, &memory);
	}
	file_facts_hold(f.facts);
	AUTO_BUF struct buf facts = BUF_INIT;
	AUTO_BUF struct buf out = BUF_INIT;
	if (symbol_file_write(&f, &finding, 1, &f.notes, &facts, &out) &&
		!symbol_file_open(out.data, out.len, &f))
		__builtin_trap();
	arena_fini(&memory);
	return 0;
}
