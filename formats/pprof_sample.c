/*
 * The samples of a pprof file, decoded one by one: see pprof_decode.h.
 */
#include "formats/pprof_decode.h"

#include "common/array.h"
#include "formats/pprof_proto.h"

void pprof_file_sample_fini(struct pprof_file_sample *s)
{
	free(s->locations);
	free(s->values);
	free(s->labels);
}

static bool no_memory(const struct pprof_file *f, struct err *err)
{
	return err_set(err, "%s: no memory for a sample", f->name);
}

static bool take_location(
	const struct pprof_file *f, struct pprof_file_sample *s, uint64_t id, struct err *err)
{
	uint32_t location = pprof_find_location(f, id);
	if (location == PPROF_NONE)
		return err_set(err,
			"%s: pprof: the sample at offset %zu names location %llu, which is not "
			"there",
			f->name, s->offset, (unsigned long long)id);
	if (!ARRAY_ROOM(s->locations, s->cap_locations, s->n_locations))
		return no_memory(f, err);
	s->locations[s->n_locations++] = location;
	return true;
}

static bool take_value(
	const struct pprof_file *f, struct pprof_file_sample *s, uint64_t value, struct err *err)
{
	if (s->n_values >= f->n_value_types)
		return err_set(err, "%s: pprof: the sample at offset %zu has more than %zu values",
			f->name, s->offset, f->n_value_types);
	if (!ARRAY_ROOM(s->values, s->cap_values, s->n_values))
		return no_memory(f, err);
	s->values[s->n_values++] = (int64_t)value;
	return true;
}

static bool take_label(
	const struct pprof_file *f, struct pprof_file_sample *s, struct cursor c, struct err *err)
{
	struct pprof_file_label label = { 0 };
	struct pb_field field;
	while (pb_next(&c, &field)) {
		if (field.number == LABEL_KEY)
			label.key = field.value;
		else if (field.number == LABEL_STR)
			label.str = field.value;
		else if (field.number == LABEL_NUM)
			label.num = field.value;
	}
	if (c.failed)
		return pprof_malformed(f, &c, err);
	if (!pprof_check_string(f, label.key, "sample", s->offset, err) ||
		!pprof_check_string(f, label.str, "sample", s->offset, err))
		return false;
	if (!ARRAY_ROOM(s->labels, s->cap_labels, s->n_labels))
		return no_memory(f, err);
	s->labels[s->n_labels++] = label;
	return true;
}

/* Locations and values may stand one by one or packed. */
static bool take_numbers(const struct pprof_file *f, struct pprof_file_sample *s,
	struct pb_field *field, struct err *err)
{
	bool (*take)(const struct pprof_file *, struct pprof_file_sample *, uint64_t,
		struct err *) = field->number == SAMPLE_LOCATION_ID ? take_location : take_value;
	if (field->wire != PB_BYTES)
		return take(f, s, field->value, err);
	while (cursor_left(&field->bytes)) {
		uint64_t number = cursor_uleb(&field->bytes);
		if (field->bytes.failed)
			return pprof_malformed(f, &field->bytes, err);
		if (!take(f, s, number, err))
			return false;
	}
	return true;
}

static bool take_sample(
	const struct pprof_file *f, struct cursor *c, struct pprof_file_sample *s, struct err *err)
{
	struct pb_field field;
	s->n_locations = s->n_values = s->n_labels = 0;
	s->offset = pprof_offset(f, c->start);
	while (pb_next(c, &field)) {
		bool ok = true;
		if (field.number == SAMPLE_LOCATION_ID || field.number == SAMPLE_VALUE)
			ok = take_numbers(f, s, &field, err);
		else if (field.number == SAMPLE_LABEL && field.wire == PB_BYTES)
			ok = take_label(f, s, field.bytes, err);
		if (!ok)
			return false;
	}
	if (c->failed)
		return pprof_malformed(f, c, err);
	if (s->n_values < f->n_value_types)
		return err_set(err,
			"%s: pprof: the sample at offset %zu has %zu values instead of %zu",
			f->name, s->offset, s->n_values, f->n_value_types);
	return true;
}

bool pprof_next_sample(const struct pprof_file *f, struct cursor *at, struct pprof_file_sample *ret,
	struct err *err)
{
	struct pb_field field;
	while (pb_next(at, &field))
		if (field.number == PROFILE_SAMPLE && field.wire == PB_BYTES)
			return take_sample(f, &field.bytes, ret, err);
	return false; /* all was well formed when the tables were decoded */
}
