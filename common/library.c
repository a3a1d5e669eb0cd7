/*
 * Opening a library when it is needed: see library.h.
 */
#include "common/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_open(const char *soname, const char *const *names, size_t n, void *ret_functions,
	struct err *err)
{
	char *functions = ret_functions;
	void *library = dlopen(soname, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
	if (!library)
		return err_set(err, "%s", dlerror());
	for (size_t i = 0; i < n; i++) {
		void *function = dlsym(library, names[i]);
		if (!function)
			return err_set(err, "%s has no %s", soname, names[i]);
		memcpy(functions + i * sizeof(function), &function, sizeof(function));
	}
	return true;
}
