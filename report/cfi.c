/*
 * The entries of .eh_frame and .debug_frame: see cfi.h.
 */
#include "report/cfi.h"

#include <string.h>

enum { /* DW_EH_PE_*: LSB Core, 10.5.1 */
	PE_ABSPTR = 0x00,
	PE_ULEB128 = 0x01,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SIGNED = 0x08,
	PE_SLEB128 = 0x09,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_FORMAT = 0x0f,
	PE_PCREL = 0x10,
	PE_TEXTREL = 0x20,
	PE_DATAREL = 0x30,
	PE_ALIGNED = 0x50,
	PE_BASE = 0x70,
	PE_INDIRECT = 0x80,
};

/* A CIE's own program is run again for each of its FDEs; real ones have about ten bytes. */
static const size_t max_cie_program_bytes = 1024;

struct cfi_reader cfi_reader_make(const struct arch *arch, const struct cfi_section *section)
{
	return (struct cfi_reader){
		.arch = arch,
		.section = section,
		/* Offsets are kept in 32 bits. No section that elf_file gives is that large. */
		.at = cursor_make(section->data, MIN(section->size_bytes, (size_t)UINT32_MAX)),
	};
}

void cfi_reader_fini(struct cfi_reader *r)
{
	free(r->cies);
	*r = (struct cfi_reader){ 0 };
}

static uint64_t section_offset(const struct cursor *c, const struct cfi_section *section)
{
	return (uint64_t)(c->pos - section->data);
}

static uint64_t encoded_value(struct cursor *c, uint8_t format)
{
	switch (format) {
	case PE_ABSPTR:
	case PE_SIGNED:
	case PE_UDATA8:
	case PE_SDATA8:
		return cursor_u64(c);
	case PE_ULEB128:
		return cursor_uleb(c);
	case PE_SLEB128:
		return (uint64_t)cursor_sleb(c);
	case PE_UDATA2:
		return cursor_u16(c);
	case PE_SDATA2:
		return (uint64_t)(int64_t)(int16_t)cursor_u16(c);
	case PE_UDATA4:
		return cursor_u32(c);
	case PE_SDATA4:
		return (uint64_t)(int64_t)(int32_t)cursor_u32(c);
	}
	c->failed = true;
	return 0;
}

uint64_t cfi_pointer(struct cursor *c, const struct cfi_section *section, uint8_t encoding)
{
	uint64_t base = 0;
	switch (encoding & PE_BASE) {
	case 0:
		break;
	case PE_PCREL:
		base = section->vaddr + section_offset(c, section);
		break;
	case PE_TEXTREL:
		base = section->text_vaddr;
		break;
	case PE_DATAREL:
		base = section->data_vaddr;
		break;
	case PE_ALIGNED:
		cursor_skip(c, -(section->vaddr + section_offset(c, section)) & 7);
		encoding = PE_ABSPTR;
		break;
	default:
		c->failed = true;
	}
	if (encoding & PE_INDIRECT)
		c->failed = true;
	return base + encoded_value(c, encoding & PE_FORMAT);
}

/* One entry's extent: its body starts at the id field. */
struct entry {
	size_t offset;    /* of the length field */
	size_t id_offset; /* of the id field */
	uint64_t id;
	bool is_64bit;
	struct cursor body; /* behind the id */
};

/* False: cut. A zero length (the terminator, which may also stand in the middle) has no body. */
static bool read_entry(struct cursor *at, const struct cfi_section *section, struct entry *ret)
{
	struct entry e = { .offset = section_offset(at, section) };
	uint64_t len = cursor_u32(at);
	if (len == 0xffffffff) {
		e.is_64bit = true;
		len = cursor_u64(at);
	}
	e.id_offset = section_offset(at, section);
	e.body = cursor_sub(at, len);
	if (at->failed)
		return false;
	if (len > 0)
		e.id = e.is_64bit && !section->is_eh ? cursor_u64(&e.body) : cursor_u32(&e.body);
	*ret = e;
	return true;
}

static bool is_cie(const struct entry *e, const struct cfi_section *section)
{
	if (section->is_eh)
		return e->id == 0;
	return e->id == (e->is_64bit ? UINT64_MAX : UINT32_MAX);
}

/* The augmentation data of a CIE whose string starts with 'z'. */
static bool read_augmentation(struct cursor *c, const struct cfi_section *section,
	const char *letters, struct cfi_cie *cie)
{
	uint64_t size_bytes = cursor_uleb(c);
	struct cursor data = cursor_sub(c, size_bytes);
	cie->has_augmentation_data = true;
	for (const char *p = letters; *p; p++) {
		switch (*p) {
		case 'R':
			cie->fde_encoding = cursor_u8(&data);
			break;
		case 'P': {
			/* The personality's address is of no use, and may be indirect. */
			uint8_t encoding = cursor_u8(&data);
			cfi_pointer(&data, section, encoding & ~PE_INDIRECT);
			break;
		}
		case 'L':
			cursor_u8(&data);
			break;
		case 'S':
			cie->is_signal_frame = true;
			break;
		case 'B': /* aarch64: return addresses are signed with the B key */
		case 'G': /* aarch64: the frame is memory-tagged */
			break;
		default:
			return false;
		}
	}
	return !data.failed;
}

static bool read_cie_body(struct cursor c, const struct cfi_section *section, struct cfi_cie *cie)
{
	uint8_t version = cursor_u8(&c);
	const char *augmentation = cursor_str(&c);
	if (!augmentation || (version != 1 && version != 3 && version != 4))
		return false;
	if (strcmp(augmentation, "eh") == 0) { /* gcc before 3.0 */
		cursor_u64(&c);
		augmentation += 2;
	}
	if (version == 4) {
		uint8_t address_bytes = cursor_u8(&c), segment_bytes = cursor_u8(&c);
		if (address_bytes != 8 || segment_bytes != 0)
			return false;
	}
	cie->code_align = cursor_uleb(&c);
	cie->data_align = cursor_sleb(&c);
	cie->return_column = version == 1 ? cursor_u8(&c) : cursor_uleb(&c);
	if (*augmentation == 'z') {
		if (!read_augmentation(&c, section, augmentation + 1, cie))
			return false;
	} else if (*augmentation) {
		return false;
	}
	cie->program = c;
	return !c.failed && cursor_left(&c) <= max_cie_program_bytes;
}

static bool read_cie(const struct cfi_reader *r, uint64_t offset, struct cfi_cie *cie)
{
	struct entry e;
	struct cursor at = cursor_make(r->section->data, r->section->size_bytes);
	return cursor_seek(&at, offset) && read_entry(&at, r->section, &e) && !e.body.failed &&
		cursor_left(&e.body) > 0 && is_cie(&e, r->section) &&
		read_cie_body(e.body, r->section, cie) && cie->return_column < r->arch->n_regs;
}

static bool append_cie(struct cfi_reader *r, const struct cfi_cie *cie)
{
	if (r->n_cies == r->cap_cies) {
		size_t cap = r->cap_cies ? r->cap_cies * 2 : 8;
		struct cfi_cie *bigger = reallocarray(r->cies, cap, sizeof(*bigger));
		if (!bigger)
			return false;
		r->cies = bigger;
		r->cap_cies = cap;
	}
	r->cies[r->n_cies++] = *cie;
	return true;
}

/* The index of the CIE there, usable or not. One that was forgotten is read again. */
static bool find_cie(struct cfi_reader *r, uint64_t offset, uint32_t *ret_index)
{
	struct cfi_cie cie = { .offset = offset, .fde_encoding = PE_ABSPTR };
	uint32_t *recent = &r->recent[offset / 4 % CFI_RECENT_CIES];
	if (!*recent || r->cies[*recent - 1].offset != offset) {
		cie.is_usable = read_cie(r, offset, &cie);
		if (!append_cie(r, &cie))
			return false;
		*recent = (uint32_t)r->n_cies;
	}
	*ret_index = *recent - 1;
	return true;
}

static bool read_fde(struct cfi_reader *r, const struct entry *e, struct cfi_fde *ret_fde)
{
	struct cursor c = e->body;
	struct cfi_fde fde;
	/* .eh_frame counts back from the id field, .debug_frame from the section's start. */
	uint64_t cie_offset = r->section->is_eh ? e->id_offset - e->id : e->id;
	if (!find_cie(r, cie_offset, &fde.cie)) {
		r->no_memory = true;
		return false;
	}
	const struct cfi_cie *cie = &r->cies[fde.cie];
	if (!cie->is_usable)
		return false;
	fde.start = cfi_pointer(&c, r->section, cie->fde_encoding);
	/* The length has the pointer's size, but is never relative or negative. */
	uint64_t len = encoded_value(&c, cie->fde_encoding & PE_FORMAT & ~PE_SIGNED);
	fde.end = fde.start + len;
	if (cie->has_augmentation_data) {
		uint64_t size_bytes = cursor_uleb(&c);
		cursor_skip(&c, size_bytes);
	}
	if (c.failed || fde.end < fde.start)
		return false;
	fde.program_off = (uint32_t)section_offset(&c, r->section);
	fde.program_bytes = (uint32_t)cursor_left(&c);
	*ret_fde = fde;
	return true;
}

bool cfi_reader_next(struct cfi_reader *r, struct cfi_fde *ret_fde)
{
	struct entry e;
	while (cursor_left(&r->at) > 0) {
		if (!read_entry(&r->at, r->section, &e)) {
			r->n_bad++; /* where the next entry starts is unknown */
			return false;
		}
		if (cursor_left(&e.body) == 0 || is_cie(&e, r->section)) {
			r->n_bad += e.body.failed;
			continue;
		}
		if (read_fde(r, &e, ret_fde))
			return true;
		if (r->no_memory)
			return false;
		r->n_bad++;
	}
	return false;
}
