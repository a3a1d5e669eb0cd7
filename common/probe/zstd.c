/* package: libzstd-dev  flags: -lzstd */
#include <zstd.h>

int main(void)
{
	return ZSTD_compressBound(1) == 0 || ZSTD_CLEVEL_DEFAULT == 0;
}
