/*
 * Where the code is: see code_ranges.h.
 */
#include "report/code_ranges.h"

#include <gelf.h>

static int compare_ranges(const void *a, const void *b)
{
	const struct code_range *x = a, *y = b;
	return (x->start > y->start) - (x->start < y->start);
}

static void add(struct code_ranges *r, uint64_t start, uint64_t size_bytes)
{
	if (size_bytes && start + size_bytes > start)
		r->v[r->n++] = (struct code_range){ start, start + size_bytes };
}

static void add_sections(struct code_ranges *r, Elf *libelf)
{
	for (Elf_Scn *scn = elf_nextscn(libelf, NULL); scn; scn = elf_nextscn(libelf, scn)) {
		GElf_Shdr header;
		if (gelf_getshdr(scn, &header) && header.sh_flags & SHF_ALLOC &&
			header.sh_flags & SHF_EXECINSTR)
			add(r, header.sh_addr, header.sh_size);
	}
}

static void add_segments(struct code_ranges *r, const struct elf_segment *segments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (segments[i].executable)
			add(r, segments[i].vaddr, segments[i].mem_bytes);
}

/* A range that starts within the one before it begins where that one ends. */
static void make_disjoint(struct code_ranges *r)
{
	size_t kept = 0;
	if (r->n)
		qsort(r->v, r->n, sizeof(*r->v), compare_ranges);
	for (size_t i = 0; i < r->n; i++) {
		struct code_range range = r->v[i];
		if (kept)
			range.start = MAX(range.start, r->v[kept - 1].end);
		if (range.start < range.end)
			r->v[kept++] = range;
	}
	r->n = kept;
}

bool code_ranges_init(struct code_ranges *r, struct elf_file *elf, struct err *err)
{
	size_t n_segments, n_sections = 0;
	const struct elf_segment *segments = elf_file_segments(elf, &n_segments);
	Elf *libelf = elf_file_libelf(elf);
	if (!libelf || elf_getshdrnum(libelf, &n_sections) != 0)
		n_sections = 0;
	*r = (struct code_ranges){ 0 };
	r->v = calloc(n_segments + n_sections + 1, sizeof(*r->v));
	if (!r->v)
		return err_set(err, "%s: no memory", elf_file_name(elf));
	if (n_sections)
		add_sections(r, libelf);
	if (!r->n)
		add_segments(r, segments, n_segments);
	make_disjoint(r);
	return true;
}

void code_ranges_fini(struct code_ranges *r)
{
	free(r->v);
	*r = (struct code_ranges){ 0 };
}

const struct code_range *code_ranges_find(const struct code_ranges *r, uint64_t vaddr)
{
	size_t low = 0, high = r->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (r->v[mid].end <= vaddr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < r->n && r->v[low].start <= vaddr ? &r->v[low] : NULL;
}
