/* Builds attributes from a plan; see perf_attr.h. */
#include "record/perf_attr.h"

#include "record/perf_record.h"

#include <string.h>
#include <time.h>

enum { RECORD_HEAD_BYTES = 1024 }; /* of a sample, without its stack; more with very long chains */

uint32_t perf_plan_wakeup_bytes(const struct perf_plan *plan, size_t ring_bytes)
{
	uint64_t record_bytes = RECORD_HEAD_BYTES + (uint64_t)plan->stack.limit_bytes;
	uint64_t slack_bytes = record_bytes * plan->frequency_hz * PERF_SLACK_MS / 1000;
	bool half_will_do = plan->frequency_hz && ring_bytes / 2 >= slack_bytes;
	return (uint32_t)(half_will_do ? ring_bytes / 2 : ring_bytes / 4);
}

static void set_basics(struct perf_event_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->sample_id_all = 1;
	attr->use_clockid = 1;
	attr->clockid = CLOCK_MONOTONIC;
	attr->watermark = 1; /* and wakeup_watermark 0: wake up when the ring is half full */
	attr->exclude_hv = 1;
}

/* Common to both events of a task. */
static void set_common(const struct perf_plan *plan, struct perf_event_attr *attr)
{
	set_basics(attr);
	attr->disabled = attr->enable_on_exec = plan->scope.from_exec;
	attr->inherit = plan->scope.inherit;
	attr->exclude_kernel = !plan->kernel;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_RUNNING;
	if (plan->features & PERF_FEATURE_LOST_COUNT)
		attr->read_format |= PERF_FORMAT_LOST;
}

static void set_chain(const struct perf_plan *plan, struct perf_event_attr *attr)
{
	const struct stack_mode *mode = plan->stack.mode;
	bool kernel_pcs = mode->kernel_pcs && plan->kernel;
	if (!kernel_pcs && !mode->user_pcs)
		return;
	attr->sample_type |= PERF_SAMPLE_CALLCHAIN;
	attr->exclude_callchain_kernel = !kernel_pcs;
	attr->exclude_callchain_user = !mode->user_pcs;
}

/*
 * The kernel samples every single software event that has a fixed period and PERF_SAMPLE_PERIOD, so
 * that records can tell how much came at once (perf_swevent_event in kernel/events/core.c).
 */
static void set_rate(const struct perf_plan *plan, struct perf_event_attr *attr)
{
	if (plan->period) {
		attr->sample_period = plan->period;
		attr->sample_type &= ~(uint64_t)PERF_SAMPLE_PERIOD;
	} else {
		attr->freq = 1;
		attr->sample_freq = plan->frequency_hz;
	}
}

void perf_attr_sampling(const struct perf_plan *plan, struct perf_event_attr *ret_attr)
{
	set_common(plan, ret_attr);
	ret_attr->disabled = 1;
	ret_attr->enable_on_exec = plan->scope.from_exec && !plan->delayed;
	ret_attr->type = plan->source->type;
	ret_attr->config = plan->source->config;
	ret_attr->sample_type = PERF_RECORD_SAMPLE_TYPE;
	set_rate(plan, ret_attr);
	ret_attr->wakeup_watermark = plan->wakeup_bytes;
	set_chain(plan, ret_attr);
	if (plan->stack.mode->snapshot) {
		ret_attr->sample_type |= PERF_SAMPLE_REGS_USER | PERF_SAMPLE_STACK_USER;
		ret_attr->sample_regs_user = plan->arch->perf_mask;
		ret_attr->sample_stack_user = plan->stack.limit_bytes;
	}
	/* Software events have no guests to exclude. */
	if (plan->source->type == PERF_TYPE_HARDWARE &&
		(plan->features & PERF_FEATURE_EXCLUDE_GUEST))
		ret_attr->exclude_guest = 1;
	/* A counter of cycles stops with the CPU, a clock does not. */
	if (plan->source->type == PERF_TYPE_SOFTWARE && plan->scope.whole_cpu)
		ret_attr->exclude_idle = 1;
}

bool perf_plan_has_build_ids(const struct perf_plan *plan)
{
	return plan->features & PERF_FEATURE_BUILD_ID && !plan->scope.whole_cpu;
}

void perf_attr_sideband(const struct perf_plan *plan, struct perf_event_attr *ret_attr)
{
	set_common(plan, ret_attr);
	ret_attr->type = PERF_TYPE_SOFTWARE;
	ret_attr->config = PERF_COUNT_SW_DUMMY;
	ret_attr->sample_period = 1;
	ret_attr->sample_type = PERF_RECORD_COMMON_TYPE;
	ret_attr->mmap = 1;
	ret_attr->mmap2 = 1;
	ret_attr->comm = 1;
	ret_attr->comm_exec = 1;
	ret_attr->task = 1;
	ret_attr->build_id = perf_plan_has_build_ids(plan);
}

void perf_attr_keeper(uint32_t wakeup_bytes, struct perf_event_attr *ret_attr)
{
	set_basics(ret_attr);
	ret_attr->type = PERF_TYPE_SOFTWARE;
	ret_attr->config = PERF_COUNT_SW_DUMMY;
	ret_attr->disabled = 1;
	ret_attr->sample_period = 1;
	ret_attr->exclude_kernel = 1;
	ret_attr->wakeup_watermark = wakeup_bytes;
}
