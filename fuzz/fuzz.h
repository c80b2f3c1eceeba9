/* fuzz.h -- what every fuzz target shares: libFuzzer's entry point, and an assertion that says what was broken.
 * A target is total and says a property of what it reads (round trip, same bytes same answer), not only "no crash".
 */
#ifndef PAWL_FUZZ_FUZZ_H
#define PAWL_FUZZ_FUZZ_H

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(cond)                                                                           \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);         \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* JSON without the blanks behind it; yajl takes form feeds and vertical tabs for blanks as well. */
static inline struct str fuzz_trim_json(struct str text)
{
	while (text.len && text.ptr[text.len - 1] && strchr(" \t\r\n\f\v", text.ptr[text.len - 1]))
		text.len--;
	return text;
}

#endif
