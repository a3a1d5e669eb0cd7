/*
 * Reads the symbol tables of an ELF file into a symtab: .symtab, .dynsym, and the .symtab of the
 * xz-compressed ELF file in .gnu_debugdata ("MiniDebugInfo", which Fedora ships).
 */
#include "report/symtab_internal.h"

#include "common/cursor.h"

#include <elfutils/libdwelf.h>
#include <string.h>
#include <sys/mman.h>

enum {
	SYMBOL_BYTES = 24,
	MAX_NAME_BYTES = 64 * 1024,
	MAX_MINI_PACKED_BYTES = 16 * 1024 * 1024,
	MAX_MINI_BYTES = 512 * 1024 * 1024,
};

/* $x and $d tell code from data on aarch64 (ELF for the Arm 64-bit Architecture, 4.5.4); .L labels
 * are an assembler's own. */
static bool is_label(const char *name)
{
	if (name[0] == '$' && (name[1] == 'x' || name[1] == 'd'))
		return name[2] == 0 || name[2] == '.';
	return name[0] == '.' && name[1] == 'L';
}

static bool is_code_type(uint8_t type)
{
	return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

/* NULL: out of bounds, or longer than anybody's name; searching for the end of such, for each of
 * many symbols, would take forever. */
static const char *name_at(const struct elf_section *strings, uint32_t offset)
{
	if (offset >= strings->size_bytes)
		return NULL;
	size_t max_bytes = MIN(strings->size_bytes - offset, (size_t)MAX_NAME_BYTES);
	const void *name = strings->data + offset;
	return memchr(name, 0, max_bytes) ? name : NULL;
}

static bool add_symbol(struct symtab *t, struct cursor *symbols, const struct elf_section *strings,
	struct err *err)
{
	uint32_t name_off = cursor_u32(symbols);
	uint8_t info = cursor_u8(symbols), type = ELF64_ST_TYPE(info);
	cursor_u8(symbols); /* st_other */
	uint16_t section = cursor_u16(symbols);
	uint64_t start = cursor_u64(symbols), size_bytes = cursor_u64(symbols);
	if (section == SHN_UNDEF || !is_code_type(type))
		return true;
	if (type == STT_NOTYPE && section == SHN_ABS)
		return true;
	const char *name = name_at(strings, name_off);
	if (!name || (type == STT_NOTYPE && is_label(name)))
		return true;
	struct raw_symbol symbol = { start, size_bytes, name, ELF64_ST_BIND(info),
		type != STT_NOTYPE };
	return symtab_add_raw(t, &symbol, err);
}

static bool add_table(struct symtab *t, struct elf_file *elf, const char *symbols_name,
	const char *strings_name, struct err *err)
{
	struct elf_section symbols, strings;
	if (!elf_file_section(elf, symbols_name, &symbols, err) ||
		!elf_file_section(elf, strings_name, &strings, err))
		return err->text[0] == 0;
	if (!symbols.data || !strings.data)
		return true;
	struct cursor c = cursor_make(symbols.data, symbols.size_bytes);
	while (cursor_left(&c) >= SYMBOL_BYTES)
		if (!add_symbol(t, &c, &strings, err))
			return err_prefix(err, "%s", elf_file_name(elf));
	return true;
}

static bool add_both_tables(struct symtab *t, struct elf_file *elf, struct err *err)
{
	bool has_symtab = add_table(t, elf, ".symtab", ".strtab", err);
	struct err dynsym_err = { 0 };
	bool has_dynsym = add_table(t, elf, ".dynsym", ".dynstr", &dynsym_err);
	if (has_symtab && !has_dynsym)
		*err = dynsym_err;
	return has_symtab && has_dynsym;
}

/*
 * What an xz stream says it unpacks to (The .xz File Format, 2.1.2 and 4.3); UINT64_MAX when it
 * does not say. The decoder checks the claim, but only once it has unpacked everything.
 */
static uint64_t xz_unpacked_bytes(const struct elf_section *packed)
{
	struct cursor c = cursor_make(packed->data, packed->size_bytes);
	if (packed->size_bytes < 24 || !cursor_seek(&c, packed->size_bytes - 8))
		return UINT64_MAX;
	uint64_t index_bytes = ((uint64_t)cursor_u32(&c) + 1) * 4;
	if (index_bytes > packed->size_bytes - 12)
		return UINT64_MAX;
	cursor_seek(&c, packed->size_bytes - 12 - index_bytes);
	if (cursor_u8(&c) != 0)
		return UINT64_MAX;
	uint64_t total = 0;
	for (uint64_t n = cursor_uleb(&c); n && !c.failed; n--) {
		cursor_uleb(&c); /* unpadded size */
		uint64_t size_bytes = cursor_uleb(&c);
		if (size_bytes > MAX_MINI_BYTES || total + size_bytes > MAX_MINI_BYTES)
			return UINT64_MAX;
		total += size_bytes;
	}
	return c.failed ? UINT64_MAX : total;
}

/* libdw unpacks xz, bzip2 and zstd images, but only from a descriptor. */
static bool unpack_mini(struct elf_file *elf, const struct elf_section *packed,
	struct elf_file **ret_mini, struct err *err)
{
	if (packed->size_bytes > MAX_MINI_PACKED_BYTES ||
		xz_unpacked_bytes(packed) > MAX_MINI_BYTES)
		return err_set(
			err, "%s: .gnu_debugdata is damaged or too large", elf_file_name(elf));
	AUTO_CLOSE int fd = memfd_create("gnu_debugdata", MFD_CLOEXEC);
	if (fd < 0 || write(fd, packed->data, packed->size_bytes) != (ssize_t)packed->size_bytes)
		return err_errno(err, "%s: .gnu_debugdata", elf_file_name(elf));
	elf_version(EV_CURRENT);
	Elf *libelf = dwelf_elf_begin(fd);
	size_t size_bytes = 0;
	const char *image = libelf ? elf_rawfile(libelf, &size_bytes) : NULL;
	bool ok = image ? elf_file_open_memory(image, size_bytes, elf_file_name(elf), ret_mini, err)
			: err_set(err, "%s: not an xz-compressed ELF file", elf_file_name(elf));
	elf_end(libelf);
	return ok || err_prefix(err, ".gnu_debugdata");
}

static bool add_mini(struct symtab *t, struct elf_file *elf, struct err *err)
{
	struct elf_section packed;
	if (!elf_file_section(elf, ".gnu_debugdata", &packed, err) || !packed.data)
		return err->text[0] == 0;
	struct elf_file *mini;
	if (!unpack_mini(elf, &packed, &mini, err))
		return false;
	if (symtab_keep_file(t, mini))
		return add_both_tables(t, mini, err);
	elf_file_close(mini);
	return true;
}

bool symtab_add_file(struct symtab *t, struct elf_file *elf, struct err *err)
{
	bool ok = add_both_tables(t, elf, err);
	struct err mini_err = { 0 };
	bool ok_mini = add_mini(t, elf, &mini_err);
	if (ok && !ok_mini)
		*err = mini_err;
	return ok && ok_mini;
}
