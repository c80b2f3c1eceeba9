#include "cli/cleanup_gather.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/timestamp.h"
#include "cli/cleanup_live.h"
#include "gate/terraform/tool.h"
#include "gate/terraform/workcopy.h"
#include "read/planfile.h"

#define MEMORY ((size_t)4 << 30) /* address space */
#define MAX_TRAIL ((size_t)512 << 20)
#define TOOL_TIMEOUT_S 600

extern char **environ;

void cleanup_case_free(struct cleanup_case *c)
{
	if (c->arena.mem)
		arena_unmap(&c->arena);
}

static bool take_file(const char *path, size_t max, struct arena *arena, struct str *ret,
		      struct err *err)
{
	auto_buf b = BUF_MAX(max);

	if (!file_read(path, &b, err))
		return false;
	*ret = arena_str(arena, buf_str(&b));
	return !arena->full ||
	       err_set(err, ERR_LIMIT, "%s is larger than may be held in memory", path);
}

/* Terraform's own answer, run where the configuration is. */
static bool ask_tool(const char *dir, const char *const words[], struct arena *arena,
		     struct str *ret, struct err *err)
{
	char program[TOOL_PATH_MAX], copy[4][TREE_PATH_MAX], *argv[6] = { program };
	char **env = workcopy_env(environ, NULL);
	auto_buf out = BUF_MAX(STATE_MAX_BYTES), errout = BUF_MAX((size_t)1 << 20);
	struct proc_opts o = {
		.cwd = dir, .env = env, .out = &out, .errout = &errout, .timeout_s = TOOL_TIMEOUT_S
	};
	bool ok = env && tool_find("terraform", program, err);
	int status = 0;

	for (size_t i = 0; i < 4 && words[i]; i++) {
		snprintf(copy[i], sizeof(copy[i]), "%s", words[i]);
		argv[i + 1] = copy[i];
	}
	ok = ok && proc_run(argv, &o, &status, err);
	if (ok && status != 0)
		ok = err_set(err, ERR_TOOL, "terraform %s failed in %s: %.*s", words[0], dir,
			     STR_ARG(str_sub(str_trim(buf_str(&errout)), 0, 500)));
	if (ok)
		*ret = arena_str(arena, buf_str(&out));
	workcopy_env_free(env);
	return ok;
}

/* --- states */

static bool read_state(const char *path, struct arena *arena, struct cleanup_state *ret,
		       struct err *err)
{
	struct str text;

	ret->path = arena_str(arena, str_from(path));
	return take_file(path, STATE_MAX_BYTES, arena, &text, err) &&
	       (cleanup_read_state(text, arena, ret, err) || err_prefix(err, "%s", path));
}

/* The state the duplicate apply left: the file named, else whatever the folder's backend holds. */
static bool read_mine(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	static const char *const pull[] = { "state", "pull", "-no-color", NULL };
	const char *path = cli_value(c, "duplicates");
	struct str text;

	if (path)
		return read_state(path, &ret->arena, &ret->mine, err);
	ret->mine.path = STR("the state of this folder");
	if (!ask_tool(ret->config, pull, &ret->arena, &text, err))
		return false;
	if (!text.len)
		return err_set(err, ERR_STATE,
			       "this folder has no state; name the one that the duplicate apply "
			       "left with --duplicates FILE");
	return cleanup_read_state(text, &ret->arena, &ret->mine, err) ||
	       err_prefix(err, "the state of this folder");
}

static bool read_production(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	struct cleanup_state **next = &ret->evidence.production;

	for (unsigned i = 0; cli_value_nth(c, "production", i); i++) {
		struct cleanup_state *s = ARENA_NEW(&ret->arena, struct cleanup_state);

		if (!s)
			return err_set(err, ERR_LIMIT, "states larger than may be held in memory");
		if (!read_state(cli_value_nth(c, "production", i), &ret->arena, s, err))
			return false;
		*next = s;
		next = &s->next;
	}
	return ret->evidence.production ||
	       err_set(err, ERR_STATE,
		       "name the state that knows production with --production FILE: without it "
		       "nothing can be told from a duplicate");
}

/* --- the plan that was applied */

/* A saved plan says from which state it was made: that must be nothing, or this one. */
static bool same_origin(struct str bytes, struct cleanup_case *ret, struct err *err)
{
	struct planfile file;

	if (!planfile_read(bytes, &ret->arena, &file, err))
		return false;
	if (file.mode != PLAN_MODE_NORMAL)
		return err_set(err, ERR_INPUT, "this plan creates nothing");
	if (file.state.lineage.len && !str_eq(file.state.lineage, ret->mine.state.lineage))
		return err_set(err, ERR_INPUT,
			       "this plan was made from another state (lineage %.*s) than %.*s "
			       "(lineage %.*s)",
			       STR_ARG(file.state.lineage), STR_ARG(ret->mine.path),
			       STR_ARG(ret->mine.state.lineage));
	return true;
}

static bool read_plan(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	const char *path = cli_value(c, "plan");
	const char *show[] = { "show", "-json", NULL, NULL };
	char real[PATH_MAX];
	struct str bytes;

	if (!path)
		return true;
	if (!take_file(path, STATE_MAX_BYTES, &ret->arena, &bytes, err))
		return false;
	if (planfile_probe(bytes)) {
		if (!same_origin(bytes, ret, err))
			return err_prefix(err, "%s", path);
		if (!realpath(path, real))
			return err_sys(err, "%s", path);
		show[2] = real;
		if (!ask_tool(ret->config, show, &ret->arena, &bytes, err))
			return false;
	}
	return cleanup_read_plan(bytes, &ret->arena, &ret->evidence.plan, err) ||
	       err_prefix(err, "%s", path);
}

/* --- CloudTrail */

static bool is_gzip(struct str s)
{
	return s.len > 2 && s.ptr[0] == '\x1f' && s.ptr[1] == '\x8b';
}

static bool gunzip(struct str in, struct arena *arena, struct str *ret, struct err *err)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)in.ptr, .avail_in = (uInt)in.len };
	auto_buf out = BUF_MAX(MAX_TRAIL);
	int rc = inflateInit2(&z, 16 + MAX_WBITS);

	while (rc == Z_OK) {
		char *room = buf_reserve(&out, 1 << 16);

		if (!room)
			break;
		z.next_out = (Bytef *)room;
		z.avail_out = 1 << 16;
		rc = inflate(&z, Z_NO_FLUSH);
		out.len += (1 << 16) - z.avail_out;
	}
	inflateEnd(&z);
	if (out.failed)
		return err_set(err, ERR_LIMIT, "it unpacks to more than %zu bytes", MAX_TRAIL);
	if (rc != Z_STREAM_END || z.avail_in)
		return err_set(err, ERR_INPUT, "it is no whole gzip file");
	*ret = arena_str(arena, buf_str(&out));
	return !arena->full || err_set(err, ERR_LIMIT, "it is larger than may be held in memory");
}

static bool read_trail(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	const char *path;

	for (unsigned i = 0; (path = cli_value_nth(c, "cloudtrail", i)); i++) {
		struct str text;

		if (!take_file(path, MAX_TRAIL, &ret->arena, &text, err))
			return false;
		if ((is_gzip(text) && !gunzip(text, &ret->arena, &text, err)) ||
		    !cloudtrail_read(text, &ret->arena, &ret->trail, err))
			return err_prefix(err, "%s", path);
		ret->evidence.trail = &ret->trail;
	}
	cloudtrail_sort(&ret->trail);
	return true;
}

/* --- when */

static bool read_time(struct cli *c, const char *option, int64_t *ret, struct err *err)
{
	const char *text = cli_value(c, option);

	if (text && !timestamp_parse(str_from(text), ret))
		return err_set(err, ERR_INPUT, "--%s %s is no time; write 2026-11-21T09:15:00Z",
			       option, text);
	return true;
}

static bool read_window(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	struct cleanup_evidence *e = &ret->evidence;
	int64_t from = e->plan.made_us, to = clock_now_us();

	if (!read_time(c, "since", &from, err) || !read_time(c, "until", &to, err))
		return false;
	if (!from)
		return true;
	if (to < from)
		return err_set(err, ERR_INPUT,
			       "the apply cannot have ended before it began: look at --since, "
			       "--until and the plan's time");
	e->from_us = from;
	e->to_us = to;
	return true;
}

static bool find_config(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	const char *dir = cli_value(c, "config");
	char real[PATH_MAX];

	if (!realpath(dir ? dir : ".", real))
		return err_sys(err, "%s", dir ? dir : "the current folder");
	if ((size_t)snprintf(ret->config, sizeof(ret->config), "%s", real) >= sizeof(ret->config))
		return err_set(err, ERR_LIMIT, "path too long: %s", real);
	return true;
}

bool cleanup_gather(struct cli *c, struct cleanup_case *ret, struct err *err)
{
	if (!arena_map(&ret->arena, MEMORY))
		return err_sys(err, "no memory");
	if (!find_config(c, ret, err) || !read_mine(c, ret, err) || !read_production(c, ret, err) ||
	    !read_plan(c, ret, err) || !read_trail(c, ret, err) || !read_window(c, ret, err))
		return false;
	if (cli_flag(c, "offline"))
		ret->not_asked =
			STR("the cloud was not asked (--offline): orphans cannot be found");
	else if (!cleanup_live(ret, err))
		return false;
	return cleanup_classify(&ret->mine, &ret->evidence, &ret->arena, err) &&
	       cleanup_classify_found(&ret->found, &ret->mine, &ret->evidence, &ret->arena, err);
}
