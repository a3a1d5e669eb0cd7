/*
 * Fuzz entry: any bytes as an xctrace export. What is read is written again as XML, which must be
 * read as the same number of samples.
 */
#include "formats/format.h"
#include "formats/import.h"
#include "formats/intern.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct profile *read_bytes(const void *data, size_t size)
{
	struct err err = { 0 };
	AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
	AUTO(profile_free) struct profile *p = profile_new();
	if (fd < 0 || !p || write(fd, data, size) != (ssize_t)size)
		abort();
	const struct import_input in = { .fd = fd, .bytes = size, .name = "fuzz" };
	bool ok = import_xctrace.read(&in, p, &err);
	if (ok == (err.text[0] != 0))
		abort();
	return ok ? TAKE(p) : NULL;
}

static void check(const struct profile *p)
{
	for (size_t i = 0; i < p->n_samples; i++)
		if (p->samples[i].thread >= p->n_threads ||
			(p->samples[i].stack != PROFILE_NO_STACK &&
				p->samples[i].stack >= p->n_stacks))
			abort();
	for (size_t i = 0; i < p->n_stacks; i++)
		if (p->stacks[i].frame >= p->n_frames)
			abort();
	for (size_t i = 0; i < p->n_frames; i++)
		if (p->frames[i].function >= p->n_functions)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct format_options options = { 0 };
	struct err err = { 0 };
	char *text = NULL;
	size_t len = 0;
	if (!import_xctrace.is_mine(data, MIN(size, (size_t)IMPORT_SNIFF_BYTES)))
		return 0;
	AUTO(profile_free) struct profile *p = read_bytes(data, size);
	if (!p)
		return 0;
	check(p);
	FILE *out = open_memstream(&text, &len);
	if (!out || !format_instruments.write(p, &options, out, &err) || fclose(out))
		abort();
	AUTO(profile_free) struct profile *again = read_bytes(text, len);
	if (!again || again->health.n_shown != p->health.n_shown)
		abort();
	free(text);
	return 0;
}
