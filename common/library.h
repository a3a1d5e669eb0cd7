/*
 * Libraries that few runs need are opened by those. Linked, libxml2 with ICU behind it and capstone
 * took 3 ms at every start and 6 MB of every report (of 37 ms and 19 MB).
 *
 * The functions that are used are listed once; the struct has a pointer to each, of its type.
 *
 *	#define LIBEXAMPLE_FUNCTIONS(F) F(example_open) F(example_close)
 *	struct libexample {
 *		LIBEXAMPLE_FUNCTIONS(LIBRARY_POINTER)
 *	};
 *	static const char *const names[] = { LIBEXAMPLE_FUNCTIONS(LIBRARY_NAME) };
 *	struct libexample lib;
 *	library_open("libexample.so.1", names, ARRAY_LEN(names), &lib, err);
 *	lib.example_open(...);
 */
#ifndef COMMON_LIBRARY_H
#define COMMON_LIBRARY_H

#include "common/err.h"

#include <stddef.h>

#define LIBRARY_POINTER(name) __typeof__(&name) name;
#define LIBRARY_NAME(name) #name,

/* Sets the n pointers at ret_functions, in the order of the names. The library stays open until the
 * process ends. */
MUST_CHECK bool library_open(const char *soname, const char *const *names, size_t n,
	void *ret_functions, struct err *err);

#endif
