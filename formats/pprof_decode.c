/*
 * Decoding a pprof file: see pprof_decode.h.
 */
#include "formats/pprof_decode.h"

#include "common/array.h"
#include "formats/pprof_proto.h"

enum {
	MAX_RECORDS = 1 << 24,
	MAX_MAPPINGS = 1 << 20,
	MAX_VALUE_TYPES = 64,
	MAX_COMMENTS = 1 << 16,
};

void pprof_file_fini(struct pprof_file *f)
{
	free(f->strings);
	free(f->value_types);
	free(f->mappings);
	free(f->functions);
	free(f->lines);
	free(f->locations);
	free(f->comments);
	intern_fini(&f->mapping_ids);
	intern_fini(&f->function_ids);
	intern_fini(&f->location_ids);
}

size_t pprof_offset(const struct pprof_file *f, const uint8_t *at)
{
	return (size_t)(at - f->data->data);
}

bool pprof_malformed(const struct pprof_file *f, const struct cursor *c, struct err *err)
{
	return err_set(err, "%s: pprof: malformed at offset %zu", f->name, pprof_offset(f, c->pos));
}

/* Room for one more in the array of that name, or an error. */
#define ADD_ROOM(f, array, limit, err)                                                           \
	((f)->n_##array >= (limit) ? err_set(err, "%s: pprof: more than %d %s", (f)->name,       \
					     (int)(limit), #array)                               \
				   : ARRAY_ROOM((f)->array, (f)->cap_##array, (f)->n_##array) || \
				err_set(err, "%s: no memory for its %s", (f)->name, #array))

static bool add_value_type(struct pprof_file *f, struct cursor *c, struct err *err)
{
	struct pprof_file_value_type type = { 0 };
	struct pb_field field;
	while (pb_next(c, &field)) {
		if (field.number == VALUE_TYPE_TYPE)
			type.type = field.value;
		else if (field.number == VALUE_TYPE_UNIT)
			type.unit = field.value;
	}
	if (c->failed)
		return pprof_malformed(f, c, err);
	if (!ADD_ROOM(f, value_types, MAX_VALUE_TYPES, err))
		return false;
	f->value_types[f->n_value_types++] = type;
	return true;
}

static bool add_mapping(struct pprof_file *f, struct cursor *c, struct err *err)
{
	struct pprof_file_mapping m = { .offset = (uint32_t)pprof_offset(f, c->start) };
	uint64_t *const numbers[] = {
		[MAPPING_ID] = &m.id,
		[MAPPING_START] = &m.start,
		[MAPPING_LIMIT] = &m.limit,
		[MAPPING_FILE_OFFSET] = &m.file_off,
		[MAPPING_FILENAME] = &m.filename,
		[MAPPING_BUILD_ID] = &m.build_id,
	};
	struct pb_field field;
	while (pb_next(c, &field))
		if (field.number < ARRAY_LEN(numbers))
			*numbers[field.number] = field.value;
	if (c->failed)
		return pprof_malformed(f, c, err);
	if (!ADD_ROOM(f, mappings, MAX_MAPPINGS, err))
		return false;
	f->mappings[f->n_mappings++] = m;
	return true;
}

static bool add_function(struct pprof_file *f, struct cursor *c, struct err *err)
{
	struct pprof_file_function added = { .offset = (uint32_t)pprof_offset(f, c->start) };
	uint64_t *const numbers[] = {
		[FUNCTION_ID] = &added.id,
		[FUNCTION_NAME] = &added.name,
		[FUNCTION_SYSTEM_NAME] = &added.system_name,
		[FUNCTION_FILENAME] = &added.filename,
	};
	struct pb_field field;
	while (pb_next(c, &field))
		if (field.number < ARRAY_LEN(numbers))
			*numbers[field.number] = field.value;
	if (c->failed)
		return pprof_malformed(f, c, err);
	if (!ADD_ROOM(f, functions, MAX_RECORDS, err))
		return false;
	f->functions[f->n_functions++] = added;
	return true;
}

static bool add_line(struct pprof_file *f, struct cursor c, struct err *err)
{
	struct pprof_file_line line = { 0 };
	struct pb_field field;
	while (pb_next(&c, &field)) {
		if (field.number == LINE_FUNCTION_ID)
			line.function = field.value;
		else if (field.number == LINE_LINE)
			line.line = field.value;
	}
	if (c.failed)
		return pprof_malformed(f, &c, err);
	if (!ADD_ROOM(f, lines, MAX_RECORDS, err))
		return false;
	f->lines[f->n_lines++] = line;
	return true;
}

static bool add_location(struct pprof_file *f, struct cursor *c, struct err *err)
{
	struct pprof_file_location l = { .offset = (uint32_t)pprof_offset(f, c->start),
		.first_line = (uint32_t)f->n_lines };
	uint64_t *const numbers[] = {
		[LOCATION_ID] = &l.id,
		[LOCATION_MAPPING_ID] = &l.mapping,
		[LOCATION_ADDRESS] = &l.address,
	};
	struct pb_field field;
	while (pb_next(c, &field)) {
		if (field.number < ARRAY_LEN(numbers))
			*numbers[field.number] = field.value;
		else if (field.number == LOCATION_LINE && !add_line(f, field.bytes, err))
			return false;
	}
	if (c->failed)
		return pprof_malformed(f, c, err);
	if (!ADD_ROOM(f, locations, MAX_RECORDS, err))
		return false;
	l.n_lines = (uint32_t)f->n_lines - l.first_line;
	f->locations[f->n_locations++] = l;
	return true;
}

static bool add_string(struct pprof_file *f, const struct cursor *c, struct err *err)
{
	if (!ADD_ROOM(f, strings, MAX_RECORDS, err))
		return false;
	f->strings[f->n_strings++] =
		(struct pprof_file_string){ (uint32_t)pprof_offset(f, c->start),
			(uint32_t)cursor_left(c) };
	return true;
}

static bool add_comment(struct pprof_file *f, uint64_t string, struct err *err)
{
	if (!ADD_ROOM(f, comments, MAX_COMMENTS, err))
		return false;
	f->comments[f->n_comments++] = string;
	return true;
}

/* Repeated numbers may stand one by one or packed. */
static bool add_comments(struct pprof_file *f, struct pb_field *field, struct err *err)
{
	if (field->wire != PB_BYTES)
		return add_comment(f, field->value, err);
	while (cursor_left(&field->bytes))
		if (!add_comment(f, cursor_uleb(&field->bytes), err))
			return false;
	return !field->bytes.failed || pprof_malformed(f, &field->bytes, err);
}

static bool take_period_type(struct pprof_file *f, struct cursor *c, struct err *err)
{
	size_t n = f->n_value_types;
	if (!add_value_type(f, c, err))
		return false;
	f->period_type = f->value_types[n];
	f->n_value_types = n;
	return true;
}

static bool take_message(struct pprof_file *f, struct pb_field *field, struct err *err)
{
	struct cursor *c = &field->bytes;
	switch (field->number) {
	case PROFILE_SAMPLE_TYPE:
		return add_value_type(f, c, err);
	case PROFILE_SAMPLE:
		f->n_samples++;
		return true;
	case PROFILE_MAPPING:
		return add_mapping(f, c, err);
	case PROFILE_LOCATION:
		return add_location(f, c, err);
	case PROFILE_FUNCTION:
		return add_function(f, c, err);
	case PROFILE_STRING_TABLE:
		return add_string(f, c, err);
	case PROFILE_PERIOD_TYPE:
		return take_period_type(f, c, err);
	case PROFILE_COMMENT:
		return add_comments(f, field, err);
	}
	return true;
}

static bool take_number(struct pprof_file *f, struct pb_field *field, struct err *err)
{
	switch (field->number) {
	case PROFILE_DROP_FRAMES:
	case PROFILE_KEEP_FRAMES:
		f->drops_frames |= field->value != 0;
		return true;
	case PROFILE_TIME_NANOS:
		f->time_ns = field->value;
		return true;
	case PROFILE_DURATION_NANOS:
		f->duration_ns = field->value;
		return true;
	case PROFILE_PERIOD:
		f->period = field->value;
		return true;
	case PROFILE_COMMENT:
		return add_comments(f, field, err);
	case PROFILE_DEFAULT_SAMPLE_TYPE:
		f->default_type = field->value;
		return true;
	}
	return true;
}

static bool take_fields(struct pprof_file *f, struct err *err)
{
	struct cursor c = pprof_samples(f);
	struct pb_field field;
	while (pb_next(&c, &field))
		if (!(field.wire == PB_BYTES ? take_message(f, &field, err)
					     : take_number(f, &field, err)))
			return false;
	return !c.failed || pprof_malformed(f, &c, err);
}

/* Checks. */

bool pprof_check_string(const struct pprof_file *f, uint64_t string, const char *what,
	size_t offset, struct err *err)
{
	if (string < f->n_strings || !string)
		return true;
	if (!offset) /* one of a few that need no address */
		return err_set(err, "%s: pprof: its %s names string %llu of %zu", f->name, what,
			(unsigned long long)string, f->n_strings);
	return err_set(err, "%s: pprof: the %s at offset %zu names string %llu of %zu", f->name,
		what, offset, (unsigned long long)string, f->n_strings);
}

/* The hash of an id; ids are mostly 1, 2, 3. */
static uint32_t id_hash(uint64_t id)
{
	return (uint32_t)intern_mix(0, id);
}

#define FIND_ID(f, table, ids, wanted)                                                       \
	({                                                                                   \
		uint32_t hash_ = id_hash(wanted), found_ = PPROF_NONE;                       \
		size_t at_;                                                                  \
		if ((wanted) && (wanted) <= (f)->n_##table &&                                \
			(f)->table[(wanted)-1].id == (wanted))                               \
			found_ = (uint32_t)(wanted)-1;                                       \
		else                                                                         \
			for (uint32_t i_ = intern_first(&(f)->ids, hash_, &at_);             \
				i_ != INTERN_NONE; i_ = intern_next(&(f)->ids, hash_, &at_)) \
				if ((f)->table[i_].id == (wanted))                           \
					found_ = i_;                                         \
		found_;                                                                      \
	})

static bool bad_id(const struct pprof_file *f, const char *what, uint64_t id, size_t offset,
	const char *how, struct err *err)
{
	return err_set(err, "%s: pprof: the %s at offset %zu has the id %llu, which %s", f->name,
		what, offset, (unsigned long long)id, how);
}

#define INDEX_IDS(f, table, ids, what, err)                                                 \
	({                                                                                  \
		bool ok_ = true;                                                            \
		for (uint32_t n_ = 0; ok_ && n_ < (f)->n_##table; n_++) {                   \
			uint64_t id_ = (f)->table[n_].id;                                   \
			uint32_t known_ = FIND_ID(f, table, ids, id_);                      \
			if (!id_ || (known_ != PPROF_NONE && known_ != n_))                 \
				ok_ = bad_id(f, what, id_, (f)->table[n_].offset,           \
					id_ ? "another has" : "means none", err);           \
			else if (!intern_add(&(f)->ids, id_hash(id_), n_))                  \
				ok_ = err_set(err, "%s: no memory for its ids", (f)->name); \
		}                                                                           \
		ok_;                                                                        \
	})

static bool check_tables(struct pprof_file *f, struct err *err)
{
	for (size_t i = 0; i < f->n_value_types; i++)
		if (!pprof_check_string(f, f->value_types[i].type, "value type", 0, err) ||
			!pprof_check_string(f, f->value_types[i].unit, "value type", 0, err))
			return false;
	for (size_t i = 0; i < f->n_mappings; i++)
		if (!pprof_check_string(
			    f, f->mappings[i].filename, "mapping", f->mappings[i].offset, err) ||
			!pprof_check_string(
				f, f->mappings[i].build_id, "mapping", f->mappings[i].offset, err))
			return false;
	for (size_t i = 0; i < f->n_functions; i++) {
		const struct pprof_file_function *fn = &f->functions[i];
		if (!pprof_check_string(f, fn->name, "function", fn->offset, err) ||
			!pprof_check_string(f, fn->system_name, "function", fn->offset, err) ||
			!pprof_check_string(f, fn->filename, "function", fn->offset, err))
			return false;
	}
	for (size_t i = 0; i < f->n_comments; i++)
		if (!pprof_check_string(f, f->comments[i], "comment", 0, err))
			return false;
	return pprof_check_string(f, f->default_type, "default value type", 0, err) &&
		pprof_check_string(f, f->period_type.type, "type of the period", 0, err) &&
		pprof_check_string(f, f->period_type.unit, "type of the period", 0, err);
}

static bool resolve_location(struct pprof_file *f, struct pprof_file_location *l, struct err *err)
{
	uint64_t mapping = l->mapping;
	l->mapping = mapping ? FIND_ID(f, mappings, mapping_ids, mapping) : PPROF_NONE;
	if (mapping && l->mapping == PPROF_NONE)
		return err_set(err,
			"%s: pprof: the location at offset %u names mapping %llu, which is not "
			"there",
			f->name, l->offset, (unsigned long long)mapping);
	for (uint32_t i = l->first_line; i < l->first_line + l->n_lines; i++) {
		uint64_t id = f->lines[i].function;
		f->lines[i].function = FIND_ID(f, functions, function_ids, id);
		if (f->lines[i].function == PPROF_NONE)
			return err_set(err,
				"%s: pprof: the location at offset %u names function %llu, which "
				"is not there",
				f->name, l->offset, (unsigned long long)id);
	}
	return true;
}

bool pprof_decode(struct pprof_file *f, const struct buf *data, const char *name, struct err *err)
{
	*f = (struct pprof_file){ .name = name, .data = data };
	if (!take_fields(f, err) || !check_tables(f, err))
		return false;
	if (!f->n_value_types)
		return err_set(err, "%s: pprof: it has no value types", name);
	if (!INDEX_IDS(f, mappings, mapping_ids, "mapping", err) ||
		!INDEX_IDS(f, functions, function_ids, "function", err) ||
		!INDEX_IDS(f, locations, location_ids, "location", err))
		return false;
	for (size_t i = 0; i < f->n_locations; i++)
		if (!resolve_location(f, &f->locations[i], err))
			return false;
	return true;
}

uint32_t pprof_find_location(const struct pprof_file *f, uint64_t id)
{
	return FIND_ID(f, locations, location_ids, id);
}

struct cursor pprof_samples(const struct pprof_file *f)
{
	return cursor_make(f->data->data, f->data->len);
}
