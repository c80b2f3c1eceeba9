/* Timestamps and durations: what is read as a time is written as one that reads the same, to the second.
 * covers: src/base/timestamp.c
 * options: -max_len=64
 */
#include "fuzz.h"

#include "base/timestamp.h"

#define SECOND INT64_C(1000000)
#define YEAR_10000 (INT64_C(253402300800) * SECOND)

static void times(struct str s)
{
	char text[TIMESTAMP_LEN + 1];
	int64_t us, again;

	if (!timestamp_parse(s, &us) || us < 0 || us >= YEAR_10000)
		return;
	timestamp_text(us, text);
	FUZZ_CHECK(strlen(text) == TIMESTAMP_LEN);
	FUZZ_CHECK(timestamp_parse(str_from(text), &again));
	FUZZ_CHECK(again == us - us % SECOND);
}

static void durations(struct str s)
{
	char text[64];
	int64_t seconds;

	if (!duration_parse(s, &seconds))
		return;
	FUZZ_CHECK(seconds >= 0);
	FUZZ_CHECK(duration_text(seconds, text, sizeof(text)) < sizeof(text));
	FUZZ_CHECK(text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data, size };

	times(s);
	durations(s);
	return 0;
}
