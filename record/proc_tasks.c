/* See proc_tasks.h. */
#include "record/proc_tasks.h"

#include "record/read_file.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool proc_tasks_list(const char *folder, struct pid_list *list, struct err *err)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	bool ok = true;
	while (ok && dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			ok = pid_list_add(list, (pid_t)strtol(entry->d_name, NULL, 10));
	if (dir)
		closedir(dir);
	return ok || err_set(err, "no memory for the list of processes");
}

bool proc_tasks_threads(pid_t pid, struct pid_list *list, struct err *err)
{
	char folder[32];
	snprintf(folder, sizeof(folder), "/proc/%d/task", (int)pid);
	return proc_tasks_list(folder, list, err);
}

struct proc_stat proc_tasks_parse_stat(const char *stat)
{
	struct proc_stat parsed = { 0 };
	uint64_t ticks[4] = { 0 };
	char state;
	const char *behind_name = strrchr(stat, ')');
	if (!behind_name ||
		sscanf(behind_name + 1,
			" %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64
			" %" SCNu64 " %" SCNu64,
			&state, &parsed.parent, &ticks[0], &ticks[1], &ticks[2], &ticks[3]) != 6)
		return (struct proc_stat){ .parent = -1 };
	parsed.ticks = ticks[0] + ticks[1] + ticks[2] + ticks[3];
	return parsed;
}

struct proc_stat proc_tasks_stat(pid_t pid)
{
	char path[32], text[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!read_small_file(path, text, sizeof(text)))
		return (struct proc_stat){ .parent = -1 };
	return proc_tasks_parse_stat(text);
}

/* Takes those of all processes whose parent has been taken, and says whether there was one. */
static bool take_children(const struct pid_list *all, const pid_t *parents, struct pid_set *taken)
{
	bool any = false;
	for (size_t i = 0; i < all->n; i++)
		if (all->pids[i] != getpid() && pid_set_has(taken, parents[i]))
			any |= pid_set_add(taken, all->pids[i]);
	return any;
}

static bool take_tree(const struct pid_list *roots, const struct pid_list *all,
	struct pid_list *ret_pids, struct err *err)
{
	AUTO_PID_SET struct pid_set taken = { NULL };
	AUTO_FREE pid_t *parents = calloc(all->n + 1, sizeof(*parents));
	if (!parents || !pid_set_init(&taken, err))
		return err_set(err, "no memory for %zu processes", all->n);
	for (size_t i = 0; i < all->n; i++) {
		parents[i] = proc_tasks_stat(all->pids[i]).parent;
		if (pid_list_has(roots, all->pids[i]))
			pid_set_add(&taken, all->pids[i]);
	}
	while (take_children(all, parents, &taken))
		;
	for (size_t i = 0; i < all->n; i++)
		if (pid_set_has(&taken, all->pids[i]) && !pid_list_add(ret_pids, all->pids[i]))
			return err_set(err, "no memory for %zu processes", all->n);
	return true;
}

bool proc_tasks_tree(const struct pid_list *roots, struct pid_list *ret_pids, struct err *err)
{
	AUTO_PID_LIST struct pid_list all = { 0 };
	if (!roots->n)
		return proc_tasks_list("/proc", ret_pids, err);
	return proc_tasks_list("/proc", &all, err) && take_tree(roots, &all, ret_pids, err);
}

bool proc_tasks_name(pid_t pid, pid_t tid, char name[PROC_NAME_BYTES])
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", (int)pid, (int)tid);
	if (!read_small_file(path, name, PROC_NAME_BYTES))
		return false;
	size_t len = strlen(name); /* the newline is not of the name, which may hold others */
	if (len && name[len - 1] == '\n')
		name[len - 1] = '\0';
	return name[0];
}

pid_t proc_tasks_process_of(pid_t tid)
{
	static const char field[] = "\nTgid:";
	char path[32], text[4096];
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	const char *at = read_small_file(path, text, sizeof(text)) ? strstr(text, field) : NULL;
	return at ? (pid_t)strtol(at + sizeof(field) - 1, NULL, 10) : 0;
}
