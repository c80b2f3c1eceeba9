#include "base/clock.h"

#include <time.h>

int64_t clock_now_us(void)
{
	struct timespec ts;

	PAWL_ASSERT(clock_gettime(CLOCK_REALTIME, &ts) == 0);
	return (int64_t)ts.tv_sec * CLOCK_SECOND + ts.tv_nsec / 1000;
}
