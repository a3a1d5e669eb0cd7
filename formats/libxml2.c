/*
 * Opening libxml2: see libxml2.h.
 */
#include "formats/libxml2.h"

/* As the headers are: 2.14 changed the name. */
#define LIBXML2_SONAME (LIBXML_VERSION < 21400 ? "libxml2.so.2" : "libxml2.so.16")

bool libxml2_open(struct libxml2 *ret_library, struct err *err)
{
	static const char *const names[] = { LIBXML2_FUNCTIONS(LIBRARY_NAME) };
	return library_open(LIBXML2_SONAME, names, ARRAY_LEN(names), ret_library, err);
}
