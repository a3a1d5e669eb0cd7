/*
 * The pieces of perf.data's header: see perf_header.h. Layouts: Linux,
 * tools/perf/Documentation/perf.data-file-format.txt.
 */
#include "report/perf_header.h"

#include "common/shell_quote.h"

#include <string.h>

enum { MAX_DESCS = 16384, MAX_WORDS = 65536 };
enum { BUILD_ID_BYTES = 20, BUILD_ID_AREA = 24 };
enum { UPDATE_NAME = 2 }; /* of EVENT_UPDATE: a new name for the event */

void perf_header_fini(struct perf_header *h)
{
	free(h->descs);
	free(h->ids);
	free(h->build_ids);
	free(h->updates);
	free(h->pmus);
	arena_fini(&h->arena);
	*h = (struct perf_header){ 0 };
}

/* Room for one more in an array that doubles. */
static bool make_room(void **array, size_t n, size_t *cap, size_t item_bytes)
{
	if (n < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 16;
	void *grown = realloc(*array, more * item_bytes);
	if (!grown)
		return false;
	*array = grown;
	*cap = more;
	return true;
}

bool perf_header_attr(struct perf_header *h, struct cursor *c)
{
	if (h->n_descs >= MAX_DESCS ||
		!make_room((void **)&h->descs, h->n_descs, &h->cap_descs, sizeof(*h->descs)))
		return false;
	if (!perf_desc_read(c, &h->descs[h->n_descs]))
		return false;
	h->n_descs++;
	return true;
}

bool perf_header_add_id(struct perf_header *h, uint64_t id, uint32_t desc)
{
	if (!make_room((void **)&h->ids, h->n_ids, &h->cap_ids, sizeof(*h->ids)))
		return false;
	h->ids[h->n_ids++] = (struct perf_id){ id, desc };
	h->ids_sorted = false;
	return true;
}

/* Bytes up to a NUL or the end, as a string that lives as long as the header. */
static const char *keep_text(struct perf_header *h, const uint8_t *bytes, size_t max_bytes)
{
	size_t len = strnlen((const char *)bytes, max_bytes);
	char *copy = arena_alloc(&h->arena, len + 1);
	if (copy)
		memcpy(copy, bytes, len);
	return copy;
}

/* A string of the header: its length with padding, then the bytes. NULL: malformed. */
static const char *read_text(struct perf_header *h, struct cursor *c)
{
	uint32_t len = cursor_u32(c);
	const uint8_t *bytes = cursor_bytes(c, len);
	return bytes ? keep_text(h, bytes, len) : NULL;
}

static bool read_host(struct perf_header *h, struct cursor *c)
{
	return (h->host = read_text(h, c)) != NULL;
}

static bool read_kernel(struct perf_header *h, struct cursor *c)
{
	return (h->kernel = read_text(h, c)) != NULL;
}

static bool read_version(struct perf_header *h, struct cursor *c)
{
	return (h->version = read_text(h, c)) != NULL;
}

static bool read_arch(struct perf_header *h, struct cursor *c)
{
	return (h->arch = read_text(h, c)) != NULL;
}

static bool read_cpu_model(struct perf_header *h, struct cursor *c)
{
	return (h->cpu_model = read_text(h, c)) != NULL;
}

static bool read_n_cpus(struct perf_header *h, struct cursor *c)
{
	cursor_skip(c, 4); /* available */
	h->n_cpus = cursor_u32(c);
	return !c->failed;
}

static bool read_command(struct perf_header *h, struct cursor *c)
{
	AUTO_BUF struct buf b = BUF_INIT;
	uint32_t n = cursor_u32(c);
	for (uint32_t i = 0; i < n && i < MAX_WORDS; i++) {
		const char *word = read_text(h, c);
		if (!word)
			return false;
		shell_quote(&b, word);
	}
	if (c->failed || b.failed)
		return false;
	h->command = keep_text(h, b.data ? b.data : (const uint8_t *)"", b.len);
	return h->command != NULL;
}

static bool read_build_ids(struct perf_header *h, struct cursor *c)
{
	while (cursor_left(c) >= PERF_RECORD_HEADER_BYTES) {
		cursor_skip(c, 4);
		uint16_t misc = cursor_u16(c);
		uint16_t size = cursor_u16(c);
		if (size < PERF_RECORD_HEADER_BYTES)
			return false;
		struct cursor body = cursor_sub(c, size - PERF_RECORD_HEADER_BYTES);
		if (!perf_header_build_id(h, misc, &body))
			return false;
	}
	return !c->failed;
}

bool perf_header_build_id(struct perf_header *h, uint16_t misc, struct cursor *c)
{
	struct perf_build_id b = { 0 };
	uint16_t mode = misc & PERF_RECORD_MISC_CPUMODE_MASK;
	cursor_skip(c, 4); /* pid */
	const uint8_t *area = cursor_bytes(c, BUILD_ID_AREA);
	if (!area || !cursor_left(c))
		return false;
	b.is_kernel = mode == PERF_RECORD_MISC_KERNEL;
	b.id.len = misc & PERF_MISC_BUILD_ID_SIZE ? MIN(area[BUILD_ID_BYTES], BUILD_ID_BYTES)
						  : BUILD_ID_BYTES;
	memcpy(b.id.bytes, area, b.id.len);
	b.path = keep_text(h, c->pos, cursor_left(c));
	if (mode != PERF_RECORD_MISC_KERNEL && mode != PERF_RECORD_MISC_USER)
		return true; /* of a virtual machine's guest */
	if (!b.path ||
		!make_room((void **)&h->build_ids, h->n_build_ids, &h->cap_build_ids, sizeof(b)))
		return false;
	h->build_ids[h->n_build_ids++] = b;
	return true;
}

static void set_name(struct perf_desc *d, const char *name)
{
	if (!name[0])
		return;
	if (!memccpy(d->name, name, '\0', sizeof(d->name)))
		d->name[sizeof(d->name) - 1] = '\0';
}

/* The names of the events, in the order of the attrs. */
static bool read_event_names(struct perf_header *h, struct cursor *c)
{
	uint32_t n = cursor_u32(c);
	uint32_t attr_bytes = cursor_u32(c);
	for (uint32_t i = 0; i < n && i < MAX_DESCS; i++) {
		cursor_skip(c, attr_bytes);
		uint32_t n_ids = cursor_u32(c);
		const char *name = read_text(h, c);
		cursor_skip(c, (size_t)n_ids * 8);
		if (c->failed || !name)
			return false;
		if (n == h->n_descs)
			set_name(&h->descs[i], name);
	}
	return !c->failed;
}

static bool read_pmus(struct perf_header *h, struct cursor *c)
{
	uint32_t n = cursor_u32(c);
	h->n_pmus = 0; /* a pipe can bring the table again and again */
	for (uint32_t i = 0; i < n && i < MAX_DESCS; i++) {
		struct perf_pmu pmu = { .type = cursor_u32(c) };
		pmu.name = read_text(h, c);
		if (!pmu.name ||
			!make_room((void **)&h->pmus, h->n_pmus, &h->cap_pmus, sizeof(pmu)))
			return false;
		h->pmus[h->n_pmus++] = pmu;
	}
	return !c->failed;
}

static bool read_clock(struct perf_header *h, struct cursor *c)
{
	cursor_skip(c, 8); /* version, clockid */
	uint64_t real_ns = cursor_u64(c);
	uint64_t clock_ns = cursor_u64(c);
	if (c->failed)
		return false;
	h->has_clock = true;
	h->real_ns = real_ns;
	h->clock_ns = clock_ns;
	return true;
}

static bool (*const readers[PERF_N_FEATS])(struct perf_header *h, struct cursor *c) = {
	[PERF_FEAT_BUILD_ID] = read_build_ids,
	[PERF_FEAT_HOSTNAME] = read_host,
	[PERF_FEAT_OSRELEASE] = read_kernel,
	[PERF_FEAT_VERSION] = read_version,
	[PERF_FEAT_ARCH] = read_arch,
	[PERF_FEAT_NRCPUS] = read_n_cpus,
	[PERF_FEAT_CPUDESC] = read_cpu_model,
	[PERF_FEAT_CMDLINE] = read_command,
	[PERF_FEAT_EVENT_DESC] = read_event_names,
	[PERF_FEAT_PMU_MAPPINGS] = read_pmus,
	[PERF_FEAT_CLOCK_DATA] = read_clock,
};

bool perf_header_feature(struct perf_header *h, unsigned int bit, struct cursor *c)
{
	return bit >= PERF_N_FEATS || !readers[bit] || readers[bit](h, c);
}

bool perf_header_update(struct perf_header *h, struct cursor *c)
{
	uint64_t what = cursor_u64(c);
	uint64_t id = cursor_u64(c);
	if (c->failed)
		return false;
	if (what != UPDATE_NAME || !cursor_left(c))
		return true;
	struct perf_update update = { id, keep_text(h, c->pos, cursor_left(c)) };
	if (!update.name ||
		!make_room((void **)&h->updates, h->n_updates, &h->cap_updates, sizeof(update)))
		return false;
	h->updates[h->n_updates++] = update;
	return true;
}

/* At the end, because between them there may be more ids, which have to be sorted to find one. */
static void apply_updates(struct perf_header *h)
{
	for (size_t i = 0; i < h->n_updates; i++) {
		uint32_t desc;
		if (perf_header_find(h, h->updates[i].id, &desc) && !h->descs[desc].name[0])
			set_name(&h->descs[desc], h->updates[i].name);
	}
}

void perf_header_complete(struct perf_header *h)
{
	apply_updates(h);
	for (size_t i = 0; i < h->n_descs; i++) {
		const char *pmu = NULL;
		for (size_t k = 0; k < h->n_pmus && !pmu; k++)
			pmu = h->pmus[k].type == h->descs[i].type ? h->pmus[k].name : NULL;
		perf_desc_make_name(&h->descs[i], pmu);
	}
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t left = ((const struct perf_id *)a)->id, right = ((const struct perf_id *)b)->id;
	return (left > right) - (left < right);
}

bool perf_header_find(struct perf_header *h, uint64_t id, uint32_t *ret_desc)
{
	if (h->n_ids && !h->ids_sorted)
		qsort(h->ids, h->n_ids, sizeof(*h->ids), compare_ids);
	h->ids_sorted = true;
	struct perf_id key = { .id = id };
	const struct perf_id *found =
		h->n_ids ? bsearch(&key, h->ids, h->n_ids, sizeof(key), compare_ids) : NULL;
	if (found)
		*ret_desc = found->desc;
	return found != NULL;
}

/* Modules, too, are files of the kernel's. */
static bool is_kernel_proper(const char *path)
{
	const char *name = basename(path);
	return strncmp(name, "[kernel.kallsyms]", 17) == 0 || strncmp(name, "vmlinux", 7) == 0;
}

const struct build_id *perf_header_kernel_id(const struct perf_header *h)
{
	for (size_t i = 0; i < h->n_build_ids; i++) {
		const struct perf_build_id *b = &h->build_ids[i];
		if (b->is_kernel && is_kernel_proper(b->path))
			return &b->id;
	}
	return NULL;
}
