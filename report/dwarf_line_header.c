/*
 * The header of a line number program, and its files: DWARF 5, 6.2.4, and DWARF 4, 6.2.4.
 * See dwarf_line.h. The program itself is run by dwarf_line.c.
 */
#include "report/dwarf_line.h"

#include <dwarf.h>
#include <inttypes.h>
#include <string.h>

enum { MAX_FORMATS = 16, MAX_PATH_BYTES = 4096, GNU_STRP_ALT = 0x1f21 };

struct entry_format {
	struct {
		uint64_t content, form; /* DW_LNCT_*, DW_FORM_* */
	} v[MAX_FORMATS];
	unsigned n;
};

/* A header being read. */
struct header {
	const struct line_sections *sections;
	struct cursor c;
	bool is_64bit;
	bool no_memory;
};

static uint64_t read_offset(struct header *h)
{
	return h->is_64bit ? cursor_u64(&h->c) : cursor_u32(&h->c);
}

static const char *string_at(struct cursor section, uint64_t offset)
{
	cursor_seek(&section, offset);
	return cursor_str(&section);
}

/* Strings by index (DW_FORM_strx*) and in a supplementary file are not looked up: nobody writes
 * them into line tables. */
static const char *read_string(struct header *h, uint64_t form)
{
	switch (form) {
	case DW_FORM_string:
		return cursor_str(&h->c);
	case DW_FORM_line_strp:
		return string_at(h->sections->line_str, read_offset(h));
	case DW_FORM_strp:
		return string_at(h->sections->str, read_offset(h));
	case DW_FORM_strp_sup:
	case GNU_STRP_ALT:
		read_offset(h);
		return NULL;
	default:
		h->c.failed = true;
		return NULL;
	}
}

static uint64_t read_number(struct header *h, uint64_t form)
{
	switch (form) {
	case DW_FORM_udata:
		return cursor_uleb(&h->c);
	case DW_FORM_data1:
		return cursor_u8(&h->c);
	case DW_FORM_data2:
		return cursor_u16(&h->c);
	case DW_FORM_data4:
		return cursor_u32(&h->c);
	case DW_FORM_data8:
		return cursor_u64(&h->c);
	case DW_FORM_data16:
		cursor_skip(&h->c, 16);
		return 0;
	case DW_FORM_block:
		cursor_skip(&h->c, cursor_uleb(&h->c));
		return 0;
	default:
		read_string(h, form);
		return 0;
	}
}

static struct entry_format read_format(struct header *h)
{
	struct entry_format format = { .n = cursor_u8(&h->c) };
	if (format.n > MAX_FORMATS)
		h->c.failed = true;
	for (unsigned i = 0; i < format.n && !h->c.failed; i++) {
		format.v[i].content = cursor_uleb(&h->c);
		format.v[i].form = cursor_uleb(&h->c);
	}
	return format;
}

static struct line_file read_entry(struct header *h, const struct entry_format *format)
{
	struct line_file entry = { 0 };
	for (unsigned i = 0; i < format->n; i++) {
		if (format->v[i].content == DW_LNCT_path)
			entry.name = read_string(h, format->v[i].form);
		else if (format->v[i].content == DW_LNCT_directory_index)
			entry.dir = read_number(h, format->v[i].form);
		else
			read_number(h, format->v[i].form);
	}
	return entry;
}

/* An entry takes at least a byte, so a count beyond the bytes that are left is damage. */
static size_t read_count(struct header *h)
{
	uint64_t n = cursor_uleb(&h->c);
	if (n > cursor_left(&h->c))
		h->c.failed = true;
	return h->c.failed ? 0 : n;
}

static void *new_array(struct header *h, struct arena *memory, size_t n, size_t size_bytes)
{
	void *array = arena_alloc(memory, (n + 1) * size_bytes);
	if (!array)
		h->no_memory = h->c.failed = true;
	return array;
}

static void read_files_v5(struct header *h, struct line_table *t)
{
	struct entry_format format = read_format(h);
	size_t n = read_count(h);
	t->dirs = new_array(h, t->memory, n, sizeof(*t->dirs));
	while (t->n_dirs < n && !h->c.failed)
		t->dirs[t->n_dirs++] = read_entry(h, &format).name;
	format = read_format(h);
	n = read_count(h);
	t->files = new_array(h, t->memory, n, sizeof(*t->files));
	while (t->n_files < n && !h->c.failed)
		t->files[t->n_files++] = read_entry(h, &format);
}

static struct line_file read_file_v4(struct cursor *c)
{
	struct line_file file = { .name = cursor_str(c) };
	if (file.name && file.name[0]) {
		file.dir = cursor_uleb(c);
		cursor_uleb(c); /* time of change */
		cursor_uleb(c); /* length */
	}
	return file;
}

static bool is_entry(const char *name)
{
	return name && name[0];
}

/* Lists that end with an empty name: read twice, first to count. */
static void read_files_v4(struct header *h, struct line_table *t)
{
	struct cursor counting = h->c;
	size_t n = 0;
	while (is_entry(cursor_str(&counting)))
		n++;
	t->dirs = new_array(h, t->memory, n, sizeof(*t->dirs));
	while (t->n_dirs < n && !h->c.failed)
		t->dirs[t->n_dirs++] = cursor_str(&h->c);
	cursor_str(&h->c);
	counting = h->c;
	for (n = 0; is_entry(read_file_v4(&counting).name) && !counting.failed; n++)
		;
	t->files = new_array(h, t->memory, n, sizeof(*t->files));
	while (t->n_files < n && !h->c.failed)
		t->files[t->n_files++] = read_file_v4(&h->c);
	cursor_str(&h->c);
}

static void read_instruction_forms(struct header *h, struct line_table *t)
{
	t->min_insn_bytes = cursor_u8(&h->c);
	if (t->version >= 4)
		cursor_u8(&h->c); /* operations per instruction: 1 but on VLIW machines */
	cursor_u8(&h->c);         /* default_is_stmt: every row counts */
	t->line_base = (int8_t)cursor_u8(&h->c);
	t->line_range = cursor_u8(&h->c);
	t->opcode_base = cursor_u8(&h->c);
	t->operand_counts = cursor_bytes(&h->c, t->opcode_base ? t->opcode_base - 1 : 0);
}

/* unit_length: the 32-bit or the 64-bit form; h->c is then over the unit. */
static bool enter_unit(struct header *h, uint64_t offset)
{
	h->c = h->sections->line;
	cursor_seek(&h->c, offset);
	uint64_t unit_bytes = cursor_u32(&h->c);
	h->is_64bit = unit_bytes == 0xffffffff;
	if (h->is_64bit)
		unit_bytes = cursor_u64(&h->c);
	h->c = cursor_sub(&h->c, unit_bytes);
	return !h->c.failed;
}

static bool read_header(struct header *h, struct line_table *t)
{
	t->version = cursor_u16(&h->c);
	if (t->version < 2 || t->version > 5)
		return false;
	if (t->version == 5)
		cursor_u16(&h->c); /* sizes of addresses and segment selectors */
	uint64_t header_bytes = read_offset(h);
	t->program = h->c;
	cursor_skip(&t->program, header_bytes);
	read_instruction_forms(h, t);
	if (h->c.failed || t->program.failed)
		return false;
	if (t->version == 5)
		read_files_v5(h, t);
	else
		read_files_v4(h, t);
	return !h->c.failed;
}

bool line_table_open(const struct line_sections *sections, uint64_t offset, const char *comp_dir,
	struct arena *memory, struct line_table *ret_table, struct err *err)
{
	struct header h = { .sections = sections };
	struct line_table t = { .comp_dir = comp_dir, .memory = memory };
	if (!enter_unit(&h, offset) || !read_header(&h, &t))
		return err_set(err, ".debug_line: %s in the table at offset %" PRIu64,
			h.no_memory ? "no memory" : "damage", offset);
	t.size_bytes = cursor_offset(&h.c) + cursor_left(&h.c);
	*ret_table = t;
	return true;
}

static const char *join_path(struct arena *memory, const char *dir, const char *name)
{
	if (!dir || !dir[0] || name[0] == '/' ||
		strnlen(dir, MAX_PATH_BYTES) + strnlen(name, MAX_PATH_BYTES) >= MAX_PATH_BYTES)
		return name;
	return arena_join(memory, dir, dir[strlen(dir) - 1] == '/' ? "" : "/", name);
}

/* Folder 0 is the compilation's: in the table from version 5 on, else DW_AT_comp_dir. */
static const char *file_folder(const struct line_table *t, const struct line_file *file)
{
	uint64_t index = file->dir;
	if (t->version < 5)
		return index && index - 1 < t->n_dirs ? t->dirs[index - 1] : t->comp_dir;
	return index < t->n_dirs ? t->dirs[index] : NULL;
}

const char *line_table_path(struct line_table *t, uint64_t file)
{
	uint64_t index = t->version < 5 ? file - 1 : file;
	if (index >= t->n_files || !is_entry(t->files[index].name))
		return NULL;
	struct line_file *f = &t->files[index];
	if (!f->path) {
		f->path = join_path(t->memory, file_folder(t, f), f->name);
		if (f->path)
			f->path = join_path(t->memory, t->comp_dir, f->path);
	}
	return f->path;
}
