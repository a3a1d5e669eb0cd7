/*
 * Reads abbreviation tables: see dwarf_abbrev.h.
 */
#include "report/dwarf_abbrev.h"

#include "common/array.h"

#include <dwarf.h>

/* No entry has more attributes, no unit more kinds of entries: C++ units come to some hundreds. */
enum { MAX_SPECS = 256, MAX_ABBREVS = 1 << 20, MAX_SKIP = UINT16_MAX };

static uint8_t slot_of(uint64_t attribute)
{
	switch (attribute) {
	case DW_AT_low_pc:
		return SLOT_LOW_PC;
	case DW_AT_high_pc:
		return SLOT_HIGH_PC;
	case DW_AT_ranges:
		return SLOT_RANGES;
	case DW_AT_sibling:
		return SLOT_SIBLING;
	case DW_AT_call_file:
		return SLOT_CALL_FILE;
	case DW_AT_call_line:
		return SLOT_CALL_LINE;
	case DW_AT_name:
		return SLOT_NAME;
	case DW_AT_linkage_name:
	case DW_AT_MIPS_linkage_name:
		return SLOT_LINKAGE_NAME;
	case DW_AT_abstract_origin:
		return SLOT_ORIGIN;
	case DW_AT_specification:
		return SLOT_SPECIFICATION;
	case DW_AT_decl_line:
		return SLOT_DECL_LINE;
	case DW_AT_language:
		return SLOT_LANGUAGE;
	case DW_AT_stmt_list:
		return SLOT_STMT_LIST;
	case DW_AT_comp_dir:
		return SLOT_COMP_DIR;
	case DW_AT_dwo_name:
	case DW_AT_GNU_dwo_name:
		return SLOT_DWO_NAME;
	case DW_AT_GNU_dwo_id:
		return SLOT_DWO_ID;
	case DW_AT_addr_base:
	case DW_AT_GNU_addr_base:
		return SLOT_ADDR_BASE;
	case DW_AT_str_offsets_base:
		return SLOT_STR_OFFSETS_BASE;
	case DW_AT_rnglists_base:
		return SLOT_RNGLISTS_BASE;
	case DW_AT_GNU_ranges_base:
		return SLOT_RANGES_BASE;
	default:
		return SLOT_NONE;
	}
}

int dwarf_form_bytes(uint64_t form, struct dwarf_sizes sizes)
{
	switch (form) {
	case DW_FORM_flag_present:
	case DW_FORM_implicit_const:
		return 0;
	case DW_FORM_data1:
	case DW_FORM_ref1:
	case DW_FORM_flag:
	case DW_FORM_strx1:
	case DW_FORM_addrx1:
		return 1;
	case DW_FORM_data2:
	case DW_FORM_ref2:
	case DW_FORM_strx2:
	case DW_FORM_addrx2:
		return 2;
	case DW_FORM_strx3:
	case DW_FORM_addrx3:
		return 3;
	case DW_FORM_data4:
	case DW_FORM_ref4:
	case DW_FORM_strx4:
	case DW_FORM_addrx4:
	case DW_FORM_ref_sup4:
		return 4;
	case DW_FORM_addr: /* only 64-bit files are read */
	case DW_FORM_data8:
	case DW_FORM_ref8:
	case DW_FORM_ref_sig8:
	case DW_FORM_ref_sup8:
		return 8;
	case DW_FORM_data16:
		return 16;
	case DW_FORM_sec_offset:
	case DW_FORM_strp:
	case DW_FORM_line_strp:
	case DW_FORM_strp_sup:
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_GNU_strp_alt:
		return sizes.offset_bytes;
	case DW_FORM_ref_addr:
		return sizes.ref_addr_bytes;
	default:
		return -1;
	}
}

static struct dwarf_skip skip_of(uint64_t form, struct dwarf_sizes sizes)
{
	int n = dwarf_form_bytes(form, sizes);
	if (n >= 0)
		return (struct dwarf_skip){ SKIP_BYTES, (uint16_t)n };
	switch (form) {
	case DW_FORM_udata:
	case DW_FORM_sdata:
	case DW_FORM_ref_udata:
	case DW_FORM_strx:
	case DW_FORM_addrx:
	case DW_FORM_loclistx:
	case DW_FORM_rnglistx:
	case DW_FORM_GNU_addr_index:
	case DW_FORM_GNU_str_index:
		return (struct dwarf_skip){ .kind = SKIP_LEB };
	case DW_FORM_string:
		return (struct dwarf_skip){ .kind = SKIP_STRING };
	case DW_FORM_block:
	case DW_FORM_exprloc:
		return (struct dwarf_skip){ .kind = SKIP_BLOCK };
	default:
		return (struct dwarf_skip){ SKIP_FORM, (uint16_t)form };
	}
}

/* Neighbours of fixed sizes become one skip. */
static bool add_skip(struct dwarf_abbrevs *a, struct dwarf_abbrev *abbrev, struct dwarf_skip skip)
{
	struct dwarf_skip *last = abbrev->n_skips ? &a->skips[a->n_skips - 1] : NULL;
	if (skip.kind == SKIP_BYTES) {
		if (!skip.n)
			return true;
		if (last && last->kind == SKIP_BYTES && last->n + skip.n <= MAX_SKIP) {
			last->n = (uint16_t)(last->n + skip.n);
			return true;
		}
	}
	if (!ARRAY_ROOM(a->skips, a->cap_skips, a->n_skips))
		return false;
	a->skips[a->n_skips++] = skip;
	abbrev->n_skips++;
	return true;
}

static bool add_spec(struct dwarf_abbrevs *a, struct dwarf_abbrev *abbrev, uint64_t attribute,
	uint64_t form, int64_t implicit, struct dwarf_sizes sizes)
{
	if (form > UINT16_MAX || abbrev->n_specs == MAX_SPECS ||
		!ARRAY_ROOM(a->specs, a->cap_specs, a->n_specs))
		return false;
	int n_bytes = dwarf_form_bytes(form, sizes);
	struct dwarf_spec spec = {
		.form = (uint16_t)form,
		.slot = slot_of(attribute),
		.n_bytes = n_bytes < 0 ? SPEC_VARIES : (uint8_t)n_bytes,
		.implicit = implicit,
	};
	if (spec.slot != SLOT_NONE)
		abbrev->slots |= 1u << spec.slot;
	a->specs[a->n_specs++] = spec;
	abbrev->n_specs++;
	return add_skip(a, abbrev, skip_of(form, sizes));
}

static uint16_t sibling_at(const struct dwarf_abbrevs *a, const struct dwarf_abbrev *abbrev)
{
	uint32_t at = 0;
	for (uint32_t i = 0; i < abbrev->n_specs; i++) {
		const struct dwarf_spec *spec = &a->specs[abbrev->first_spec + i];
		if (spec->slot == SLOT_SIBLING)
			return spec->form == DW_FORM_ref4 ? (uint16_t)at : SIBLING_VARIES;
		if (spec->n_bytes == SPEC_VARIES)
			break;
		at += spec->n_bytes; /* at most MAX_SPECS times 16 */
	}
	return SIBLING_VARIES;
}

static void note_size(const struct dwarf_abbrevs *a, struct dwarf_abbrev *abbrev)
{
	const struct dwarf_skip *only = abbrev->n_skips == 1 ? &a->skips[a->n_skips - 1] : NULL;
	abbrev->sibling_at = sibling_at(a, abbrev);
	abbrev->has_one_size = !abbrev->n_skips || (only && only->kind == SKIP_BYTES);
	abbrev->size_bytes = abbrev->has_one_size && only ? only->n : 0;
}

static bool read_specs(struct dwarf_abbrevs *a, struct dwarf_abbrev *abbrev, struct cursor *c,
	struct dwarf_sizes sizes)
{
	for (;;) {
		uint64_t attribute = cursor_uleb(c), form = cursor_uleb(c);
		int64_t implicit = form == DW_FORM_implicit_const ? cursor_sleb(c) : 0;
		if (c->failed)
			return false;
		if (!attribute && !form)
			return true;
		if (!add_spec(a, abbrev, attribute, form, implicit, sizes))
			return false;
	}
}

static int compare_codes(const void *a, const void *b)
{
	const struct dwarf_abbrev *x = a, *y = b;
	return (x->code > y->code) - (x->code < y->code);
}

static bool read_all(
	struct dwarf_abbrevs *a, struct cursor *c, struct dwarf_sizes sizes, uint64_t max_code)
{
	bool is_sorted = true;
	for (uint64_t code; (code = cursor_uleb(c)) != 0;) {
		struct dwarf_abbrev abbrev = { .code = code };
		uint64_t tag = cursor_uleb(c);
		abbrev.tag = tag <= UINT16_MAX ? (uint16_t)tag : 0;
		abbrev.has_children = cursor_u8(c) != 0;
		abbrev.first_spec = (uint32_t)a->n_specs;
		abbrev.first_skip = (uint32_t)a->n_skips;
		if (a->n == MAX_ABBREVS || !read_specs(a, &abbrev, c, sizes) ||
			!ARRAY_ROOM(a->v, a->cap, a->n))
			return false;
		note_size(a, &abbrev);
		is_sorted &= !a->n || a->v[a->n - 1].code < code;
		a->v[a->n++] = abbrev;
		if (code == max_code)
			break;
	}
	if (!is_sorted)
		qsort(a->v, a->n, sizeof(*a->v), compare_codes);
	return !c->failed;
}

bool dwarf_abbrevs_read(struct dwarf_abbrevs *a, struct cursor section, uint64_t offset,
	struct dwarf_sizes sizes, uint64_t max_code)
{
	a->n = a->n_specs = a->n_skips = a->read_bytes = 0;
	bool ok = cursor_seek(&section, offset);
	if (ok) {
		ok = read_all(a, &section, sizes, max_code);
		a->read_bytes = cursor_offset(&section) - offset;
	}
	if (!ok)
		a->n = 0;
	return ok;
}

void dwarf_abbrevs_fini(struct dwarf_abbrevs *a)
{
	free(a->v);
	free(a->specs);
	free(a->skips);
	*a = (struct dwarf_abbrevs){ 0 };
}

const struct dwarf_abbrev *dwarf_abbrevs_search(const struct dwarf_abbrevs *a, uint64_t code)
{
	size_t low = 0, high = a->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (a->v[mid].code < code)
			low = mid + 1;
		else
			high = mid;
	}
	return low < a->n && a->v[low].code == code ? &a->v[low] : NULL;
}
