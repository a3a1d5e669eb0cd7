/* Turns errno and the settings in /proc into advice; see permissions.h. */
#include "record/permissions.h"

#include "record/read_file.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NO_PERF = -2 };

/* The value of a line "Name:\tvalue" of /proc/self/status, as a number in that base. */
static unsigned long long status_value(const char *status, const char *name, int base)
{
	size_t len = strlen(name);
	for (const char *line = status; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, base);
	}
	return 0;
}

struct permissions permissions_read(void)
{
	char status[8192];
	read_small_file("/proc/self/status", status, sizeof(status));
	unsigned long long caps = status_value(status, "CapEff", 16);
	unsigned long long wanted = 1ULL << CAP_SYS_ADMIN | 1ULL << CAP_PERFMON;
	return (struct permissions){
		.paranoid = read_number_file("/proc/sys/kernel/perf_event_paranoid", NO_PERF),
		.mlock_kb = read_number_file("/proc/sys/kernel/perf_event_mlock_kb", 516),
		.max_sample_rate =
			read_number_file("/proc/sys/kernel/perf_event_max_sample_rate", 100000),
		.seccomp = (int)status_value(status, "Seccomp", 10),
		.has_perfmon = caps & wanted,
	};
}

/* What is asked for, and the highest kernel.perf_event_paranoid that an ordinary user may do it at.
 */
struct wish {
	const char *prefix, *what, *suffix;
	int needed;
};

static struct wish wish_of(const struct perf_plan *plan)
{
	const struct event_source *source = plan->source;
	if (plan->scope.whole_cpu)
		return (struct wish){ " ", "the whole machine", "", 0 };
	if (source->in_kernel)
		return (struct wish){ " ", source->name, ", which happen in the kernel", 1 };
	return (struct wish){ "", "", "", 2 };
}

/* A process that is not ours, or that has changed its user or keeps others from looking at it. */
static bool explain_foreign(pid_t pid, struct err *err)
{
	char path[32];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	bool is_other = !stat(path, &st) && st.st_uid != geteuid();
	return err_set(err,
		"not allowed to sample process %d, which %s; run ddrec as root (or give "
		"ddrec-record the capabilities: sudo setcap cap_perfmon,cap_sys_ptrace+ep "
		"ddrec-record)",
		(int)pid, is_other ? "is another user's" : "may not be looked at");
}

static bool explain_denied(const struct permissions *p, const struct perf_plan *plan, pid_t pid,
	int error, struct err *err)
{
	struct wish wish = wish_of(plan);
	if (p->paranoid > wish.needed && !p->has_perfmon)
		return err_set(err,
			"not allowed to sample%s%s%s: kernel.perf_event_paranoid is %ld; "
			"run: sudo sysctl kernel.perf_event_paranoid=%d "
			"(or give ddrec-record the capability: "
			"sudo setcap cap_perfmon+ep ddrec-record)",
			wish.prefix, wish.what, wish.suffix, p->paranoid, wish.needed);
	if (pid > 0 && !plan->scope.from_exec && error == EACCES && !p->seccomp)
		return explain_foreign(pid, err);
	if (p->seccomp)
		return err_set(err,
			"not allowed to sample although kernel.perf_event_paranoid is %ld: a "
			"seccomp "
			"filter, most likely a container's, forbids perf_event_open; start the "
			"container with --security-opt seccomp=unconfined or --cap-add PERFMON",
			p->paranoid);
	errno = error;
	return err_errno(err,
		"not allowed to sample although kernel.perf_event_paranoid is %ld; a security "
		"module may forbid perf_event_open",
		p->paranoid);
}

static bool explain_missing(const struct perf_plan *plan, int error, struct err *err)
{
	if (plan->source->type == PERF_TYPE_HARDWARE)
		return err_set(err,
			"event '%s' needs a hardware counter, and this machine offers none "
			"(most virtual machines do not); use --event cpu-clock",
			plan->source->name);
	errno = error;
	return err_errno(err, "this kernel does not know the event '%s'", plan->source->name);
}

bool permissions_explain_open(const struct permissions *p, const struct perf_plan *plan, pid_t pid,
	int error, struct err *err)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return explain_denied(p, plan, pid, error, err);
	case ENOSYS:
		if (p->seccomp && p->paranoid != NO_PERF)
			return explain_denied(p, plan, pid, error, err);
		return err_set(err, "this kernel was built without perf events");
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return explain_missing(plan, error, err);
	case EMFILE:
		return err_set(err,
			"too few file descriptors for two events per CPU and thread; "
			"raise the limit: ulimit -Hn 1000000");
	case ENFILE:
		return err_set(err,
			"the system is out of file descriptors; "
			"raise them: sudo sysctl fs.file-max=1000000");
	}
	errno = error;
	return err_errno(err, "cannot open event '%s'", plan->source->name);
}

bool permissions_explain_ring(const struct permissions *p, int error, struct err *err)
{
	if (error == EPERM)
		return err_set(err,
			"no memory may be locked for the smallest ring buffers: "
			"kernel.perf_event_mlock_kb is %ld per CPU and other programs of this user "
			"hold it; run: sudo sysctl kernel.perf_event_mlock_kb=%ld (or raise ulimit "
			"-l)",
			p->mlock_kb, p->mlock_kb * 4);
	errno = error;
	return err_errno(err, "cannot map a ring buffer");
}
