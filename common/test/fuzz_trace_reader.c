/*
 * libFuzzer entry: any bytes as a trace, and, so that checksums do not keep the fuzzer out, as the
 * payload of each kind of block in an otherwise whole trace.
 */
#include "common/test/trace_fuzz.h"

static volatile uint64_t sink; /* so that no read is left out */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (data[0] % 8 == 0)
		write_bytes(fd, data + 1, size - 1);
	else
		write_as_block(fd, data[0] % 8, data + 1, size - 1);
	sink = read_everything(fd);
	close(fd);
	return 0;
}
