/*
 * debuginfod: see source_fetch.h.
 */
#include "report/source_fetch.h"

#include "common/library.h"

#include <elfutils/debuginfod.h>
#include <string.h>

#define DEBUGINFOD_FUNCTIONS(F) F(debuginfod_begin) F(debuginfod_end) F(debuginfod_find_source)

struct source_fetch {
	struct {
		DEBUGINFOD_FUNCTIONS(LIBRARY_POINTER)
	} lib;
	debuginfod_client *client;
};

static bool open_library(struct source_fetch *f, struct err *err)
{
	static const char *const names[] = { DEBUGINFOD_FUNCTIONS(LIBRARY_NAME) };
	if (!library_open(DEBUGINFOD_SONAME, names, ARRAY_LEN(names), &f->lib, err))
		return err_prefix(err, "--debuginfod");
	f->client = f->lib.debuginfod_begin();
	return f->client || err_set(err, "--debuginfod: no memory");
}

bool source_fetch_new(struct source_fetch **ret_fetch, struct err *err)
{
	const char *urls = getenv(DEBUGINFOD_URLS_ENV_VAR);
	if (!urls || !*urls)
		return err_set(err, "--debuginfod: no server is known; %s names them",
			DEBUGINFOD_URLS_ENV_VAR);
	AUTO(source_fetch_free) struct source_fetch *f = calloc(1, sizeof(*f));
	if (!f)
		return err_set(err, "--debuginfod: no memory");
	if (!open_library(f, err))
		return false;
	*ret_fetch = TAKE(f);
	return true;
}

void source_fetch_free(struct source_fetch *f)
{
	if (!f)
		return;
	if (f->client)
		f->lib.debuginfod_end(f->client);
	free(f);
}

int source_fetch_open(struct source_fetch *f, const struct build_id *build_id, const char *path)
{
	if (!build_id->len || path[0] != '/')
		return -1;
	int fd = f->lib.debuginfod_find_source(
		f->client, build_id->bytes, build_id->len, path, NULL);
	/* What was just fetched is at its end. */
	if (fd < 0 || lseek(fd, 0, SEEK_SET) == 0)
		return fd < 0 ? -1 : fd;
	close(fd);
	return -1;
}
