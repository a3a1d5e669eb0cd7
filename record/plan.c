/* See plan.h. */
#include "record/plan.h"

#include "record/permissions.h"

/* What was asked for, else the event's own period, else the default frequency. */
static void plan_rate(
	const struct record_settings *s, struct perf_plan *plan, uint32_t *ret_wished_hz)
{
	*ret_wished_hz = 0;
	if (!s->frequency_hz && plan->source->period) {
		plan->period = plan->source->period;
		return;
	}
	*ret_wished_hz = s->frequency_hz ? s->frequency_hz : FREQUENCY_DEFAULT_HZ;
	plan->frequency_hz =
		(uint32_t)MIN((long)*ret_wished_hz, permissions_read().max_sample_rate);
}

bool plan_make(const struct record_settings *settings, struct perf_plan *ret_plan,
	uint32_t *ret_wished_hz, struct err *err)
{
	const struct record_settings *s = settings;
	*ret_plan = (struct perf_plan){
		.source = s->event ? event_source_find(s->event, err) : event_sources,
		.stack = s->stack,
		.arch = s->arch,
		.features = PERF_FEATURES_ALL,
		.kernel = !s->no_kernel,
		.delayed = s->delay_ns,
	};
	if (!ret_plan->source)
		return false;
	if (ret_plan->source->in_kernel && s->no_kernel)
		return err_set(err, "%s happen in the kernel, which --no-kernel leaves out",
			ret_plan->source->name);
	plan_rate(s, ret_plan, ret_wished_hz);
	return true;
}
