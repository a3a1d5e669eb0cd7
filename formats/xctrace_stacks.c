/*
 * Frames and stacks of an xctrace export: see xctrace_stacks.h.
 */
#include "formats/xctrace_stacks.h"

#include "common/array.h"
#include "formats/xctrace_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* On a frame's index, while its stack is made. */
static const uint32_t INLINED = UINT32_C(1) << 31;

void xctrace_stacks_fini(struct xctrace_stacks *s)
{
	free(s->binaries);
	free(s->frames);
	free(s->open);
	free(s->module_ends);
	intern_fini(&s->by_address);
}

/* Binaries. */

static bool ends_with(const char *str, const char *end)
{
	size_t len = strlen(str), end_len = strlen(end);
	return len >= end_len && !strcmp(str + len - end_len, end);
}

/* Of Linux as ddrec writes it, and of macOS. */
static enum profile_kind kind_of(const char *name, const char *path)
{
	if (!strcmp(name, "[vdso]") || !strcmp(name, "[vsyscall]"))
		return PROFILE_LIBRARY;
	if (*name == '[' || !strncmp(name, "kernel", 6) || !strcmp(name, "mach_kernel") ||
		strstr(path, ".kext/"))
		return PROFILE_KERNEL;
	bool is_library = strstr(name, ".so") || ends_with(name, ".dylib") ||
		strstr(path, ".framework/") || !strncmp(path, "/usr/lib/", 9);
	return is_library ? PROFILE_LIBRARY : PROFILE_USER;
}

/* A build-id is in lower case without dashes. A UUID has 16 bytes, also where the linker made a
 * build-id of 20 and the writer had to cut it. */
static uint32_t add_build_id(struct profile *p, const char *uuid)
{
	char hex[64];
	size_t n = 0;
	for (; *uuid && n < sizeof(hex); uuid++)
		if (isxdigit((unsigned char)*uuid))
			hex[n++] = (char)tolower((unsigned char)*uuid);
		else if (*uuid != '-')
			return profile_add_string(p, "");
	return profile_add_string_n(p, hex, n);
}

uint32_t xctrace_stacks_add_binary(struct xctrace_stacks *s, const char *name, const char *path,
	const char *uuid, uint64_t load_addr)
{
	struct profile_module module = {
		.name = profile_add_string(s->p, name),
		.path = profile_add_string(s->p, path),
		.build_id = add_build_id(s->p, uuid),
		.kind = kind_of(name, path),
	};
	if (!ARRAY_ROOM(s->binaries, s->cap_binaries, s->n_binaries)) {
		s->failed = true;
		return PROFILE_NONE;
	}
	s->binaries[s->n_binaries] =
		(struct xctrace_binary){ profile_add_module(s->p, &module), load_addr };
	return (uint32_t)s->n_binaries++;
}

/* Frames. */

static uint32_t push_frame(struct xctrace_stacks *s, const struct xctrace_frame *frame)
{
	if (s->n_frames >= INLINED || !ARRAY_ROOM(s->frames, s->cap_frames, s->n_frames)) {
		s->failed = true;
		return PROFILE_NONE;
	}
	s->frames[s->n_frames] = *frame;
	return (uint32_t)s->n_frames++;
}

static void note_end(struct xctrace_stacks *s, uint32_t module, uint64_t address)
{
	while (s->n_module_ends <= module) {
		if (!ARRAY_ROOM(s->module_ends, s->cap_module_ends, s->n_module_ends)) {
			s->failed = true;
			return;
		}
		s->module_ends[s->n_module_ends++] = 0;
	}
	s->module_ends[module] = MAX(s->module_ends[module], address + 1);
}

/* Where there is no symbol, the export repeats the address, which is one too high. */
static bool is_address(const char *name)
{
	return name[0] == '0' && name[1] == 'x' && name[2] &&
		strspn(name + 2, "0123456789abcdefABCDEF") == strlen(name + 2);
}

static struct profile_function function_of(
	struct xctrace_stacks *s, const char *name, const struct xctrace_frame *of)
{
	char made[512];
	uint32_t module = of->frame.module;
	struct profile_function function = { .module = module, .kind = PROFILE_OTHER };
	if (module < s->p->n_modules)
		function.kind = s->p->modules[module].kind;
	function.has_symbol = !is_address(name) && *name != '[';
	if (is_address(name) && function.kind != PROFILE_JIT && module < s->p->n_modules)
		snprintf(made, sizeof(made), "[%s+0x%llx]", profile_module_label(s->p, module),
			(unsigned long long)of->frame.address);
	else if (is_address(name))
		snprintf(made, sizeof(made), "0x%llx", (unsigned long long)of->pc);
	else
		made[0] = '\0';
	function.name = *made
		? profile_add_string(s->p, made)
		: profile_add_string_n(s->p, name, xctrace_name_length(name, strlen(name)));
	return function;
}

/* Named code without a file was generated. What has no address is no code, and what has no name
 * may be any. */
static uint32_t module_without_file(struct xctrace_stacks *s, const char *name, uint64_t pc)
{
	if (!pc || is_address(name) || !strcmp(name, "[unknown]"))
		return PROFILE_NONE;
	struct profile_module jit = { .kind = PROFILE_JIT };
	return profile_add_module(s->p, &jit);
}

uint32_t xctrace_stacks_add_frame(struct xctrace_stacks *s, const char *name, uint64_t pc,
	uint32_t binary, uint32_t path, uint32_t line)
{
	struct xctrace_frame frame = { .pc = pc,
		.frame = { .address = pc, .file = path, .line = line } };
	if (binary < s->n_binaries) {
		frame.frame.module = s->binaries[binary].module;
		frame.frame.address = pc - s->binaries[binary].load_addr;
		note_end(s, frame.frame.module, frame.frame.address);
	} else {
		frame.frame.module = module_without_file(s, name, pc);
		frame.is_no_stack = !pc && !strcmp(name, "[no stack]");
	}
	struct profile_function function = function_of(s, name, &frame);
	frame.frame.function = profile_add_function(s->p, &function);
	return push_frame(s, &frame);
}

uint32_t xctrace_stacks_add_address(struct xctrace_stacks *s, uint64_t pc, const char *name)
{
	char hex[24];
	uint32_t hash = (uint32_t)intern_mix(s->seed, pc);
	size_t at;
	for (uint32_t i = intern_first(&s->by_address, hash, &at); !name && i != INTERN_NONE;
		i = intern_next(&s->by_address, hash, &at))
		if (s->frames[i].pc == pc)
			return i;
	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)pc);
	struct profile_function function = {
		.name = profile_add_string(s->p, name ? name : hex),
		.module = PROFILE_NONE,
		.kind = PROFILE_OTHER,
		.has_symbol = name != NULL,
	};
	struct xctrace_frame frame = { .pc = pc,
		.frame = { .function = profile_add_function(s->p, &function),
			.module = PROFILE_NONE,
			.address = pc } };
	uint32_t index = push_frame(s, &frame);
	if (!name && index != PROFILE_NONE)
		s->failed |= !intern_add(&s->by_address, hash, index);
	return index;
}

/* Stacks. */

bool xctrace_stacks_push(struct xctrace_stacks *s, uint32_t frame, struct err *err)
{
	if (frame >= s->n_frames || !ARRAY_ROOM(s->open, s->cap_open, s->n_open))
		return err_set(err, "no memory for its frames");
	if (++s->n_pushed > s->max_pushed)
		return err_set(err, "its references make more frames than it has bytes");
	s->open[s->n_open++] = frame;
	return true;
}

static bool is_same_place(const struct xctrace_stacks *s, uint32_t frame, uint32_t other)
{
	const struct xctrace_frame *a = &s->frames[frame], *b = &s->frames[other];
	return a->pc && a->pc == b->pc && a->frame.module == b->frame.module;
}

/*
 * Marks those that were inlined into the frame behind them. Frames at one address are a function
 * and what was inlined at that place, innermost first; where the innermost comes again, the
 * function has called itself there.
 */
static void mark_inlined(struct xctrace_stacks *s, size_t first, size_t n)
{
	uint32_t innermost = n > first ? s->open[first] : 0;
	for (size_t i = first; i + 1 < n; i++) {
		uint32_t caller = s->open[i + 1];
		if (caller == innermost || !is_same_place(s, innermost, caller))
			innermost = caller;
		else
			s->open[i] |= INLINED;
	}
}

uint32_t xctrace_stacks_pop(struct xctrace_stacks *s, size_t first)
{
	size_t n = s->n_open;
	uint32_t stack = PROFILE_NO_STACK;
	s->n_open = first;
	if (n == first + 1 && s->frames[s->open[first]].is_no_stack)
		return PROFILE_NO_STACK;
	mark_inlined(s, first, n);
	for (size_t i = n; i-- > first;) {
		struct profile_frame frame = s->frames[s->open[i] & ~INLINED].frame;
		frame.is_inlined = s->open[i] & INLINED;
		stack = profile_add_stack(s->p, stack, profile_add_frame(s->p, &frame));
	}
	return stack;
}

void xctrace_stacks_place(struct xctrace_stacks *s)
{
	for (size_t i = 0; i < s->n_binaries; i++) {
		uint32_t module = s->binaries[i].module;
		uint64_t load_addr = s->binaries[i].load_addr;
		uint64_t end = module < s->n_module_ends ? s->module_ends[module] : 0;
		if (load_addr + end > load_addr)
			profile_place_module(s->p, module,
				&(struct profile_place){ .start = load_addr,
					.end = load_addr + end,
					.bias = load_addr });
	}
}
