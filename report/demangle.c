/*
 * Names for people: see demangle.h. libiberty knows Itanium C++, Rust v0 and Rust legacy. Its own
 * recursion limit keeps hostile names from exhausting the stack, so long as DMGL_NO_RECURSE_LIMIT
 * is not asked for; but C++ substitutions let 200 characters grow to gigabytes. So its callback
 * interface is used, which takes no memory, and is left by longjmp once a name gets too long.
 */
#include "report/demangle.h"

#include "common/buf.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

enum { MAX_MANGLED_BYTES = 16 * 1024, MAX_SHOWN_BYTES = 64 * 1024 };

struct shown_name {
	struct buf text;
	jmp_buf too_long;
};

static bool is_mangled(const char *name)
{
	return !strncmp(name, "_Z", 2) || !strncmp(name, "_R", 2) || !strncmp(name, "__Z", 3);
}

/* "memcpy@@GLIBC_2.14" is memcpy; "memcpy@plt" is something else than memcpy. */
static size_t len_without_version(const char *name)
{
	const char *at = strchr(name, '@');
	if (!at || at == name || !strcmp(at, "@plt"))
		return strlen(name);
	return at - name;
}

static void append(const char *text, size_t len, void *shown_name)
{
	struct shown_name *shown = shown_name;
	if (len > MAX_SHOWN_BYTES - shown->text.len)
		longjmp(shown->too_long, 1);
	buf_bytes(&shown->text, text, len);
}

/* Without DMGL_VERBOSE Rust's hash is dropped. */
static bool demangle_into(struct shown_name *shown, const char *mangled)
{
	if (setjmp(shown->too_long))
		return false;
	if (rust_demangle_callback(mangled, 0, append, shown))
		return true;
	buf_clear(&shown->text);
	return cplus_demangle_v3_callback(mangled, DMGL_PARAMS | DMGL_ANSI, append, shown);
}

/* "@plt" is no part of a mangled name: taken off before, put back after. NULL: no such name. */
static char *demangle_with_suffix(const char *name)
{
	size_t len = strcspn(name, "@");
	AUTO_FREE char *mangled = strndup(name, len);
	struct shown_name shown = { 0 };
	if (mangled && demangle_into(&shown, mangled)) {
		buf_str(&shown.text, name + len);
		buf_u8(&shown.text, 0);
		if (!shown.text.failed)
			return (char *)shown.text.data;
	}
	buf_fini(&shown.text);
	return NULL;
}

char *demangle(const char *raw)
{
	AUTO_FREE char *name = strndup(raw, len_without_version(raw));
	if (!name || !is_mangled(name) || strlen(name) > MAX_MANGLED_BYTES)
		return TAKE(name);
	char *shown = demangle_with_suffix(name);
	return shown ? shown : TAKE(name);
}
