/* Lists of CPUs as the kernel writes them in /sys/devices/system/cpu: "0-3,8,10-11". */
#ifndef RECORD_CPU_LIST_H
#define RECORD_CPU_LIST_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

enum { CPU_LIST_MAX = 8192 }; /* NR_CPUS of the largest kernels */

struct cpu_list {
	uint32_t *cpus; /* ascending */
	uint32_t n;
};

MUST_CHECK bool cpu_list_parse(const char *text, struct cpu_list *ret_list, struct err *err);
/* The CPUs that are online now. */
MUST_CHECK bool cpu_list_online(struct cpu_list *ret_list, struct err *err);
/* Those of the CPUs that `text` lists, each once; all of them must be there. */
MUST_CHECK bool cpu_list_choose(const struct cpu_list *online, const char *text,
	struct cpu_list *ret_list, struct err *err);
bool cpu_list_has(const struct cpu_list *list, uint32_t cpu);
void cpu_list_fini(struct cpu_list *list);

static inline void auto_cpu_list_ptr(struct cpu_list *list)
{
	cpu_list_fini(list);
}
#define AUTO_CPU_LIST AUTO(auto_cpu_list)

#endif
