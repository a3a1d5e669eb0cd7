/*
 * Fuzz entry: any bytes as folded stacks. What can be read can be written and read again, and is
 * the same text then, unless each of its names ends in a number, which reads as a second count.
 */
#include "formats/test/import_profile.h"
#include "formats/test/make_profile.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct format_options options = { 0 };
	struct err err = { 0 };
	import_find(data, MIN(size, (size_t)IMPORT_SNIFF_BYTES));
	AUTO(profile_free) struct profile *p = import_profile(&import_folded, data, size, &err);
	if (!p)
		return 0;
	size_t n, n_again;
	AUTO_FREE char *folded = make_output(p, &format_folded, &options, &n);
	AUTO(profile_free) struct profile *again = import_known(&import_folded, folded, n);
	if (again->health.n_notes)
		return 0;
	AUTO_FREE char *folded_again = make_output(again, &format_folded, &options, &n_again);
	if (n != n_again || memcmp(folded, folded_again, n))
		abort();
	return 0;
}
