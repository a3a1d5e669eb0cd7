/*
 * The head of a Firefox profile: see firefox.h. The front end shows "extra" in its panel of
 * metadata, under "Show more": what the recording was, and how good it is.
 */
#include "formats/firefox.h"
#include "formats/health.h"
#include "formats/number.h"
#include "formats/utf8.h"

#include <string.h>

/* The last version whose stackTable has "prefix", which Perfetto reads, begins at 60 and ends at
 * 65; newer readers upgrade it. */
enum { FORMAT_VERSION = 61, GECKO_VERSION = 24 };

static void put_categories(struct firefox *f)
{
	/* By profile_kind. The grey one is the front end's default. */
	static const struct {
		const char *name, *colour;
	} categories[PROFILE_N_KINDS] = {
		[PROFILE_USER] = { "User", "yellow" },
		[PROFILE_LIBRARY] = { "Library", "blue" },
		[PROFILE_KERNEL] = { "Kernel", "orange" },
		[PROFILE_JIT] = { "JIT", "green" },
		[PROFILE_OTHER] = { "Other", "grey" },
	};
	json_put_key(&f->w, "categories"), json_put_array(&f->w);
	for (size_t i = 0; i < PROFILE_N_KINDS; i++) {
		json_put_object(&f->w);
		json_put_key(&f->w, "name"), json_put_string(&f->w, categories[i].name);
		json_put_key(&f->w, "color"), json_put_string(&f->w, categories[i].colour);
		json_put_key(&f->w, "subcategories"), json_put_array(&f->w);
		json_put_string(&f->w, "Other");
		json_put_end(&f->w);
		json_put_end(&f->w);
	}
	json_put_end(&f->w);
}

static void put_units(struct firefox *f)
{
	if (f->cpu == FIREFOX_NO_CPU)
		return;
	json_put_key(&f->w, "sampleUnits"), json_put_object(&f->w);
	json_put_key(&f->w, "time"), json_put_string(&f->w, "ms");
	json_put_key(&f->w, "eventDelay"), json_put_string(&f->w, "ms");
	json_put_key(&f->w, "threadCPUDelta");
	json_put_string(&f->w, f->cpu == FIREFOX_CPU_TIME ? "µs" : "variable CPU cycles");
	json_put_end(&f->w);
}

static void put_times(struct firefox *f)
{
	const struct profile_meta *m = &f->p->meta;
	/* A sample at the end itself would lie outside. */
	uint64_t end_ns = MAX(m->duration_ns, f->end_ns + f->interval_ns);
	json_put_key(&f->w, "interval"), json_put_fixed(&f->w, (int64_t)f->interval_ns, 6);
	json_put_key(&f->w, "startTime"), json_put_fixed(&f->w, (int64_t)m->start_real_ns, 6);
	json_put_key(&f->w, "profilingStartTime"), json_put_u64(&f->w, 0);
	json_put_key(&f->w, "profilingEndTime"), json_put_fixed(&f->w, (int64_t)end_ns, 6);
}

/* Extra. */

static void put_entry(struct firefox *f, const char *label, const char *value, size_t len)
{
	if (!len)
		return;
	json_put_object(&f->w);
	json_put_key(&f->w, "label"), json_put_string(&f->w, label);
	json_put_key(&f->w, "format"), json_put_string(&f->w, "string");
	json_put_key(&f->w, "value"), json_put_string_n(&f->w, value, len);
	json_put_end(&f->w);
}

static void put_string_entry(struct firefox *f, const char *label, uint32_t string)
{
	const char *value = profile_string(f->p, string);
	put_entry(f, label, value, strlen(value));
}

static void begin_section(struct firefox *f, const char *label)
{
	json_put_object(&f->w);
	json_put_key(&f->w, "label"), json_put_string(&f->w, label);
	json_put_key(&f->w, "entries"), json_put_array(&f->w);
}

static void end_section(struct firefox *f)
{
	json_put_end(&f->w);
	json_put_end(&f->w);
}

static void put_recording(struct firefox *f)
{
	const struct profile_meta *m = &f->p->meta;
	AUTO_BUF struct buf duration = BUF_INIT;
	begin_section(f, "Recording");
	put_string_entry(f, "Command", m->command);
	put_string_entry(f, "Host", m->host);
	put_string_entry(f, "Kernel", m->kernel);
	put_string_entry(f, "Architecture", m->arch);
	put_string_entry(f, "Event", m->event);
	put_string_entry(f, "Clock", m->clock);
	if (m->duration_ns)
		number_duration(&duration, m->duration_ns);
	put_entry(f, "Duration", (const char *)duration.data, duration.len);
	put_string_entry(f, "Recorder", m->tool);
	put_string_entry(f, "File", m->source);
	if (!f->p->has_times)
		put_entry(f, "Times", "made up: the file has none", 26);
	end_section(f);
}

enum { LABEL_START = 2, LABEL_END = 13, LABEL_BYTES = LABEL_END - LABEL_START + 1 };

/* One entry for each of health_lines' lines: a label, or none where it goes on, and what it says.
 */
static void put_health_line(
	struct firefox *f, const char *line, size_t len, char label[LABEL_BYTES])
{
	if (len <= LABEL_END)
		return;
	if (line[LABEL_START] != ' ') {
		memcpy(label, line + LABEL_START, LABEL_BYTES - 1);
		label[strcspn(label, " ")] = '\0';
	}
	put_entry(f, label, line + LABEL_END, len - LABEL_END);
}

static void put_health(struct firefox *f)
{
	AUTO_BUF struct buf text = BUF_INIT;
	char label[LABEL_BYTES] = "";
	begin_section(f, "Health");
	if (f->p->n_samples)
		health_phrase(&text, f->p);
	else
		health_why_empty(&text, f->p);
	put_entry(f, "summary", (const char *)text.data, text.len);
	buf_clear(&text);
	health_warning(&text, f->p);
	put_entry(f, "warning", (const char *)text.data, text.len);
	buf_clear(&text);
	health_lines(&text, f->p);
	const char *line = (const char *)text.data, *end = line + (text.failed ? 0 : text.len);
	for (const char *newline;
		line < end && (newline = memchr(line, '\n', (size_t)(end - line)));
		line = newline + 1)
		put_health_line(f, line, (size_t)(newline - line), label);
	end_section(f);
}

/* The thread that is shown first. */
static size_t heaviest_thread(const struct firefox *f)
{
	size_t heaviest = thread_samples_heaviest(&f->samples, f->p, f->value);
	for (size_t i = 0; i < f->n_threads; i++)
		if (f->threads[i] == heaviest)
			return i;
	return 0;
}

static void put_flags(struct firefox *f)
{
	static const char *const on[] = { "symbolicated", "usesOnlyOneStackType",
		"sourceCodeIsNotOnSearchfox", "keepProfileThreadOrder" };
	json_put_key(&f->w, "processType"), json_put_u64(&f->w, 0);
	json_put_key(&f->w, "stackwalk"), json_put_u64(&f->w, 1);
	json_put_key(&f->w, "debug"), json_put_bool(&f->w, false);
	for (size_t i = 0; i < ARRAY_LEN(on); i++)
		json_put_key(&f->w, on[i]), json_put_bool(&f->w, true);
	json_put_key(&f->w, "markerSchema"), json_put_array(&f->w), json_put_end(&f->w);
	json_put_key(&f->w, "initialSelectedThreads"), json_put_array(&f->w);
	if (f->n_threads)
		json_put_u64(&f->w, heaviest_thread(f));
	json_put_end(&f->w);
}

/* "Linux 6.18.0 x86_64": the front end names the profile after it. */
static void put_system(struct firefox *f)
{
	AUTO_BUF struct buf system = BUF_INIT;
	const char *kernel = profile_string(f->p, f->p->meta.kernel);
	const char *release = strncmp(kernel, "Linux ", 6) ? kernel : kernel + 6;
	buf_str(&system, "Linux ");
	buf_bytes(&system, release, strcspn(release, " "));
	buf_fmt(&system, "%s%s", *release ? " " : "", profile_string(f->p, f->p->meta.arch));
	json_put_key(&f->w, "oscpu");
	json_put_string_n(&f->w, (const char *)system.data, system.failed ? 0 : system.len);
}

void firefox_put_meta(struct firefox *f)
{
	const struct profile *p = f->p;
	json_put_key(&f->w, "meta"), json_put_object(&f->w);
	json_put_key(&f->w, "version"), json_put_u64(&f->w, GECKO_VERSION);
	json_put_key(&f->w, "preprocessedProfileVersion"), json_put_u64(&f->w, FORMAT_VERSION);
	json_put_key(&f->w, "product"), json_put_string(&f->w, "ddrec");
	json_put_key(&f->w, "importedFrom"), json_put_string(&f->w, "ddrec");
	json_put_key(&f->w, "arguments"),
		json_put_string(&f->w, profile_string(p, p->meta.command));
	put_system(f);
	put_times(f);
	put_flags(f);
	put_units(f);
	put_categories(f);
	json_put_key(&f->w, "extra"), json_put_array(&f->w);
	put_recording(f);
	put_health(f);
	json_put_end(&f->w);
	json_put_end(&f->w);
}
