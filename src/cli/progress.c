#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/timestamp.h"

#define EVERY_US (CLOCK_SECOND / 5)
#define LINE_MAX_LEN 400

void progress_size(uint64_t bytes, char ret[PROGRESS_SIZE])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	uint64_t whole = bytes, tenth = 0;
	size_t i = 0;

	while (whole >= 1000 && i + 1 < ARRAY_LEN(units)) {
		tenth = whole % 1000 / 100;
		whole /= 1000;
		i++;
	}
	if (i == 0)
		snprintf(ret, PROGRESS_SIZE, "%llu B", (unsigned long long)bytes);
	else
		snprintf(ret, PROGRESS_SIZE, "%llu.%llu %s", (unsigned long long)whole, (unsigned long long)tenth, units[i]);
}

void progress_begin(struct progress *p, struct str what, unsigned width)
{
	*p = (struct progress){ .what = what, .began_us = clock_now_us(), .on = isatty(2) == 1, .width = width < 20 ? 80 : width };
}

static void show(struct progress *p, const char *line)
{
	char shown[LINE_MAX_LEN];

	snprintf(shown, sizeof(shown), "%.*s", (int)(p->width - 1 < LINE_MAX_LEN - 1 ? p->width - 1 : LINE_MAX_LEN - 1), line);
	fprintf(stderr, "\r\033[K%s", shown);
	fflush(stderr);
	p->shown = true;
}

void progress_tell(void *progress, uint64_t bytes, uint64_t about)
{
	struct progress *p = progress;
	int64_t now = clock_now_us(), took = now - p->began_us;
	char done[PROGRESS_SIZE], all[PROGRESS_SIZE], rate[PROGRESS_SIZE], left[64] = "", line[LINE_MAX_LEN];
	uint64_t a_second;

	if (!p->on || took < EVERY_US || now - p->told_us < EVERY_US)
		return;
	p->told_us = now;
	a_second = (uint64_t)((double)bytes / ((double)took / (double)CLOCK_SECOND));
	progress_size(bytes, done);
	progress_size(about, all);
	progress_size(a_second, rate);
	if (about > bytes && a_second)
		duration_text((int64_t)((about - bytes) / a_second) + 1, left, sizeof(left));
	if (about)
		snprintf(line, sizeof(line), "%.*s  %3llu%%  %s of about %s  %s/s%s%s%s", STR_ARG(p->what),
			 (unsigned long long)(bytes >= about ? 99 : bytes * 100 / about), done, all, rate, *left ? "  " : "", left,
			 *left ? " left" : "");
	else
		snprintf(line, sizeof(line), "%.*s  %s  %s/s", STR_ARG(p->what), done, rate);
	show(p, line);
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
