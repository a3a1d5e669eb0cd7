/*
 * XML in which what occurs again is written once, with an id, and then referred to by it. Ids are
 * numbers, unique in the document, and the first attribute of their element.
 *
 *	if (!xml_start_once(&refs, "path", &id_of_path)) {
 *		xml_text(&refs.x, path);
 *		xml_end(&refs.x);
 *	}
 */
#ifndef FORMATS_XML_REFS_H
#define FORMATS_XML_REFS_H

#include "formats/intern.h"
#include "formats/xml_stream.h"

struct xml_refs {
	struct xml_stream x;
	uint32_t next_id;
	bool is_full; /* no ids are left: the document is not right */
};

/* Ids of elements that hold one number. Only so many are remembered: memory has an end. */
struct xml_number_ids {
	struct intern index;
	struct xml_number_id *ids;
	size_t n, cap;
};

void xml_number_ids_fini(struct xml_number_ids *t);

/* Opens the element with a new id, which is returned. */
uint32_t xml_start_new(struct xml_refs *refs, const char *element);
/* True: it was written before, and a reference has been written. Else the element is open. *id is 0
 * at first. */
bool xml_start_once(struct xml_refs *refs, const char *element, uint32_t *id);
bool xml_start_number(
	struct xml_refs *refs, const char *element, struct xml_number_ids *ids, uint64_t number);
/* <sentinel/>: a cell without a value. */
void xml_absent(struct xml_refs *refs);

#endif
