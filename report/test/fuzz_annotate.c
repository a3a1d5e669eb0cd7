/*
 * Fuzz entry: the first two bytes say how, the rest is an ELF file that was sampled all over its
 * code. Each function found there is annotated and written in every way. Sums must be kept.
 */
#include "report/test/annotate_fixture.h"
#include "report/annotate_output.h"
#include "report/elf_file.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { N_SPOTS = 48, N_SHOWN = 4 };

static const char *const no_dirs[] = { NULL };

/* At every other address one more function is inlined, which is what may be asked for. */
static void sample_segment(struct made *m, const struct elf_segment *segment)
{
	for (uint64_t i = 0; i < N_SPOTS; i++) {
		uint64_t at = segment->vaddr + segment->mem_bytes / N_SPOTS * i + i % 5;
		uint32_t stack = made_frame(m, PROFILE_NO_STACK, "f", at, false);
		if (i & 1)
			stack = made_frame(m, stack, "g", at, true);
		made_samples(m, stack, (int64_t)i + 1);
	}
}

static void check_sum(const struct annotation *a)
{
	int64_t sum = a->n_outside;
	for (size_t i = 0; i < a->n_insns; i++)
		sum += a->notes[i].self;
	if (sum != a->target->self)
		abort();
}

static void write_all(struct annotate_query *q, const struct annotate_look *look,
	const struct annotate_options *how, FILE *out)
{
	const struct annotate_output *const outputs[] = { &annotate_output_text,
		&annotate_output_html, &annotate_output_json };
	const struct source_search nowhere = { 0 };
	struct err err = { 0 };
	for (size_t t = 0; t < q->n_targets && t < N_SHOWN; t++) {
		struct annotation a;
		struct source_files sources;
		if (!annotate_init(&a, q, &q->targets[t], how, &err))
			continue;
		check_sum(&a);
		source_files_init(&sources, &nowhere);
		struct annotate_report report = { .p = q->p,
			.q = q,
			.words = "f",
			.items = &a,
			.sources = &sources,
			.n_items = 1,
			.look = *look };
		for (size_t i = 0; i < ARRAY_LEN(outputs); i++)
			if (!outputs[i]->write(&report, out, &err))
				abort();
		source_files_fini(&sources);
		annotate_fini(&a);
	}
}

static void annotate_image(const char *path, uint8_t flags, uint8_t width, FILE *out)
{
	const struct symbol_search search = { .debug_dirs = no_dirs };
	const struct annotate_options how = { .syntax = flags & 1 ? DISASM_INTEL : DISASM_ATT,
		.search = &search };
	const struct annotate_look look = { .no_asm = flags & 2,
		.no_source = flags & 4,
		.children = flags & 8,
		.full = flags & 16,
		.min_percent = flags & 32 ? 3 : 0,
		.colour = flags & 64,
		.width = width };
	struct made m = made_new(path, "", PROFILE_USER);
	struct elf_file *elf = NULL;
	struct annotate_query q;
	struct err err = { 0 };
	size_t n = 0;
	if (elf_file_open(path, &elf, &err)) {
		const struct elf_segment *segments = elf_file_segments(elf, &n);
		for (size_t i = 0; i < n && i < 4; i++)
			if (segments[i].executable)
				sample_segment(&m, &segments[i]);
		elf_file_close(elf);
	}
	if (annotate_query_init(&q, m.p, 0, &search, &err) &&
		annotate_query_find(&q, flags & 128 ? "g" : "f", NULL, &err))
		write_all(&q, &look, &how, out);
	annotate_query_fini(&q);
	profile_free(m.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	if (size < 2)
		return 0;
	AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);
	FILE *out = fopen("/dev/null", "we");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && out && write(fd, data + 2, size - 2) == (ssize_t)(size - 2))
		annotate_image(path, data[0], data[1], out);
	if (out)
		fclose(out);
	return 0;
}
