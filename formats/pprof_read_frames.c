/*
 * Mappings and locations of a pprof file as modules and frames: see pprof_reader.h. What kind of
 * code it is, the names of the mapped files tell.
 */
#include "formats/pprof_reader.h"

#include "common/array.h"
#include "formats/import_kind.h"

#include <inttypes.h>
#include <stdio.h>

enum { MAX_MODULE_NAME = 200 }; /* in the name of a function that has none */

/* Modules. */

/* Addresses of a file's frames are offsets in it, for its ELF headers are not known here. */
static uint64_t bias_of(struct pprof_reader *r, const struct pprof_file_mapping *m)
{
	enum profile_kind kind = import_kind_of_path(pprof_reader_text(r, m->filename), m->start);
	bool is_file = kind == PROFILE_USER || kind == PROFILE_LIBRARY;
	return is_file ? m->start - m->file_off : 0;
}

/* Mappings of one file, in several processes or of several segments, are one module, which lies
 * where the first of them does. */
bool pprof_reader_add_modules(struct pprof_reader *r)
{
	r->modules = calloc(r->f->n_mappings + 1, sizeof *r->modules);
	for (size_t i = 0; r->modules && i < r->f->n_mappings; i++) {
		const struct pprof_file_mapping *m = &r->f->mappings[i];
		const char *path = pprof_reader_text(r, m->filename);
		struct profile_place place = {
			.start = m->start,
			.end = m->limit,
			.file_off = m->file_off,
			.bias = bias_of(r, m),
		};
		r->modules[i] =
			import_add_module(r->p, path, pprof_reader_text(r, m->build_id), &place);
	}
	return r->modules;
}

/* Frames. */

static uint32_t module_of(const struct pprof_reader *r, const struct pprof_file_location *l)
{
	return l->mapping == PPROF_NONE ? PROFILE_NONE : r->modules[l->mapping];
}

static uint64_t address_of(struct pprof_reader *r, const struct pprof_file_location *l)
{
	return l->address -
		(l->mapping == PPROF_NONE ? 0 : bias_of(r, &r->f->mappings[l->mapping]));
}

/* Names in brackets that are in both fields were made by who wrote the file. */
static uint32_t function_of(struct pprof_reader *r, uint64_t function, uint32_t module)
{
	const struct pprof_file_function *from = &r->f->functions[function];
	uint32_t raw = pprof_reader_string(r, from->system_name),
		 name = pprof_reader_string(r, from->name);
	if (!name)
		name = raw;
	bool is_made = *profile_string(r->p, name) == '[' && (raw == name || !raw);
	struct profile_function added = {
		.name = name ? name : profile_add_string(r->p, "[unnamed]"),
		.raw_name = is_made ? 0 : raw,
		.module = module,
		.kind = module == PROFILE_NONE ? import_kind_of_name(profile_string(r->p, name))
					       : r->p->modules[module].kind,
		.has_symbol = name && !is_made,
	};
	return profile_add_function(r->p, &added);
}

/* For a location without lines, which its writer did not symbolize. */
static uint32_t unknown_function(
	struct pprof_reader *r, const struct pprof_file_location *l, uint32_t module)
{
	char name[MAX_MODULE_NAME + 32];
	if (module == PROFILE_NONE)
		snprintf(name, sizeof name, "[0x%" PRIx64 "]", l->address);
	else
		snprintf(name, sizeof name, "[%.*s+0x%" PRIx64 "]", MAX_MODULE_NAME,
			profile_module_label(r->p, module), address_of(r, l));
	struct profile_function added = {
		.name = profile_add_string(r->p, name),
		.module = module,
		.kind = module == PROFILE_NONE ? PROFILE_OTHER : r->p->modules[module].kind,
	};
	return profile_add_function(r->p, &added);
}

static bool push_frame(struct pprof_reader *r, const struct profile_frame *frame)
{
	if (r->n_frames >= UINT32_MAX || !ARRAY_ROOM(r->frames, r->cap_frames, r->n_frames))
		return false;
	r->frames[r->n_frames++] = profile_add_frame(r->p, frame);
	return true;
}

static bool add_location(struct pprof_reader *r, const struct pprof_file_location *l)
{
	uint32_t module = module_of(r, l);
	struct profile_frame frame = { .module = module, .address = address_of(r, l) };
	if (!l->n_lines) {
		frame.function = unknown_function(r, l, module);
		return push_frame(r, &frame);
	}
	for (uint32_t i = l->n_lines; i-- > 0;) {
		const struct pprof_file_line *line = &r->f->lines[l->first_line + i];
		frame.function = function_of(r, line->function, module);
		frame.file = pprof_reader_string(r, r->f->functions[line->function].filename);
		frame.line = line->line <= INT32_MAX ? (uint32_t)line->line : 0;
		if (!push_frame(r, &frame))
			return false;
		frame.is_inlined = true;
	}
	return true;
}

bool pprof_reader_add_locations(struct pprof_reader *r)
{
	size_t n = r->f->n_locations;
	bool has_address = false;
	r->first_frame = calloc(n + 1, sizeof *r->first_frame);
	for (size_t i = 0; r->first_frame && i < n; i++) {
		r->first_frame[i] = (uint32_t)r->n_frames;
		has_address |= r->f->locations[i].address != 0;
		if (!add_location(r, &r->f->locations[i]))
			return false;
	}
	if (r->first_frame)
		r->first_frame[n] = (uint32_t)r->n_frames;
	r->p->has_addresses = has_address;
	return r->first_frame;
}
