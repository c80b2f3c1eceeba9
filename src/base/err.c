#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return false;
	err->code = code;
	err->sys = 0;
	err->line = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return false;
}

bool err_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	va_list ap;
	size_t n;

	if (!err)
		return false;
	err->code = ERR_IO;
	err->sys = sys;
	err->line = 0;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", strerror(sys));
	return false;
}

bool err_prefix(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	size_t n;

	if (!err)
		return false;
	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", old);
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void err_line(const char *said, char *ret, size_t size)
{
	size_t n = 0;

	while (*said && n + 3 < size) {
		const char *next = said;
		bool ended = false;

		for (; is_space(*next); next++)
			ended = ended || *next == '\n';
		if (next == said) {
			ret[n++] = *said++;
			continue;
		}
		if (n && *next && ended && *next >= 'A' && *next <= 'Z' && !strchr(".:;,?!", ret[n - 1]))
			ret[n++] = '.';
		if (n && *next)
			ret[n++] = ' ';
		said = next;
	}
	if (size)
		ret[n] = '\0';
}

bool err_said(struct err *err, enum err_code code, const char *what, const char *said)
{
	char line[sizeof(err->msg)];

	err_line(said, line, sizeof(line));
	return err_set(err, code, "%s%s%s", what ? what : "", what ? ": " : "", line);
}
