/*
 * Runs line number programs: DWARF 5, 6.2.2 and 6.2.5. See dwarf_line.h; their headers are read by
 * dwarf_line_header.c.
 */
#include "report/dwarf_line.h"

#include <dwarf.h>

struct line_state { /* the registers that matter here, and the row that waits for its end */
	uint64_t address, file, line;
	uint64_t row_start, row_file, row_line;
	uint64_t quiet_until; /* rows that end here or before are not told */
	bool has_row;
	bool is_dead; /* the sequence does not begin in code */
};

struct line_run {
	const struct line_table *table;
	const struct code_ranges *code;
	line_row *row;
	void *ctx;
	struct line_state state;
	uint32_t reciprocal; /* of line_range, times 2^16, rounded up */
	bool tell_all;
	bool is_disordered;
};

static void begin_sequence(struct line_run *run)
{
	run->state = (struct line_state){ .file = 1, .line = 1 };
}

static void tell_row(struct line_run *run)
{
	struct line_state *s = &run->state;
	uint64_t next = run->row(run->ctx, s->row_start, s->address, s->row_file,
		s->row_line <= UINT32_MAX ? (uint32_t)s->row_line : 0);
	s->quiet_until = run->tell_all ? 0 : next;
}

/* The row that was waiting ends here, and another begins. */
static inline void emit_row(struct line_run *run)
{
	struct line_state *s = &run->state;
	if (s->has_row && s->file == s->row_file && s->line == s->row_line &&
		s->address >= s->row_start)
		return;
	if (!s->has_row)
		s->is_dead = !code_ranges_find(run->code, s->address);
	else if (s->address < s->row_start)
		run->is_disordered = true;
	else if (s->address > s->quiet_until && s->address > s->row_start && !s->is_dead)
		tell_row(run);
	s->has_row = true;
	s->row_start = s->address;
	s->row_file = s->file;
	s->row_line = s->line;
}

static void end_sequence(struct line_run *run)
{
	struct line_state *s = &run->state;
	if (s->has_row && !s->is_dead && s->address > s->row_start)
		tell_row(run);
	run->is_disordered |= s->has_row && s->address < s->row_start;
	begin_sequence(run);
}

static inline void advance(struct line_run *run, uint64_t operation)
{
	run->state.address += operation * run->table->min_insn_bytes;
}

/* x / line_range, for x below 256. */
static inline uint32_t divide(const struct line_run *run, uint32_t x)
{
	return x * run->reciprocal >> 16;
}

static inline void run_special(struct line_run *run, uint8_t adjusted)
{
	const struct line_table *t = run->table;
	if (!t->line_range)
		return;
	uint32_t operation = divide(run, adjusted);
	advance(run, operation);
	run->state.line +=
		(uint64_t)(int64_t)(t->line_base + (int)(adjusted - operation * t->line_range));
	emit_row(run);
}

static void run_extended(struct line_run *run, struct cursor *program)
{
	struct cursor c = cursor_sub(program, cursor_uleb(program));
	switch (cursor_u8(&c)) {
	case DW_LNE_end_sequence:
		end_sequence(run);
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
			advance(run, divide(run, 255u - t->opcode_base));
		break;
	case DW_LNS_fixed_advance_pc:
		run->state.address += cursor_u16(program);
		break;
	default:
		for (uint8_t i = 0; i < t->operand_counts[opcode - 1]; i++)
			cursor_uleb(program);
	}
}

static void run_program(struct line_run *run)
{
	struct cursor program = run->table->program;
	uint8_t opcode_base = run->table->opcode_base;
	begin_sequence(run);
	while (cursor_left(&program)) {
		uint8_t opcode = cursor_u8(&program);
		if (opcode >= opcode_base)
			run_special(run, opcode - opcode_base);
		else if (opcode == 0)
			run_extended(run, &program);
		else
			run_standard(run, &program, opcode);
	}
}

void line_table_run(
	const struct line_table *t, const struct code_ranges *code, line_row *row, void *ctx)
{
	struct line_run run = { .table = t, .code = code, .row = row, .ctx = ctx };
	run.reciprocal = t->line_range ? 65536 / t->line_range + 1 : 0;
	run_program(&run);
	run.tell_all = true;
	if (run.is_disordered)
		run_program(&run);
}
