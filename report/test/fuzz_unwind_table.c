/*
 * Fuzz entry: the input is the bytes of an unwind table, as a cache file has them. It is refused,
 * or every search and walk with it stays inside and ends.
 */
#include "report/test/table_use.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* In memory of its own and aligned, as a mapped file is. */
	AUTO_FREE uint8_t *copy = malloc(size + !size);
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	use_table(copy, size, size && data[0] == 0xb7 ? &arch_aarch64 : &arch_x86_64);
	return 0;
}
