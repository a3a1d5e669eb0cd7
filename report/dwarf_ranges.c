/*
 * Ranges of addresses in the debug information: DWARF 5, 2.17 (.debug_rnglists) and DWARF 4, 2.17
 * (.debug_ranges). See dwarf_entry.h.
 */
#include "report/dwarf_entry.h"

#include <dwarf.h>

struct range_list {
	const struct dwarf_unit *unit;
	struct dwarf_budget *budget;
	void (*range)(void *ctx, uint64_t start, uint64_t end);
	void *ctx;
	uint64_t base;
};

static void give(const struct range_list *l, uint64_t start, uint64_t end)
{
	if (start < end)
		l->range(l->ctx, start, end);
}

static void read_old_list(struct range_list *l, uint64_t offset)
{
	struct cursor c = *l->unit->old_ranges;
	cursor_seek(&c, offset + l->unit->ranges_base);
	while (dwarf_budget_spend(l->budget, 1)) {
		uint64_t start = cursor_u64(&c), end = cursor_u64(&c);
		if (c.failed || (!start && !end))
			return;
		if (start == UINT64_MAX)
			l->base = end;
		else
			give(l, l->base + start, l->base + end);
	}
}

static uint64_t indexed_address(const struct dwarf_unit *unit, uint64_t index, struct cursor *list)
{
	struct cursor c = *unit->addr;
	uint64_t offset;
	if (__builtin_mul_overflow(index, 8, &offset) ||
		__builtin_add_overflow(offset, unit->addr_base, &offset) ||
		!cursor_seek(&c, offset))
		list->failed = true;
	uint64_t vaddr = cursor_u64(&c);
	list->failed |= c.failed;
	return vaddr;
}

/* False at the end of the list. */
static bool read_range(struct range_list *l, struct cursor *c)
{
	uint64_t start = 0, end = 0;
	switch (cursor_u8(c)) {
	case DW_RLE_base_addressx:
		l->base = indexed_address(l->unit, cursor_uleb(c), c);
		return !c->failed;
	case DW_RLE_base_address:
		l->base = cursor_u64(c);
		return !c->failed;
	case DW_RLE_startx_endx:
		start = indexed_address(l->unit, cursor_uleb(c), c);
		end = indexed_address(l->unit, cursor_uleb(c), c);
		break;
	case DW_RLE_startx_length:
		start = indexed_address(l->unit, cursor_uleb(c), c);
		end = start + cursor_uleb(c);
		break;
	case DW_RLE_offset_pair:
		start = l->base + cursor_uleb(c);
		end = l->base + cursor_uleb(c);
		break;
	case DW_RLE_start_end:
		start = cursor_u64(c);
		end = cursor_u64(c);
		break;
	case DW_RLE_start_length:
		start = cursor_u64(c);
		end = start + cursor_uleb(c);
		break;
	default: /* DW_RLE_end_of_list, or unknown */
		return false;
	}
	if (!c->failed)
		give(l, start, end);
	return !c->failed;
}

/* DW_FORM_rnglistx is an index in the table of offsets at the unit's base. */
static void read_list(struct range_list *l, const struct dwarf_value *value)
{
	const struct dwarf_unit *unit = l->unit;
	struct cursor c = unit->file->rnglists;
	uint64_t offset = value->number;
	if (value->form == DW_FORM_rnglistx) {
		struct cursor table = c;
		if (offset > cursor_left(&c) ||
			!cursor_seek(
				&table, unit->rnglists_base + offset * unit->sizes.offset_bytes))
			return;
		offset = unit->sizes.offset_bytes == 8 ? cursor_u64(&table) : cursor_u32(&table);
		offset += unit->rnglists_base;
		c.failed |= table.failed;
	}
	cursor_seek(&c, offset);
	while (!c.failed && dwarf_budget_spend(l->budget, 1) && read_range(l, &c))
		;
}

/* DW_AT_high_pc is an address, or, from DWARF 4 on, a length. */
static bool low_high(const struct dwarf_unit *unit, const struct dwarf_entry *e, uint64_t *ret_low,
	uint64_t *ret_high)
{
	uint64_t length;
	if (!dwarf_entry_address(unit, e, SLOT_LOW_PC, ret_low))
		return false;
	if (dwarf_entry_address(unit, e, SLOT_HIGH_PC, ret_high))
		return true;
	if (!dwarf_entry_number(e, SLOT_HIGH_PC, &length))
		return false;
	*ret_high = *ret_low + length;
	return true;
}

void dwarf_entry_ranges(const struct dwarf_unit *unit, const struct dwarf_entry *e,
	struct dwarf_budget *budget, void (*range)(void *ctx, uint64_t start, uint64_t end),
	void *ctx)
{
	struct range_list list = { unit, budget, range, ctx, unit->low_pc };
	uint64_t low, high;
	if (low_high(unit, e, &low, &high))
		give(&list, low, high);
	else if (!dwarf_entry_has(e, SLOT_RANGES))
		return;
	else if (unit->version >= 5)
		read_list(&list, &e->values[SLOT_RANGES]);
	else
		read_old_list(&list, e->values[SLOT_RANGES].number);
}
