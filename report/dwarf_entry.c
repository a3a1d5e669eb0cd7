/*
 * Reads entries of .debug_info: see dwarf_entry.h.
 */
#include "report/dwarf_entry.h"

#include <dwarf.h>
#include <string.h>

enum { MAX_STRING_BYTES = 64 * 1024 };

void dwarf_reader_fini(struct dwarf_reader *r)
{
	for (size_t i = 0; i < DWARF_READER_TABLES; i++)
		dwarf_abbrevs_fini(&r->tables[i].abbrevs);
}

const struct dwarf_abbrevs *dwarf_reader_abbrevs(
	struct dwarf_reader *r, const struct dwarf_unit *unit)
{
	size_t slot = (size_t)(unit - unit->file->units) % DWARF_READER_TABLES;
	struct dwarf_abbrevs *abbrevs = &r->tables[slot].abbrevs;
	if (r->tables[slot].unit == unit)
		return abbrevs;
	r->tables[slot].unit = unit;
	if (!dwarf_abbrevs_read(abbrevs, unit->file->abbrev, unit->abbrev_off, unit->sizes, 0))
		abbrevs->n = 0;
	return abbrevs;
}

struct cursor dwarf_unit_cursor(const struct dwarf_unit *unit, uint64_t offset)
{
	struct cursor c = cursor_make(unit->file->info.start, unit->end);
	if (offset < unit->first_entry || !cursor_seek(&c, offset))
		c.failed = true;
	return c;
}

static uint64_t read_bytes(struct cursor *c, unsigned n)
{
	const uint8_t *p = cursor_bytes(c, n);
	uint64_t v = 0;
	if (p)
		memcpy(&v, p, MIN(n, 8u)); /* little-endian, as all machines that we run on */
	return v;
}

static uint64_t read_value(const struct dwarf_unit *unit, struct cursor *c, uint64_t form)
{
	int n = dwarf_form_bytes(form, unit->sizes);
	uint64_t at;
	if (n >= 0)
		return read_bytes(c, (unsigned)n);
	switch (form) {
	case DW_FORM_string:
		at = cursor_offset(c);
		cursor_str(c);
		return at;
	case DW_FORM_sdata:
		return (uint64_t)cursor_sleb(c);
	case DW_FORM_block1:
		cursor_skip(c, cursor_u8(c));
		return 0;
	case DW_FORM_block2:
		cursor_skip(c, cursor_u16(c));
		return 0;
	case DW_FORM_block4:
		cursor_skip(c, cursor_u32(c));
		return 0;
	case DW_FORM_block:
	case DW_FORM_exprloc:
		cursor_skip(c, cursor_uleb(c));
		return 0;
	case DW_FORM_udata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		return cursor_uleb(c);
	default:
		c->failed = true;
		return 0;
	}
}

/* As most values are: of a fixed size, and well inside the unit. */
static inline bool read_fast(const struct dwarf_spec *spec, struct cursor *c, uint64_t *ret_number)
{
	if (spec->n_bytes > 8 || c->failed || c->end - c->pos < 8)
		return false;
	memcpy(ret_number, c->pos, 8);
	*ret_number &= spec->n_bytes == 8 ? UINT64_MAX : (1ull << 8 * spec->n_bytes) - 1;
	c->pos += spec->n_bytes;
	return true;
}

/* The form of DW_FORM_indirect is in the entry; it may not be indirect again. */
static struct dwarf_value read_spec(
	const struct dwarf_unit *unit, struct cursor *c, const struct dwarf_spec *spec)
{
	uint64_t form = spec->form;
	if (form == DW_FORM_indirect) {
		form = cursor_uleb(c);
		if (form > UINT16_MAX || form == DW_FORM_implicit_const)
			c->failed = true;
	}
	struct dwarf_value v = { (uint16_t)form, read_value(unit, c, form) };
	if (form == DW_FORM_implicit_const)
		v.number = (uint64_t)spec->implicit;
	return v;
}

/* What is rare is skipped with the cursor; it is at p. */
static const uint8_t *skip_slowly(const struct dwarf_unit *unit, struct cursor *c,
	const struct dwarf_skip *skip, const uint8_t *p)
{
	c->pos = p;
	switch (skip->kind) {
	case SKIP_BYTES:
		cursor_skip(c, skip->n);
		break;
	case SKIP_LEB: /* of either sign: a negative one of ten bytes is no unsigned number */
		cursor_sleb(c);
		break;
	case SKIP_STRING:
		cursor_str(c);
		break;
	case SKIP_BLOCK:
		cursor_skip(c, cursor_uleb(c));
		break;
	case SKIP_FORM:
		read_spec(unit, c, &(struct dwarf_spec){ .form = skip->n });
		break;
	}
	return c->pos;
}

/* Nearly all of a report's time with debug information is spent here. So the position is a local
 * variable; the cursor is up to date afterwards. */
static inline const uint8_t *skip_attributes(const struct dwarf_unit *unit,
	const struct dwarf_abbrevs *abbrevs, const struct dwarf_abbrev *abbrev, struct cursor *c,
	const uint8_t *p)
{
	const uint8_t *end = c->end;
	if (abbrev->has_one_size && abbrev->size_bytes <= end - p)
		return p + abbrev->size_bytes;
	for (uint32_t i = 0; i < abbrev->n_skips; i++) {
		const struct dwarf_skip *skip = &abbrevs->skips[abbrev->first_skip + i];
		if (skip->kind == SKIP_BYTES && skip->n <= end - p)
			p += skip->n;
		else if (skip->kind == SKIP_LEB && p < end && *p < 0x80)
			p++;
		else if (skip->kind == SKIP_BLOCK && p < end && *p < 0x80 && *p < end - p)
			p += *p + 1;
		else
			p = skip_slowly(unit, c, skip, p);
	}
	return p;
}

const struct dwarf_abbrev *dwarf_entry_peek(const struct dwarf_abbrevs *abbrevs, struct cursor *c)
{
	uint64_t code = cursor_uleb(c);
	const struct dwarf_abbrev *abbrev = code ? dwarf_abbrevs_find(abbrevs, code) : NULL;
	if (code && !abbrev)
		c->failed = true;
	return abbrev;
}

bool dwarf_entry_finish(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct dwarf_abbrev *abbrev, uint64_t offset, struct cursor *c,
	struct dwarf_entry *ret_entry)
{
	ret_entry->offset = offset;
	ret_entry->tag = abbrev->tag;
	ret_entry->has_children = abbrev->has_children;
	ret_entry->present = abbrev->slots;
	for (uint32_t i = 0; i < abbrev->n_specs; i++) {
		const struct dwarf_spec *spec = &abbrevs->specs[abbrev->first_spec + i];
		struct dwarf_value value = { .form = spec->form };
		if (spec->form == DW_FORM_implicit_const || !read_fast(spec, c, &value.number))
			value = read_spec(unit, c, spec);
		if (spec->slot != SLOT_NONE)
			ret_entry->values[spec->slot] = value;
	}
	ret_entry->next = cursor_offset(c);
	return !c->failed;
}

bool dwarf_entry_read(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	struct cursor *c, struct dwarf_entry *ret_entry)
{
	uint64_t offset = cursor_offset(c);
	const struct dwarf_abbrev *abbrev = dwarf_entry_peek(abbrevs, c);
	if (abbrev)
		return dwarf_entry_finish(unit, abbrevs, abbrev, offset, c, ret_entry);
	ret_entry->tag = 0;
	ret_entry->has_children = false;
	ret_entry->present = 0;
	ret_entry->next = cursor_offset(c);
	return !c->failed;
}

bool dwarf_entry_at(struct dwarf_reader *r, const struct dwarf_unit *unit, uint64_t offset,
	struct dwarf_entry *ret_entry)
{
	struct cursor c = dwarf_unit_cursor(unit, offset);
	return dwarf_entry_read(unit, dwarf_reader_abbrevs(r, unit), &c, ret_entry) &&
		ret_entry->tag;
}

/* Where the entry after a whole subtree begins, when DW_AT_sibling tells it; else 0. */
static uint64_t sibling_of(const struct dwarf_unit *unit, const struct dwarf_entry *entry)
{
	const struct dwarf_unit *target_unit;
	uint64_t target;
	bool ok = dwarf_entry_reference(unit, entry, SLOT_SIBLING, &target_unit, &target);
	return ok && target_unit == unit && target > entry->offset ? target : 0;
}

static void skip_list(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	struct cursor *c, struct dwarf_budget *budget)
{
	const uint8_t *p = c->pos;
	uint64_t n_steps = 0;
	size_t depth = 1;
	while (depth && !c->failed && p < c->end && n_steps < budget->steps) {
		const struct dwarf_abbrev *abbrev;
		n_steps++;
		if (!*p) {
			p++;
			depth--;
			continue;
		}
		if (*p < 0x80 && *p <= abbrevs->n && abbrevs->v[*p - 1].code == *p) {
			abbrev = &abbrevs->v[*p++ - 1];
		} else {
			c->pos = p;
			abbrev = dwarf_entry_peek(abbrevs, c);
			p = c->pos;
			if (!abbrev)
				break; /* damage, or a zero of several bytes */
		}
		p = skip_attributes(unit, abbrevs, abbrev, c, p);
		depth += abbrev->has_children;
	}
	c->pos = p;
	dwarf_budget_spend(budget, n_steps);
}

void dwarf_entry_skip_children(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct dwarf_entry *entry, struct cursor *c, struct dwarf_budget *budget)
{
	uint64_t sibling = entry->has_children ? sibling_of(unit, entry) : 0;
	if (sibling >= cursor_offset(c))
		cursor_seek(c, sibling);
	else if (entry->has_children)
		skip_list(unit, abbrevs, c, budget);
}

/* Jumps to where DW_AT_sibling says, if that is easily read, and ahead. */
static bool jump_to_sibling(
	const struct dwarf_unit *unit, const struct dwarf_abbrev *abbrev, struct cursor *c)
{
	uint32_t distance;
	if (abbrev->sibling_at == SIBLING_VARIES || c->failed ||
		c->end - c->pos < abbrev->sibling_at + 4)
		return false;
	memcpy(&distance, c->pos + abbrev->sibling_at, sizeof(distance));
	uint64_t target = unit->offset + distance;
	return target > cursor_offset(c) && target <= unit->end && cursor_seek(c, target);
}

void dwarf_entry_skip(const struct dwarf_unit *unit, const struct dwarf_abbrevs *abbrevs,
	const struct dwarf_abbrev *abbrev, struct cursor *c, struct dwarf_budget *budget)
{
	struct dwarf_entry entry;
	uint64_t offset = cursor_offset(c);
	if (!abbrev->has_children || !(abbrev->slots >> SLOT_SIBLING & 1)) {
		c->pos = skip_attributes(unit, abbrevs, abbrev, c, c->pos);
		if (abbrev->has_children)
			skip_list(unit, abbrevs, c, budget);
	} else if (!jump_to_sibling(unit, abbrev, c) &&
		dwarf_entry_finish(unit, abbrevs, abbrev, offset, c, &entry)) {
		dwarf_entry_skip_children(unit, abbrevs, &entry, c, budget);
	}
}

bool dwarf_entry_number(const struct dwarf_entry *e, enum dwarf_slot slot, uint64_t *ret_number)
{
	if (!dwarf_entry_has(e, slot))
		return false;
	switch (e->values[slot].form) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_implicit_const:
	case DW_FORM_sec_offset:
		*ret_number = e->values[slot].number;
		return true;
	default:
		return false;
	}
}

static bool read_at(struct cursor section, uint64_t base, uint64_t index, unsigned size_bytes,
	uint64_t *ret_number)
{
	uint64_t offset;
	if (__builtin_mul_overflow(index, size_bytes, &offset) ||
		__builtin_add_overflow(offset, base, &offset) || !cursor_seek(&section, offset))
		return false;
	*ret_number = read_bytes(&section, size_bytes);
	return !section.failed;
}

bool dwarf_entry_address(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	enum dwarf_slot slot, uint64_t *ret_vaddr)
{
	if (!dwarf_entry_has(e, slot))
		return false;
	switch (e->values[slot].form) {
	case DW_FORM_addr:
		*ret_vaddr = e->values[slot].number;
		return true;
	case DW_FORM_addrx:
	case DW_FORM_addrx1:
	case DW_FORM_addrx2:
	case DW_FORM_addrx3:
	case DW_FORM_addrx4:
	case DW_FORM_GNU_addr_index:
		return read_at(*unit->addr, unit->addr_base, e->values[slot].number, 8, ret_vaddr);
	default:
		return false;
	}
}

/* NULL also for what is longer than anybody's name: to look for its end takes long. */
static const char *string_at(struct cursor section, uint64_t offset)
{
	if (!cursor_seek(&section, offset))
		return NULL;
	size_t max_bytes = MIN(cursor_left(&section), (size_t)MAX_STRING_BYTES);
	bool has_end = max_bytes && memchr(section.pos, 0, max_bytes);
	return has_end ? (const char *)section.pos : NULL;
}

const char *dwarf_entry_string(
	const struct dwarf_unit *unit, const struct dwarf_entry *e, enum dwarf_slot slot)
{
	const struct dwarf_file *file = unit->file;
	uint64_t offset;
	if (!dwarf_entry_has(e, slot))
		return NULL;
	const struct dwarf_value *v = &e->values[slot];
	switch (v->form) {
	case DW_FORM_string:
		return string_at(file->info, v->number);
	case DW_FORM_strp:
		return string_at(file->str, v->number);
	case DW_FORM_line_strp:
		return string_at(file->line_str, v->number);
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_strp_alt:
		return file->alt ? string_at(file->alt->str, v->number) : NULL;
	case DW_FORM_strx:
	case DW_FORM_strx1:
	case DW_FORM_strx2:
	case DW_FORM_strx3:
	case DW_FORM_strx4:
	case DW_FORM_GNU_str_index:
		if (!read_at(file->str_offsets, unit->str_offsets_base, v->number,
			    unit->sizes.offset_bytes, &offset))
			return NULL;
		return string_at(file->str, offset);
	default:
		return NULL;
	}
}

/* The unit that holds an offset, or NULL. */
static const struct dwarf_unit *unit_at(const struct dwarf_file *file, uint64_t offset)
{
	size_t low = 0, high = file->n_units;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (file->units[mid].end <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	bool is_in = low < file->n_units && file->units[low].first_entry <= offset;
	return is_in ? &file->units[low] : NULL;
}

bool dwarf_entry_reference(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	enum dwarf_slot slot, const struct dwarf_unit **ret_unit, uint64_t *ret_offset)
{
	if (!dwarf_entry_has(e, slot))
		return false;
	const struct dwarf_unit *target = NULL;
	uint64_t offset = e->values[slot].number;
	switch (e->values[slot].form) {
	case DW_FORM_ref1:
	case DW_FORM_ref2:
	case DW_FORM_ref4:
	case DW_FORM_ref8:
	case DW_FORM_ref_udata:
		target = unit;
		offset += unit->offset;
		break;
	case DW_FORM_ref_addr:
		target = unit_at(unit->file, offset);
		break;
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
	case DW_FORM_GNU_ref_alt:
		target = unit->file->alt ? unit_at(unit->file->alt, offset) : NULL;
		break;
	}
	if (!target || offset < target->first_entry || offset >= target->end)
		return false;
	*ret_unit = target;
	*ret_offset = offset;
	return true;
}
