/*
 * Imported profiles for tests: see import_profile.h.
 */
#include "formats/test/import_profile.h"

#include "formats/test/make_profile.h"

#include <stdio.h>
#include <sys/mman.h>

struct profile *import_profile(
	const struct import_format *format, const void *data, size_t n, struct err *err)
{
	AUTO_CLOSE int fd = memfd_create("import", MFD_CLOEXEC);
	AUTO(profile_free) struct profile *p = profile_new();
	const struct import_input in = { .fd = fd, .bytes = n, .name = "test" };
	if (fd < 0 || !p || (n && write(fd, data, n) != (ssize_t)n))
		abort();
	err->text[0] = '\0';
	if (!format->read(&in, p, err)) {
		if (!err->text[0])
			abort();
		return NULL;
	}
	if (err->text[0] || profile_failed(p))
		abort();
	profile_sort_health(p);
	return TAKE(p);
}

struct profile *import_known(const struct import_format *format, const void *data, size_t n)
{
	struct err err = { 0 };
	struct profile *p = import_profile(format, data, n, &err);
	if (!p) {
		fprintf(stderr, "%s: %s\n", format->name, err.text);
		abort();
	}
	return p;
}

struct profile *import_written(struct profile *p, const struct format *format,
	const struct format_options *options, const struct import_format *reader)
{
	size_t n;
	AUTO_FREE char *written = make_output(p, format, options, &n);
	return import_known(reader, written, n);
}
