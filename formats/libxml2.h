/*
 * What is used of libxml2, which is opened when XML is read or written (common/library.h).
 */
#ifndef FORMATS_LIBXML2_H
#define FORMATS_LIBXML2_H

#include "common/library.h"

#include <libxml/parser.h>
#include <libxml/xmlwriter.h>

#define LIBXML2_FUNCTIONS(F)           \
	F(xmlCreatePushParserCtxt)     \
	F(xmlCtxtUseOptions)           \
	F(xmlFreeDoc)                  \
	F(xmlFreeParserCtxt)           \
	F(xmlFreeTextWriter)           \
	F(xmlNewTextWriter)            \
	F(xmlOutputBufferClose)        \
	F(xmlOutputBufferCreateIO)     \
	F(xmlParseChunk)               \
	F(xmlSAX2GetLineNumber)        \
	F(xmlSetStructuredErrorFunc)   \
	F(xmlStopParser)               \
	F(xmlTextWriterEndDocument)    \
	F(xmlTextWriterEndElement)     \
	F(xmlTextWriterFlush)          \
	F(xmlTextWriterStartDocument)  \
	F(xmlTextWriterStartElement)   \
	F(xmlTextWriterWriteAttribute) \
	F(xmlTextWriterWriteRaw)       \
	F(xmlTextWriterWriteString)    \
	F(__xmlStructuredError)        \
	F(__xmlStructuredErrorContext)

struct libxml2 {
	LIBXML2_FUNCTIONS(LIBRARY_POINTER)
};

MUST_CHECK bool libxml2_open(struct libxml2 *ret_library, struct err *err);

#endif
