/*
 * Lists of process or thread ids that grow, and sets of them.
 *
 *	pid_list_parse("1234,77", &list, err);
 *	if (pid_set_add(&set, pid))                    // it was not there
 */
#ifndef RECORD_PID_LIST_H
#define RECORD_PID_LIST_H

#include "common/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PID_MAX = 4 * 1024 * 1024 }; /* PID_MAX_LIMIT of linux/threads.h: ids are below */

struct pid_list {
	pid_t *pids;
	size_t n, cap;
};

/* "PID[,PID...]"; equal ones are taken once. */
MUST_CHECK bool pid_list_parse(const char *text, struct pid_list *ret_list, struct err *err);
MUST_CHECK bool pid_list_add(struct pid_list *list, pid_t pid);
bool pid_list_has(const struct pid_list *list, pid_t pid);
void pid_list_fini(struct pid_list *list);
static inline void auto_pid_list_ptr(struct pid_list *list)
{
	pid_list_fini(list);
}
#define AUTO_PID_LIST AUTO(auto_pid_list)

/* A bit for each possible id: 512 KiB, of which only touched pages take memory. */
struct pid_set {
	uint64_t *bits;
};

MUST_CHECK bool pid_set_init(struct pid_set *set, struct err *err);
void pid_set_fini(struct pid_set *set);
static inline void auto_pid_set_ptr(struct pid_set *set)
{
	pid_set_fini(set);
}
#define AUTO_PID_SET AUTO(auto_pid_set)

/* False when it is there already, or cannot be an id. */
bool pid_set_add(struct pid_set *set, pid_t pid);
void pid_set_remove(struct pid_set *set, pid_t pid);
bool pid_set_has(const struct pid_set *set, pid_t pid);

#endif
