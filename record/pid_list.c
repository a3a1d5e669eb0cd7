/* See pid_list.h. */
#include "record/pid_list.h"

#include "common/array.h"

#include <ctype.h>

bool pid_list_add(struct pid_list *list, pid_t pid)
{
	if (!ARRAY_ROOM(list->pids, list->cap, list->n))
		return false;
	list->pids[list->n++] = pid;
	return true;
}

bool pid_list_has(const struct pid_list *list, pid_t pid)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->pids[i] == pid)
			return true;
	return false;
}

void pid_list_fini(struct pid_list *list)
{
	free(list->pids);
	*list = (struct pid_list){ 0 };
}

bool pid_list_parse(const char *text, struct pid_list *ret_list, struct err *err)
{
	AUTO_PID_LIST struct pid_list list = { 0 };
	for (const char *at = text;; at++) {
		char *end;
		unsigned long pid = strtoul(at, &end, 10);
		if (!isdigit((unsigned char)*at) || (*end && *end != ',') || !pid || pid >= PID_MAX)
			return err_set(err, "'%.100s' is no list of process ids", text);
		if (!pid_list_has(&list, (pid_t)pid) && !pid_list_add(&list, (pid_t)pid))
			return err_errno(err, "memory for a list of processes");
		at = end;
		if (!*at)
			break;
	}
	*ret_list = list;
	list.pids = NULL;
	return true;
}

bool pid_set_init(struct pid_set *set, struct err *err)
{
	set->bits = calloc(PID_MAX / 64, sizeof(*set->bits));
	return set->bits || err_errno(err, "memory for a set of processes");
}

void pid_set_fini(struct pid_set *set)
{
	free(set->bits);
	set->bits = NULL;
}

bool pid_set_has(const struct pid_set *set, pid_t pid)
{
	return pid >= 0 && pid < PID_MAX && set->bits[pid / 64] >> pid % 64 & 1;
}

bool pid_set_add(struct pid_set *set, pid_t pid)
{
	if (pid < 0 || pid >= PID_MAX || pid_set_has(set, pid))
		return false;
	set->bits[pid / 64] |= UINT64_C(1) << pid % 64;
	return true;
}

void pid_set_remove(struct pid_set *set, pid_t pid)
{
	if (pid_set_has(set, pid))
		set->bits[pid / 64] &= ~(UINT64_C(1) << pid % 64);
}
