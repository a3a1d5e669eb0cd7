/* package: libdw-dev libelf-dev  flags: -ldw -lelf */
#include <elfutils/libdw.h>
#include <libelf.h>

int main(void)
{
	return elf_version(EV_CURRENT) == EV_NONE || dwarf_begin(-1, DWARF_C_READ) != NULL;
}
