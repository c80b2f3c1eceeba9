#include "hold/hold.h"

#include <dirent.h>

#include "base/fd.h"

#define MARKER_MAX ((size_t)4096)
#define SHOWN 8

/* First line: when it ends, in microseconds; second: what to show. */
static void put_one(const char *path, int64_t now_us, struct buf *out)
{
	auto_buf b = BUF_MAX(MARKER_MAX);
	struct str text, line;
	uint64_t expires;
	size_t end;

	if (!file_read(path, &b, NULL))
		return;
	text = buf_str(&b);
	end = str_find_char(text, '\n');
	if (end == SIZE_MAX || !str_to_u64(str_sub(text, 0, end), &expires) || expires <= (uint64_t)now_us)
		return;
	line = str_sub(text, end + 1, SIZE_MAX);
	buf_adds(out, "IN FORCE: ");
	card_escape(str_sub(line, 0, str_find_char(line, '\n')), out);
	buf_addc(out, '\n');
}

void hold_banner(const char *state_dir, int64_t now_us, struct buf *out)
{
	char dir[4000], path[4300];
	const struct dirent *d;
	size_t shown = 0;
	DIR *stream;

	if ((size_t)snprintf(dir, sizeof(dir), "%s/elevations", state_dir) >= sizeof(dir))
		return;
	stream = opendir(dir);
	if (!stream)
		return;
	while (shown < SHOWN && (d = readdir(stream))) {
		if (strncmp(d->d_name, "G-", 2) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, d->d_name);
		put_one(path, now_us, out);
		shown++;
	}
	closedir(stream);
}
