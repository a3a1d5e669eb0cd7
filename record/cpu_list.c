/* Parses CPU lists; see cpu_list.h. */
#include "record/cpu_list.h"

#include "record/read_file.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One "A" or "A-B"; moves *text behind it. */
static bool parse_range(const char **text, unsigned long *ret_first, unsigned long *ret_last)
{
	char *end;
	if (!isdigit((unsigned char)**text))
		return false;
	*ret_first = *ret_last = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return false;
		*ret_last = strtoul(end + 1, &end, 10);
	}
	*text = end;
	return *ret_first <= *ret_last && *ret_last < CPU_LIST_MAX;
}

bool cpu_list_parse(const char *text, struct cpu_list *ret_list, struct err *err)
{
	AUTO_CPU_LIST struct cpu_list list = { calloc(CPU_LIST_MAX, sizeof(uint32_t)), 0 };
	const char *at = text;
	if (!list.cpus)
		return err_errno(err, "memory for the list of CPUs");
	for (;;) {
		unsigned long first, last;
		if (!parse_range(&at, &first, &last) || list.n + (last - first) >= CPU_LIST_MAX)
			return err_set(err, "'%.100s' is no list of CPUs", text);
		while (first <= last)
			list.cpus[list.n++] = (uint32_t)first++;
		if (*at != ',')
			break;
		at++;
	}
	if (*at && *at != '\n')
		return err_set(err, "'%.100s' is no list of CPUs", text);
	*ret_list = (struct cpu_list){ TAKE(list.cpus), list.n };
	return true;
}

bool cpu_list_online(struct cpu_list *ret_list, struct err *err)
{
	static const char path[] = "/sys/devices/system/cpu/online";
	char text[4096];
	if (read_small_file(path, text, sizeof(text)))
		return cpu_list_parse(text, ret_list, err) || err_prefix(err, "%s", path);
	/* Without /sys, as in some containers, the C library knows how many there are. */
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	snprintf(text, sizeof(text), "0-%ld", n < 1 ? 0 : n - 1);
	return cpu_list_parse(text, ret_list, err);
}

bool cpu_list_has(const struct cpu_list *list, uint32_t cpu)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->cpus[i] == cpu)
			return true;
	return false;
}

bool cpu_list_choose(
	const struct cpu_list *online, const char *text, struct cpu_list *ret_list, struct err *err)
{
	AUTO_CPU_LIST struct cpu_list wanted = { NULL, 0 };
	if (!cpu_list_parse(text, &wanted, err))
		return false;
	for (uint32_t i = 0; i < wanted.n; i++)
		if (!cpu_list_has(online, wanted.cpus[i]))
			return err_set(err, "CPU %u is not online", wanted.cpus[i]);
	struct cpu_list chosen = { calloc(online->n, sizeof(uint32_t)), 0 };
	if (!chosen.cpus)
		return err_errno(err, "memory for the list of CPUs");
	for (uint32_t i = 0; i < online->n; i++)
		if (cpu_list_has(&wanted, online->cpus[i]))
			chosen.cpus[chosen.n++] = online->cpus[i];
	*ret_list = chosen;
	return true;
}

void cpu_list_fini(struct cpu_list *list)
{
	free(list->cpus);
	list->cpus = NULL;
	list->n = 0;
}
