/*
 * Opening an input: see input.h. The formats are in a table; the last one takes what no other
 * knows, because the trace's reader can say best what a file is instead.
 */
#include "report/input.h"

#include "common/buf.h"
#include "formats/import.h"
#include "report/input_formats.h"

#include <string.h>

enum { SNIFFED_BYTES = 64 };

static const struct input_format *const input_formats[] = {
	&input_perf,
	&input_trace,
};

static const struct input_format *find_format(const uint8_t *start, size_t n)
{
	for (size_t i = 0; i + 1 < ARRAY_LEN(input_formats); i++) {
		if (input_formats[i]->is_mine(start, n))
			return input_formats[i];
	}
	return input_formats[ARRAY_LEN(input_formats) - 1];
}

bool input_open_file(struct trace_input *file, struct input **ret_input, struct err *err)
{
	uint8_t start[SNIFFED_BYTES];
	size_t n;
	if (!trace_input_read(file, 0, start, sizeof(start), &n, err)) {
		trace_input_close(file);
		return false;
	}
	return find_format(start, n)->open(file, ret_input, err);
}

const struct import_format *input_find_profile(const struct trace_input *file)
{
	uint8_t start[IMPORT_SNIFF_BYTES];
	size_t n = 0;
	struct err ignored = { 0 };
	if (!trace_input_read(file, 0, start, sizeof(start), &n, &ignored))
		return NULL;
	return import_find(start, n);
}

bool input_open(const char *path, struct input **ret_input, struct err *err)
{
	struct trace_input file;
	if (!trace_input_open(&file, path, err))
		return false;
	const struct import_format *profile = input_find_profile(&file);
	if (profile) {
		err_set(err, "%s is a profile (%s), no recording; ddrec report shows it", file.name,
			profile->name);
		trace_input_close(&file);
		return false;
	}
	return input_open_file(&file, ret_input, err);
}

void input_close(struct input *in)
{
	if (in)
		in->format->close(in);
}

static bool no_such_event(const struct input *in, const char *name, struct err *err)
{
	AUTO_BUF struct buf list = BUF_INIT;
	for (uint32_t i = 0; i < in->n_events; i++)
		buf_fmt(&list, "%s%s", i ? ", " : "", in->events[i].name);
	return err_set(err, "%s: has no event '%s'; it has %.*s", in->name, name, (int)list.len,
		(const char *)list.data);
}

static bool find_event(
	const struct input *in, const char *name, uint32_t *ret_event, struct err *err)
{
	for (uint32_t i = 0; i < in->n_events; i++) {
		if (name ? strcmp(in->events[i].name, name) == 0 : in->events[i].n_samples > 0) {
			*ret_event = i;
			return true;
		}
	}
	*ret_event = 0;
	if (!in->n_events)
		return err_set(err, "%s: has no event", in->name);
	return !name || no_such_event(in, name, err);
}

bool input_choose_event(struct input *in, const char *name, struct err *err)
{
	uint32_t number;
	if (!find_event(in, name, &number, err) || !in->format->choose_event(in, number, err))
		return false;
	const struct input_event *event = &in->events[number];
	in->meta.event = event->name;
	in->meta.event_is_time = event->is_time;
	in->meta.frequency_hz = event->frequency_hz;
	in->meta.period = event->period;
	return true;
}
