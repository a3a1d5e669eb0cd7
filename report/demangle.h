/*
 * Linkage names (Itanium C++, Rust legacy and v0) to names for people, through libiberty.
 */
#ifndef REPORT_DEMANGLE_H
#define REPORT_DEMANGLE_H

#include <stdbool.h>

/*
 * A new string for the caller to free; raw's copy when it is not mangled or cannot be demangled;
 * NULL only without memory. Rust's hash suffix is dropped. Suffixes that compilers add to clones
 * (".cold",
 * ".constprop.0", ".llvm.123") are kept as they are shown by binutils: " [clone .cold]".
 */
char *demangle(const char *raw);

#endif
