/* See late_exits.h. */
#include "report/late_exits.h"

/* The pid is used again: its old exits would end the new process. */
static void forget_process(struct late_exits *late, uint32_t pid)
{
	for (uint32_t i = 0; i < LATE_EXITS; i++) {
		if (late->held[i].pid == pid)
			late->held[i].pid = 0;
	}
}

void late_exits_event(
	struct late_exits *late, struct process_table *table, const struct trace_event *event)
{
	if (event->kind != TRACE_EXIT) {
		if (event->kind == TRACE_FORK && event->pid != event->fork.parent_pid)
			forget_process(late, event->pid);
		process_table_event(table, event);
		return;
	}
	struct trace_event *held = &late->held[late->next];
	if (held->pid)
		process_table_event(table, held);
	*held = *event;
	late->next = (late->next + 1) % LATE_EXITS;
}
