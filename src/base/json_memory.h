/* json_memory.h -- memory for yajl, which looks at no allocation it makes: where there is none left the process ends.
 * Room: base. An end is a refusal for every caller; a write through NULL in a library would be one by luck alone.
 */
#ifndef PAWL_BASE_JSON_MEMORY_H
#define PAWL_BASE_JSON_MEMORY_H

#include <yajl/yajl_common.h>

/* For the second parameter of yajl_alloc, which copies it. */
yajl_alloc_funcs *json_memory(void);

#endif
