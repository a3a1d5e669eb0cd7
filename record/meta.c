/* Asks the machine about itself; see meta.h. */
#include "record/meta.h"

#include "common/defs.h"
#include "common/shell_quote.h"
#include "common/version.h"
#include "record/read_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

void meta_quote_command(struct buf *b, char *const argv[])
{
	for (size_t i = 0; argv[i]; i++)
		shell_quote(b, argv[i]);
}

/* The first "model name" of /proc/cpuinfo; "" where there is none, as on most ARM machines. */
static void read_cpu_model(char *text, size_t text_bytes)
{
	char info[4096];
	text[0] = '\0';
	if (!read_small_file("/proc/cpuinfo", info, sizeof(info)))
		return;
	const char *line = strstr(info, "model name");
	const char *value = line ? strchr(line, ':') : NULL;
	if (value)
		snprintf(text, text_bytes, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
}

static void describe_machine(struct meta *m)
{
	struct utsname name;
	uname(&name);
	snprintf(m->host, sizeof(m->host), "%s", name.nodename);
	snprintf(m->kernel, sizeof(m->kernel), "%s %s", name.release, name.version);
	read_cpu_model(m->cpu_model, sizeof(m->cpu_model));
	m->trace.host = m->host;
	m->trace.kernel = m->kernel;
	m->trace.cpu_model = m->cpu_model;
	m->trace.n_cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	m->trace.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
}

static void describe_plan(struct meta *m, const struct perf_plan *plan)
{
	m->trace.ddrec_version = DDREC_VERSION;
	m->trace.arch = plan->arch->name;
	m->trace.event = plan->source->name;
	m->trace.event_is_time = plan->source->is_time;
	m->trace.frequency_hz = plan->frequency_hz;
	m->trace.period = plan->period;
	m->trace.stack_mode = plan->stack.mode->name;
	m->trace.stack_bytes = plan->stack.limit_bytes;
	m->trace.kernel_stacks = plan->kernel;
}

bool meta_init(struct meta *m, const struct perf_plan *plan, const char *options,
	char *const argv[], struct err *err)
{
	*m = (struct meta){ .command = BUF_INIT };
	describe_machine(m);
	describe_plan(m, plan);
	buf_str(&m->command, options);
	if (*options && argv)
		buf_str(&m->command, " --");
	if (argv)
		meta_quote_command(&m->command, argv);
	buf_u8(&m->command, '\0');
	if (m->command.failed)
		return err_set(err, "no memory for the command line");
	m->trace.command = (const char *)m->command.data;
	return true;
}

void meta_fini(struct meta *m)
{
	buf_fini(&m->command);
}
