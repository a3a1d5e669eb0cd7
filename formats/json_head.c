/*
 * The head of the JSON report: what was recorded, and how good it is.
 */
#include "formats/health.h"
#include "formats/json_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* RFC 3339; a number of nanoseconds since 1970 would not fit a double. */
static void add_start(struct json_report *r)
{
	uint64_t start_ns = r->p->meta.start_real_ns;
	time_t start = (time_t)(start_ns / 1000000000);
	struct tm tm;
	char seconds[64], text[96];
	json_put_key(&r->w, "start");
	if (!start_ns || !gmtime_r(&start, &tm) ||
		!strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &tm)) {
		json_put_null(&r->w);
		return;
	}
	snprintf(text, sizeof text, "%s.%09" PRIu64 "Z", seconds, start_ns % 1000000000);
	json_put_string(&r->w, text);
}

void json_report_meta(struct json_report *r)
{
	const struct profile_meta *m = &r->p->meta;
	json_put_key(&r->w, "meta"), json_put_object(&r->w);
	json_report_string(r, "command", m->command);
	json_report_string(r, "host", m->host);
	json_report_string(r, "kernel", m->kernel);
	json_report_string(r, "arch", m->arch);
	json_report_string(r, "event", m->event);
	json_report_string(r, "clock", m->clock);
	json_report_string(r, "recorder", m->tool);
	json_report_string(r, "source", m->source);
	json_report_count(r, "frequency_hz", m->frequency_hz);
	add_start(r);
	json_report_count(r, "duration_ns", m->duration_ns);
	json_report_count(r, "recorder_cpu_ns", m->recorder_cpu_ns);
	json_report_count(r, "target_cpu_ns", m->target_cpu_ns);
	json_put_end(&r->w);
}

static void add_reasons(
	struct json_report *r, const char *key, const struct profile_count *list, size_t n)
{
	json_put_key(&r->w, key), json_put_array(&r->w);
	for (size_t i = 0; i < n; i++) {
		json_put_object(&r->w);
		json_report_string(r, "what", list[i].what);
		json_report_count(r, "count", list[i].count);
		json_put_end(&r->w);
	}
	json_put_end(&r->w);
}

static void add_why_empty(struct json_report *r)
{
	AUTO_BUF struct buf why = BUF_INIT;
	json_put_key(&r->w, "why_empty");
	if (r->p->n_samples) {
		json_put_null(&r->w);
		return;
	}
	health_why_empty(&why, r->p);
	r->w.text.failed |= why.failed;
	json_put_string_n(&r->w, (const char *)why.data, why.len);
}

void json_report_health(struct json_report *r)
{
	const struct profile_health *h = &r->p->health;
	json_put_key(&r->w, "health"), json_put_object(&r->w);
	json_report_count(r, "samples", h->n_samples);
	json_report_count(r, "lost", h->n_lost);
	json_report_count(r, "shown", h->n_shown);
	json_put_key(&r->w, "known"), json_put_bool(&r->w, !h->is_untold);
	json_report_count(r, "user_stacks", h->n_user_stacks);
	json_report_count(r, "complete", h->n_complete);
	json_report_count(r, "guessed", h->n_guessed);
	json_report_count(r, "frame_pointer_chains", h->n_chains);
	json_report_count(r, "addresses_alone", h->n_addresses);
	json_put_key(&r->w, "damaged"), json_put_bool(&r->w, h->is_damaged);
	json_report_string(r, "damage", h->damage);
	add_why_empty(r);
	add_reasons(r, "incomplete", h->incomplete, h->n_incomplete);
	add_reasons(r, "notes", h->notes, h->n_notes);
	json_put_end(&r->w);
}
