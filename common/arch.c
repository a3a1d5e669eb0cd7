/*
 * The architectures that ddrec knows, and how to find one: see arch.h. Each has a file of its own;
 * a new one is a new file and a line in the table below.
 */
#include "common/arch.h"
#include "common/defs.h"

#include <string.h>
#include <sys/utsname.h>

static const struct arch *const archs[] = {
	&arch_x86_64,
	&arch_aarch64,
};

const struct arch *arch_native(void)
{
	struct utsname host;
	return uname(&host) == 0 ? arch_find(host.machine) : NULL;
}

const struct arch *arch_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(archs); i++)
		if (strcmp(archs[i]->name, name) == 0)
			return archs[i];
	return NULL;
}

const struct arch *arch_find_by_elf_machine(uint16_t machine)
{
	for (size_t i = 0; i < ARRAY_LEN(archs); i++)
		if (archs[i]->elf_machine == machine)
			return archs[i];
	return NULL;
}
