/*
 * Small macros that every file may use: attributes, array length, scope cleanup.
 *
 * Locals clean up by attribute. A variable marked AUTO_FREE, AUTO_CLOSE or AUTO(fn) is released
 * when its scope ends, on every path; hand ownership on with TAKE(p).
 *
 *	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
 *	AUTO_FREE char *copy = strdup(name);
 *	*ret_copy = TAKE(copy);
 */
#ifndef COMMON_DEFS_H
#define COMMON_DEFS_H

#include <stdlib.h>
#include <unistd.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Yields p and leaves NULL behind, so that p's cleanup has nothing to do. */
#define TAKE(p)                               \
	({                                    \
		__typeof__(p) take_tmp = (p); \
		(p) = NULL;                   \
		take_tmp;                     \
	})

/* AUTO(fn): at scope end calls fn_ptr(&variable), which DEFINE_AUTO(type, fn) makes from fn. */
#define AUTO(fn) __attribute__((cleanup(fn##_ptr)))
#define DEFINE_AUTO(type, fn)                \
	static inline void fn##_ptr(type *p) \
	{                                    \
		fn(*p);                      \
	}                                    \
	struct defs_h_swallow_semicolon

static inline void auto_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void auto_close_ptr(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define AUTO_FREE AUTO(auto_free)
#define AUTO_CLOSE AUTO(auto_close)

#endif
