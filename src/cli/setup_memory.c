/* STATE/init: one folder a file that pawl wrote to, with the file's bytes before (original) and what is known of them (record.json); and
 * STATE/init/folders, the folders made on the way, one a line. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/json.h"
#include "cli/setup.h"

#define RECORD_MAX ((size_t)65536)

static bool place(const struct setup *s, const char *path, const char *name, char ret[PLACES_MAX])
{
	struct digest d = digest_of(path, strlen(path));
	char hex[DIGEST_HEX_LEN + 1];
	int n;

	digest_hex(&d, hex);
	n = snprintf(ret, PLACES_MAX, "%s/init/%.16s%s%s", s->places.state, hex, *name ? "/" : "", name);
	return n > 0 && n < PLACES_MAX;
}

static void hex_of(struct str s, char ret[DIGEST_HEX_LEN + 1])
{
	struct digest d = digest_of(s.ptr ? s.ptr : "", s.len);

	digest_hex(&d, ret);
}

static bool note_folder(const struct setup *s, const char *dir, struct err *err)
{
	auto_buf list = BUF_MAX(SETUP_MAX_BYTES);
	char path[PLACES_MAX];

	if (snprintf(path, sizeof(path), "%s/init/folders", s->places.state) >= (int)sizeof(path))
		return err_set(err, ERR_LIMIT, "path too long");
	if (access(path, F_OK) == 0 && !file_read(path, &list, err))
		return false;
	buf_adds(&list, dir);
	buf_addc(&list, '\n');
	return file_replace(path, buf_str(&list), 0600, err);
}

/* The folders of ${dir} that are not there, outermost first, each noted once it is made. */
bool setup_folder(const struct setup *s, const char *dir, mode_t mode, struct err *err)
{
	char made[64][PLACES_MAX / 4], at[PLACES_MAX];
	size_t n = 0;

	snprintf(at, sizeof(at), "%s", dir);
	while (at[0] && access(at, F_OK) != 0 && n < ARRAY_LEN(made) && strlen(at) < sizeof(made[0])) {
		char *slash = strrchr(at, '/');

		memcpy(made[n++], at, strlen(at) + 1);
		if (!slash)
			break;
		*slash = '\0';
	}
	if (!dir_make(dir, mode, err))
		return false;
	while (n-- > 0) {
		if (!note_folder(s, made[n], err))
			return false;
	}
	return true;
}

/* STATE/init itself: the folders of STATE that are new are noted in it. */
static bool own_folder(const struct setup *s, struct err *err)
{
	char dir[PLACES_MAX];

	if (snprintf(dir, sizeof(dir), "%s/init", s->places.state) >= (int)sizeof(dir))
		return err_set(err, ERR_LIMIT, "path too long");
	return access(dir, F_OK) == 0 || setup_folder(s, dir, 0700, err);
}

bool setup_remember(const struct setup *s, const struct setup_file *f, struct err *err)
{
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct json_out o = { .buf = &b };
	char dir[PLACES_MAX], record[PLACES_MAX], original[PLACES_MAX], hex[DIGEST_HEX_LEN + 1];
	bool first;

	if (!place(s, f->path, "", dir) || !place(s, f->path, "record.json", record) ||
	    !place(s, f->path, "original", original))
		return err_set(err, ERR_LIMIT, "path too long");
	first = access(record, F_OK) != 0;
	if (!own_folder(s, err) || !dir_make(dir, 0700, err))
		return false;
	/* What a second run finds is pawl's own: the first run's original stays. */
	if (first && f->existed && !file_replace(original, buf_str(&f->before), 0600, err))
		return false;
	hex_of(buf_str(&f->after), hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "path", str_from(f->path));
	json_out_kv(&o, "agent", str_from(hook_host_row(f->agent->host)->name));
	json_out_kv(&o, "written", str_from(hex));
	json_out_key(&o, "existed");
	json_out_bool(&o, first ? f->existed : access(original, F_OK) == 0);
	json_out_close(&o, '}');
	buf_addc(&b, '\n');
	return file_replace(record, buf_str(&b), 0600, err);
}

static const struct json *read_record(const char *path, struct arena *a)
{
	auto_buf b = BUF_MAX(RECORD_MAX);
	struct json *root = NULL;

	if (!file_read(path, &b, NULL) || !json_parse(arena_str(a, buf_str(&b)), a, &root, NULL))
		return NULL;
	return root;
}

bool setup_recall(const struct setup *s, const char *path, struct str now, struct buf *ret, bool *ret_gone)
{
	static char space[1 << 16] __attribute__((aligned(16)));
	char record[PLACES_MAX], original[PLACES_MAX], hex[DIGEST_HEX_LEN + 1];
	const struct json *r;
	struct arena a;

	memset(space, 0, sizeof(space));
	arena_init(&a, space, sizeof(space));
	if (!place(s, path, "record.json", record) || !place(s, path, "original", original))
		return false;
	r = read_record(record, &a);
	hex_of(now, hex);
	if (!r || !str_is(json_str(r, "written"), hex))
		return false;
	*ret_gone = !json_true(r, "existed");
	return *ret_gone || file_read(original, ret, NULL);
}

void setup_forget(const struct setup *s, const char *path)
{
	char dir[PLACES_MAX];

	struct err none;

	/* What cannot be forgotten is only old: the next run looks at it again. */
	if (place(s, path, "", dir) && !dir_remove(dir, &none))
		return;
}

void setup_each(const struct setup *s, void (*each)(struct setup *s, const char *path, const char *agent))
{
	static char space[1 << 16] __attribute__((aligned(16)));
	char dir[PLACES_MAX], record[PLACES_MAX + 300];
	struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "%.4000s/init", s->places.state);
	d = opendir(dir);
	while (d && (e = readdir(d))) {
		struct arena a;
		const struct json *r;

		memset(space, 0, sizeof(space));
		arena_init(&a, space, sizeof(space));
		snprintf(record, sizeof(record), "%s/%s/record.json", dir, e->d_name);
		r = e->d_name[0] == '.' ? NULL : read_record(record, &a);
		if (r && json_str(r, "path").len && json_str(r, "agent").len)
			each((struct setup *)(uintptr_t)s, arena_str(&a, json_str(r, "path")).ptr,
			     arena_str(&a, json_str(r, "agent")).ptr);
	}
	if (d)
		closedir(d);
}

/* Is anything but the list of folders left? */
static bool empty_but_list(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	bool empty = d != NULL;

	while (d && (e = readdir(d)))
		empty &= e->d_name[0] == '.' || strcmp(e->d_name, "folders") == 0;
	if (d)
		closedir(d);
	return empty;
}

void setup_tidy(struct setup *s)
{
	auto_buf list = BUF_MAX(SETUP_MAX_BYTES);
	char dir[PLACES_MAX], path[PLACES_MAX + 20];
	struct str left;

	snprintf(dir, sizeof(dir), "%.4000s/init", s->places.state);
	snprintf(path, sizeof(path), "%s/folders", dir);
	if (!empty_but_list(dir))
		return;
	if (!file_read(path, &list, NULL))
		buf_clear(&list);
	unlink(path);
	rmdir(dir);
	/* Innermost last in the list of one run: from the end. Whatever holds something stays. */
	left = str_trim(buf_str(&list));
	while (left.len) {
		size_t start = str_rfind_char(left, '\n');
		struct str one = start == SIZE_MAX ? left : str_sub(left, start + 1, SIZE_MAX);

		snprintf(path, sizeof(path), "%.*s", STR_ARG(one));
		rmdir(path);
		left = start == SIZE_MAX ? STR_NONE : str_sub(left, 0, start);
	}
}
