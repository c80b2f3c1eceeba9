/* xml.h -- an XML answer as the tree that JSON answers have, so that one reader of paths serves both.
 * Room: cloud. An element with elements in it is an object (members in order, one name may come again), one without is a
 * string; attributes are dropped. A document type is refused, so no entity can expand.
 */
#ifndef PAWL_CLOUD_XML_H
#define PAWL_CLOUD_XML_H

#include "base/json.h"

#define XML_MAX_DEPTH 64

/* *ret_root is the root element, its name as key. Lives with ${arena}. */
bool xml_parse(struct str text, struct arena *arena, struct json **ret_root,
	       struct err *err) PAWL_MUST_USE;

#endif
