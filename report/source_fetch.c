/*
 * debuginfod: see source_fetch.h.
 */
#include "report/source_fetch.h"

#include <dlfcn.h>
#include <elfutils/debuginfod.h>
#include <string.h>

/* The library stays open: what it brings with it keeps memory until the process ends. */
struct source_fetch {
	debuginfod_client *client;
	__typeof__(&debuginfod_end) end;
	__typeof__(&debuginfod_find_source) find_source;
};

static bool open_library(struct source_fetch *f, struct err *err)
{
	void *library = dlopen(DEBUGINFOD_SONAME, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	if (!library)
		return err_set(err, "--debuginfod: %s", dlerror());
	__typeof__(&debuginfod_begin) begin = (__typeof__(begin))dlsym(library, "debuginfod_begin");
	f->end = (__typeof__(f->end))dlsym(library, "debuginfod_end");
	f->find_source = (__typeof__(f->find_source))dlsym(library, "debuginfod_find_source");
	if (!begin || !f->end || !f->find_source)
		return err_set(err, "--debuginfod: %s is not what was expected", DEBUGINFOD_SONAME);
	f->client = begin();
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
		f->end(f->client);
	free(f);
}

int source_fetch_open(struct source_fetch *f, const struct build_id *build_id, const char *path)
{
	if (!build_id->len || path[0] != '/')
		return -1;
	int fd = f->find_source(f->client, build_id->bytes, build_id->len, path, NULL);
	/* What was just fetched is at its end. */
	if (fd < 0 || lseek(fd, 0, SEEK_SET) == 0)
		return fd < 0 ? -1 : fd;
	close(fd);
	return -1;
}
