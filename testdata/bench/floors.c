/*
 * What the hardware and the kernel must cost, to stand beside what ddrec costs:
 *
 *	floors read FILE        reads FILE, which is in the page cache, in pieces of 1 MiB
 *	floors copy FILE        copies as many bytes as FILE has from memory to memory
 *	floors decompress FILE  decompresses all zstd frames of FILE, on one thread
 *
 * Prints the seconds, the best of five, and the bytes read, copied or decompressed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum { PIECE = 1 << 20, ROUNDS = 5 };

struct input {
	const char *path;
	size_t size_bytes;
	char *data, *copy;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t run_read(struct input *in)
{
	size_t total = 0;
	int fd = open(in->path, O_RDONLY | O_CLOEXEC);
	for (ssize_t n; fd >= 0 && (n = read(fd, in->copy, PIECE)) > 0;)
		total += (size_t)n;
	close(fd);
	return total;
}

static size_t run_copy(struct input *in)
{
	memcpy(in->copy, in->data, in->size_bytes);
	__asm__ volatile("" ::"r"(in->copy) : "memory"); /* the copy is needed */
	return in->size_bytes;
}

static size_t run_decompress(struct input *in)
{
	static char piece[PIECE];
	ZSTD_DCtx *zstd = ZSTD_createDCtx();
	ZSTD_inBuffer from = { in->data, in->size_bytes, 0 };
	size_t total = 0;
	while (zstd && from.pos < from.size) {
		ZSTD_outBuffer to = { piece, sizeof(piece), 0 };
		if (ZSTD_isError(ZSTD_decompressStream(zstd, &to, &from)))
			break;
		total += to.pos;
	}
	ZSTD_freeDCtx(zstd);
	return total;
}

static const struct floor_kind {
	const char *name;
	size_t (*run)(struct input *in);
} kinds[] = { { "read", run_read }, { "copy", run_copy }, { "decompress", run_decompress } };

static int load(struct input *in)
{
	struct stat st;
	if (stat(in->path, &st) != 0 || st.st_size == 0)
		return -1;
	in->size_bytes = (size_t)st.st_size;
	size_t room = in->size_bytes < PIECE ? PIECE : in->size_bytes;
	in->data = malloc(room);
	in->copy = malloc(room);
	FILE *file = fopen(in->path, "rb");
	if (!in->data || !in->copy || !file)
		return -1;
	memset(in->copy, 1, room);
	size_t n = fread(in->data, 1, in->size_bytes, file);
	fclose(file);
	return n == in->size_bytes ? 0 : -1;
}

static int measure(const struct floor_kind *kind, struct input *in)
{
	double best = 1e9;
	size_t bytes = 0;
	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		bytes = kind->run(in);
		double took = now() - start;
		best = took < best ? took : best;
	}
	printf("%.6f %zu\n", best, bytes);
	return bytes == 0;
}

int main(int argc, char **argv)
{
	struct input in = { .path = argc == 3 ? argv[2] : "" };
	for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, argv[1]) == 0)
			return load(&in) == 0 ? measure(&kinds[i], &in) : 1;
	}
	fprintf(stderr, "usage: floors read|copy|decompress FILE\n");
	return 2;
}
