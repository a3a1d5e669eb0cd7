/*
 * Runs line number programs: DWARF 5, 6.2.2 and 6.2.5. See dwarf_line.h; their headers are read by
 * dwarf_line_header.c.
 */
#include "report/dwarf_line.h"

#include <dwarf.h>

struct line_state { /* the registers that matter here, and the row that waits for its end */
	uint64_t address, file, line;
	uint64_t row_start, row_file, row_line;
	bool has_row;
	bool is_dead; /* the sequence does not begin in code */
};

struct line_run {
	const struct line_table *table;
	const struct code_ranges *code;
	void (*row)(void *ctx, uint64_t start, uint64_t end, uint64_t file, uint32_t line);
	void *ctx;
	struct line_state state;
};

static void begin_sequence(struct line_run *run)
{
	run->state = (struct line_state){ .file = 1, .line = 1 };
}

static void emit_row(struct line_run *run)
{
	struct line_state *s = &run->state;
	if (s->has_row && !s->is_dead && s->address > s->row_start)
		run->row(run->ctx, s->row_start, s->address, s->row_file,
			s->row_line <= UINT32_MAX ? (uint32_t)s->row_line : 0);
	if (!s->has_row)
		s->is_dead = !code_ranges_find(run->code, s->address);
	s->has_row = true;
	s->row_start = s->address;
	s->row_file = s->file;
	s->row_line = s->line;
}

static void advance(struct line_run *run, uint64_t operation)
{
	run->state.address += operation * run->table->min_insn_bytes;
}

static void run_special(struct line_run *run, uint8_t adjusted)
{
	const struct line_table *t = run->table;
	if (!t->line_range)
		return;
	advance(run, adjusted / t->line_range);
	run->state.line += (int64_t)t->line_base + adjusted % t->line_range;
	emit_row(run);
}

static void run_extended(struct line_run *run, struct cursor *program)
{
	struct cursor c = cursor_sub(program, cursor_uleb(program));
	switch (cursor_u8(&c)) {
	case DW_LNE_end_sequence:
		emit_row(run);
		begin_sequence(run);
		break;
	case DW_LNE_set_address:
		run->state.address = cursor_u64(&c);
		break;
	default: /* DW_LNE_set_discriminator, DW_LNE_define_file, a vendor's */
		break;
	}
}

static void run_standard(struct line_run *run, struct cursor *program, uint8_t opcode)
{
	const struct line_table *t = run->table;
	switch (opcode) {
	case DW_LNS_copy:
		emit_row(run);
		break;
	case DW_LNS_advance_pc:
		advance(run, cursor_uleb(program));
		break;
	case DW_LNS_advance_line:
		run->state.line += (uint64_t)cursor_sleb(program);
		break;
	case DW_LNS_set_file:
		run->state.file = cursor_uleb(program);
		break;
	case DW_LNS_const_add_pc:
		if (t->line_range)
			advance(run, (255 - t->opcode_base) / t->line_range);
		break;
	case DW_LNS_fixed_advance_pc:
		run->state.address += cursor_u16(program);
		break;
	default:
		for (uint8_t i = 0; i < t->operand_counts[opcode - 1]; i++)
			cursor_uleb(program);
	}
}

void line_table_run(const struct line_table *t, const struct code_ranges *code,
	void (*row)(void *ctx, uint64_t start, uint64_t end, uint64_t file, uint32_t line),
	void *ctx)
{
	struct line_run run = { .table = t, .code = code, .row = row, .ctx = ctx };
	struct cursor program = t->program;
	begin_sequence(&run);
	while (cursor_left(&program)) {
		uint8_t opcode = cursor_u8(&program);
		if (opcode >= t->opcode_base)
			run_special(&run, opcode - t->opcode_base);
		else if (opcode == 0)
			run_extended(&run, &program);
		else
			run_standard(&run, &program, opcode);
	}
}
