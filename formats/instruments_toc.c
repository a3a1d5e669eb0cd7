/*
 * The table of contents as `xctrace export --toc` writes it: what was recorded, when, and that
 * there is one table, the one that instruments_xml.c writes. JMH and others read it first.
 */
#include "formats/instruments.h"

#include "formats/intern.h"
#include "formats/xml_stream.h"

#include <time.h>

enum { NS_PER_MS = 1000000, MS_PER_S = 1000 };

static void write_date(struct xml_stream *x, const char *element, uint64_t real_ns)
{
	uint64_t ms = real_ns / NS_PER_MS;
	time_t seconds = (time_t)(ms / MS_PER_S);
	struct tm tm;
	char date[64], text[96];
	if (!gmtime_r(&seconds, &tm) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm))
		return;
	snprintf(text, sizeof(text), "%s.%03u+00:00", date, (unsigned)(ms % MS_PER_S));
	xml_element(x, element, text);
}

static void write_process(struct xml_stream *x, const struct profile *p, uint32_t thread)
{
	xml_start(x, "process");
	xml_attr(x, "name", instruments_process_name(p, thread));
	xml_attr_fmt(x, "pid", "%u", p->threads[thread].pid);
}

static void write_target(struct xml_stream *x, const struct profile *p)
{
	const struct profile_meta *m = &p->meta;
	xml_start(x, "target");
	xml_start(x, "device");
	xml_attr(x, "platform", "Linux");
	xml_attr(x, "model", profile_string(p, m->arch));
	xml_attr(x, "name", profile_string(p, m->host));
	xml_attr(x, "os-version", profile_string(p, m->kernel));
	xml_end(x);
	if (p->n_threads) {
		write_process(x, p, 0);
		xml_attr(x, "arguments", profile_string(p, m->command));
		xml_end(x);
	}
	xml_end(x);
}

static void write_summary(struct xml_stream *x, const struct profile *p)
{
	const struct profile_meta *m = &p->meta;
	char seconds[32];
	xml_start(x, "summary");
	if (m->start_real_ns) {
		write_date(x, "start-date", m->start_real_ns);
		write_date(x, "end-date", m->start_real_ns + m->duration_ns);
	}
	snprintf(seconds, sizeof(seconds), "%.6f", (double)m->duration_ns / 1e9);
	xml_element(x, "duration", seconds);
	xml_element(x, "end-reason", "Target app exited");
	xml_element(x, "instruments-version", profile_string(p, m->tool));
	xml_element(x, "template-name", "ddrec");
	xml_element(x, "recording-mode", "Immediate");
	xml_element(x, "time-limit", "none");
	xml_end(x);
}

static bool is_known(const struct intern *pids, const struct profile *p, uint32_t pid)
{
	size_t at;
	for (uint32_t i = intern_first(pids, pid, &at); i != INTERN_NONE;
		i = intern_next(pids, pid, &at))
		if (p->threads[i].pid == pid)
			return true;
	return false;
}

/* Each once, by the name of its first thread. */
static void write_processes(struct xml_stream *x, const struct profile *p)
{
	struct intern pids = { 0 };
	xml_start(x, "processes");
	for (uint32_t i = 0; i < p->n_threads; i++) {
		if (is_known(&pids, p, p->threads[i].pid))
			continue;
		x->failed |= !intern_add(&pids, p->threads[i].pid, i);
		write_process(x, p, i);
		xml_end(x);
	}
	xml_end(x);
	intern_fini(&pids);
}

static void write_data(struct xml_stream *x, const struct instruments_weight *weight)
{
	xml_start(x, "data");
	xml_start(x, "table");
	xml_attr(x, "schema", weight->schema->name);
	xml_attr(x, "target-pid", "SINGLE");
	if (weight->unit == INSTRUMENTS_EVENTS) {
		AUTO_BUF struct buf event = BUF_INIT;
		buf_fmt(&event, "\"%s\"", weight->event);
		buf_u8(&event, 0);
		xml_attr(x, "trigger", "pmi");
		xml_attr(x, "pmc-events", "");
		xml_attr(x, "pmi-event", event.failed ? "" : (const char *)event.data);
		xml_attr_fmt(x, "pmi-threshold", "%llu", (unsigned long long)weight->per_sample);
	} else {
		xml_attr(x, "high-frequency-sampling", "0");
		xml_attr(x, "needs-kernel-callstack", "0");
	}
	if (weight->unit == INSTRUMENTS_NS) {
		xml_attr(x, "context-switch-sampling", "0");
		xml_attr(x, "record-waiting-threads", "0");
	}
	xml_end(x);
	xml_end(x);
	xml_start(x, "tracks");
	xml_end(x);
}

bool instruments_toc_write(
	const struct profile *p, const struct format_options *options, FILE *out, struct err *err)
{
	const struct instruments_weight weight = instruments_weight_of(p, options);
	struct xml_stream x;
	if (!xml_stream_open(&x, out, err))
		return false;
	xml_start(&x, "trace-toc");
	xml_start(&x, "run");
	xml_attr(&x, "number", "1");
	xml_start(&x, "info");
	write_target(&x, p);
	write_summary(&x, p);
	xml_end(&x);
	write_processes(&x, p);
	write_data(&x, &weight);
	xml_end(&x);
	xml_end(&x);
	return xml_stream_close(&x, err);
}
