/*
 * Where separate debug files are looked for: see debug_dirs.h.
 */
#include "report/debug_dirs.h"

#include <sys/stat.h>

bool debug_dirs_add(void *field, const char *value, struct err *err)
{
	const char **dirs = field;
	for (size_t i = 0; i < MAX_DEBUG_DIRS; i++) {
		if (!dirs[i]) {
			dirs[i] = value;
			return true;
		}
	}
	return err_set(err, "more than %d directories", MAX_DEBUG_DIRS);
}

bool debug_dirs_complete(const char **dirs, struct err *err)
{
	struct stat st;
	size_t n = 0;
	for (; dirs[n]; n++) {
		if (stat(dirs[n], &st) != 0)
			return err_errno(err, "--debug-dir: cannot use '%s'", dirs[n]);
		if (!S_ISDIR(st.st_mode))
			return err_set(
				err, "--debug-dir: cannot use '%s': not a directory", dirs[n]);
	}
	dirs[n] = "/usr/lib/debug";
	return true;
}
