/*
 * Runs a fuzz entry over files and directories of files given as arguments, without a fuzzer: so
 * that what fuzzing found once is tested by every `make check`. Always tries the empty input too.
 */
#include "common/buf.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	if (!in) {
		perror(path);
		return false;
	}
	AUTO_BUF struct buf b = BUF_INIT;
	static uint8_t chunk[65536];
	for (size_t n; (n = fread(chunk, 1, sizeof(chunk), in)) > 0;)
		buf_bytes(&b, chunk, n);
	bool ok = !ferror(in) && !b.failed;
	fclose(in);
	if (ok)
		LLVMFuzzerTestOneInput(b.data, b.len);
	return ok;
}

/* Returns how many files were run, or -1. */
static int run_directory(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;
	for (struct dirent *entry; dir && n >= 0 && (entry = readdir(dir));) {
		char file[PATH_MAX];
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			n = run_file(file) ? n + 1 : -1;
	}
	if (dir)
		closedir(dir);
	return n;
}

int main(int argc, char **argv)
{
	int total = 1;
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++) {
		struct stat st;
		bool is_dir = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
		int n = is_dir ? run_directory(argv[i]) : run_file(argv[i]) ? 1 : -1;
		if (n < 0)
			return 1;
		total += n;
	}
	printf("%d inputs\n", total);
	return 0;
}
