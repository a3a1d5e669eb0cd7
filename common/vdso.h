/* The code that the kernel maps into every process ("[vdso]"), copied from our own. */
#ifndef COMMON_VDSO_H
#define COMMON_VDSO_H

#include "common/trace_event.h"

/* False when there is none. The image stays mapped as long as the process lives. */
bool vdso_get(struct trace_file *ret_file);

#endif
