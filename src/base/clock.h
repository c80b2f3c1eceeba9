/* clock.h -- what time it is, for those who may ask. Pure rooms are told instead.
 * Room: base, but no pure room includes it. Unit everywhere: microseconds since 1970-01-01 UTC.
 */
#ifndef PAWL_BASE_CLOCK_H
#define PAWL_BASE_CLOCK_H

#include "base/base.h"

#define CLOCK_SECOND INT64_C(1000000)

int64_t clock_now_us(void);

#endif
