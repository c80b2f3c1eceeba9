#include "cli/freeze_marker.h"
#include "cli/plan_request.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest_beside.h"
#include "base/fd.h"
#include "base/proc.h"
#include "base/redact.h"
#include "cli/asker.h"
#include "cli/policies.h"
#include "cli/recovery_look.h"
#include "gate/terraform/identify.h"
#include "gate/terraform/tool.h"

#define SHOW_TIMEOUT_S 900
#define SAVED_MAX ((size_t)512 << 20)
#define CHUNK ((size_t)1 << 16)

void plan_request_free(struct plan_request *p)
{
	buf_free(&p->bytes);
	if (p->arena.mem)
		arena_unmap(&p->arena);
}

/* --- bytes in --- */

/* JSON from a descriptor, as it comes; ${first} was read already. */
static bool feed_all(int fd, struct str first, struct plan_reader *r, struct digest *ret_digest, struct err *err)
{
	static char block[CHUNK];
	struct digest_beside *run = digest_beside_begin();
	ssize_t n;

	if (!run)
		return err_set(err, ERR_LIMIT, "out of memory");
	digest_beside_add(run, first.ptr, first.len);
	plan_reader_feed(r, first);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		digest_beside_add(run, block, (size_t)n);
		plan_reader_feed(r, (struct str){ block, (size_t)n });
	}
	if (n < 0)
		err_sys(err, "reading the plan");
	*ret_digest = digest_beside_end(run);
	return n == 0;
}

static bool end_reader(struct plan_reader *r, struct plan_request *p)
{
	p->request.changes = plan_reader_end(r, &p->summary, &p->creates);
	p->request.buckets = p->summary.buckets;
	return true;
}

static struct plan_reader *begin_reader(struct plan_request *p, const struct plan_opts *protection, struct err *err)
{
	struct plan_opts opts = protection ? *protection : (struct plan_opts){ 0 };
	struct plan_reader *r;

	if (p->policy)
		opts.max_bytes = policy_plan_cap(p->policy);
	r = plan_reader_new(&p->arena, &opts);
	if (!r)
		err_set(err, ERR_LIMIT, "no memory to read a plan");
	return r;
}

/* --- a saved plan --- */

/* What a tool said, its lines and runs of blanks joined, cut to the room there is. */
static void one_line(struct str said, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < said.len && n + 1 < size; i++) {
		bool blank = said.ptr[i] == '\n' || said.ptr[i] == ' ' || said.ptr[i] == '\t' || said.ptr[i] == '\r';

		if (!blank)
			ret[n++] = said.ptr[i];
		else if (n && ret[n - 1] != ' ')
			ret[n++] = ' ';
	}
	while (n && (ret[n - 1] == ' ' || ((unsigned char)ret[n - 1] & 0x80)))
		n--;
	ret[n] = 0;
}

/* Which terraform can show it: that of the private copy, else the one on PATH; a plan of OpenTofu's needs tofu. */
static bool show(const char *program, const char *dir, char *const *env, const char *path, struct buf *out,
		 struct err *err)
{
	char *const argv[] = { (char *)(uintptr_t)program,	(char *)(uintptr_t) "show", (char *)(uintptr_t) "-json",
			       (char *)(uintptr_t) "-no-color", (char *)(uintptr_t)path,    NULL };
	auto_buf errout = BUF_MAX((size_t)1 << 20);
	struct proc_opts o = { .cwd = dir, .env = env, .out = out, .errout = &errout, .timeout_s = SHOW_TIMEOUT_S };
	char said[400];
	int status = 0;

	if (!proc_run(argv, &o, &status, err))
		return err_prefix(err, "decoding the plan");
	if (status != 0) {
		one_line(buf_str(&errout), said, sizeof(said));
		return err_set(err, ERR_TOOL,
			       "%s show -json could not decode this plan: use the version that made it, in the folder it was "
			       "made in (--folder DIR), after `init`. It said: %s",
			       program, said);
	}
	return true;
}

static bool show_here(const struct plan_ask *ask, const char *path, struct buf *out, struct err *err)
{
	static const char *const tools[] = { "terraform", "tofu" };
	char **env = workcopy_env(ask->env, NULL), program[TOOL_PATH_MAX];
	struct err why = { 0 };
	bool ok = false;

	for (size_t i = 0; env && !ok && i < ARRAY_LEN(tools); i++) {
		struct err e = { 0 };

		buf_clear(out);
		ok = tool_find(tools[i], program, &e) && show(program, ask->folder, env, path, out, &e);
		if (i == 0)
			why = e;
	}
	workcopy_env_free(env);
	if (!ok && err)
		*err = why;
	return ok;
}

/* The very bytes that were read, as a file for terraform: what is shown cannot be another plan put in its place meanwhile. */
static int same_bytes(const struct plan_request *p, char ret_path[64], struct err *err)
{
	auto_fd fd = memfd_create("plan", MFD_CLOEXEC);

	if (fd < 0) {
		err_sys(err, "memfd_create");
		return -1;
	}
	if (!fd_write_all(fd, p->bytes.ptr, p->bytes.len, err))
		return -1;
	snprintf(ret_path, 64, "/proc/%ld/fd/%d", (long)getpid(), fd);
	return fd_take(&fd);
}

static bool show_json(const struct plan_ask *ask, const struct places *places, struct plan_request *p, struct buf *out,
		      struct err *err)
{
	auto_workcopy w = { 0 };
	char path[64];

	if (ask->shown)
		return file_read(ask->shown, out, err);
	auto_fd fd = same_bytes(p, path, err);
	if (fd < 0)
		return false;
	if (p->origin.seq && workcopy_open(places->state, str_from(p->origin.work), ask->env, &w, NULL))
		return show(w.program, w.dir, w.env, path, out, err);
	return show_here(ask, path, out, err);
}

static bool show_saved(const struct plan_ask *ask, const struct places *places, struct plan_request *p, struct err *err)
{
	size_t cap = p->policy ? (size_t)policy_plan_cap(p->policy) : (size_t)PLAN_MAX_BYTES;
	struct terraform_identify_opts who = { .folder = str_from(p->origin.seq ? p->origin.original : ask->folder),
					       .planfile = &p->file,
					       .pin_path = str_from(places->project_pin),
					       .state_dir = str_from(places->state) };
	struct str_set pinned = { 0 }, config = { 0 };
	struct plan_opts opts = { .pinned_prevent_destroy = &pinned, .config_prevent_destroy = &config };
	auto_buf json = BUF_MAX(cap);
	struct plan_reader *r;

	if (!terraform_identify_protection(&who, &p->arena, &pinned, &config, err) ||
	    !show_json(ask, places, p, &json, err))
		return false;
	r = begin_reader(p, &opts, err);
	if (!r)
		return false;
	plan_reader_feed(r, buf_str(&json));
	return end_reader(r, p);
}

static bool read_saved(int fd, struct str first, struct plan_request *p, struct err *err)
{
	p->bytes = BUF_MAX(SAVED_MAX);
	buf_add(&p->bytes, first);
	if (!fd_read_all(fd, &p->bytes, err) || !planfile_read(buf_str(&p->bytes), &p->arena, &p->file, err))
		return false;
	p->saved = true;
	p->request.bytes = p->file.digest;
	return true;
}

/* --- the request --- */

/* Of a backend without a place that can be named: its settings tell states apart, a digest of them keeps secrets out of sight. */
static struct str settings_text(const struct planfile *f, struct arena *a)
{
	struct digest d = digest_of(f->backend_config.ptr, f->backend_config.len);
	char hex[DIGEST_HEX_LEN + 1];

	digest_hex(&d, hex);
	return f->backend_config.len ? arena_fmt(a, "%.*s:%.16s", STR_ARG(f->backend_type), hex) : f->backend_type;
}

static struct str backend_text(const struct plan_request *p, struct arena *a)
{
	const struct json *b = p->file.backend;
	struct str path = json_str(b, "path"), bucket = json_str(b, "bucket"), key = json_str(b, "key");

	if (!p->saved)
		return STR_NONE;
	if (!path.len)
		path = STR("terraform.tfstate");
	if (!key.len)
		key = json_str(b, "prefix");
	if (str_is(p->file.backend_type, "local"))
		return arena_fmt(a, "local:%.*s", STR_ARG(path));
	if (bucket.len)
		return arena_fmt(a, "%.*s:%.*s/%.*s", STR_ARG(p->file.backend_type), STR_ARG(bucket), STR_ARG(key));
	return settings_text(&p->file, a);
}

static struct str hex_text(const struct digest *d, struct arena *a)
{
	return digest_is_zero(d) ? STR_NONE : digest_text(d, a);
}

static const char *tool_word(const struct plan_request *p)
{
	struct str lock = p->file.lock_file;

	return str_find(lock, STR("registry.opentofu.org")) != SIZE_MAX ? "tofu" : "terraform";
}

static void fill_summary(struct plan_request *p)
{
	const struct plan_summary *s = &p->summary;
	const char *verb = p->saved && p->file.mode == PLAN_MODE_DESTROY ? "destroy" : "plan";

	const struct {
		size_t n;
		const char *what;
	} parts[] = { { s->n_delete, "delete" }, { s->n_replace, "replace" }, { s->n_forget, "forget" },
		      { s->n_update, "update" }, { s->n_create, "create" } };
	char text[200] = "";
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (parts[i].n)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%zu to %s", len ? ", " : "", parts[i].n,
						parts[i].what);
	}
	p->request.summary = arena_fmt(&p->arena, "%s %s: %s", tool_word(p), verb,
				       len ? text : p->request.changes.first ? "nothing that can be counted" : "no changes");
}

static struct str account_text(const struct plan_ask *ask, struct plan_request *p)
{
	if (p->origin.account[0])
		return arena_str(&p->arena, str_from(p->origin.account));
	return ask->account.len ? ask->account : p->summary.account;
}

/* A local backend's place is the folder itself; any other is the same place from every checkout of the project, so that an
 * approval can travel. */
static struct str cwd_text(const char *folder, struct plan_request *p)
{
	struct places there;

	if (!p->saved || !p->file.backend_type.len || str_is(p->file.backend_type, "local") || !places_find(folder, &there, NULL))
		return p->request.place.path;
	return arena_str(&p->arena, str_from(places_within(there.project, folder)));
}

static void fill_binding(const char *folder, struct str account, struct plan_request *p)
{
	struct binding *b = &p->request.binding;
	struct place *pl = &p->request.place;
	struct arena *a = &p->arena;

	*pl = (struct place){ .account = account,
			      .region = p->summary.region,
			      .workspace = p->file.workspace,
			      .backend = backend_text(p, a),
			      .path = arena_str(a, str_from(folder)),
			      .tag = p->summary.tag_environment };
	*b = (struct binding){ .cwd = cwd_text(folder, p),
			       .backend = pl->backend,
			       .workspace = pl->workspace,
			       .account = pl->account,
			       .region = pl->region };
	if (!p->saved)
		return;
	b->lineage = p->file.state.lineage;
	b->serial = arena_fmt(a, "%llu", (unsigned long long)p->file.state.serial);
	b->state_digest = hex_text(&p->file.state.digest, a);
	b->config_digest = hex_text(&p->file.config_digest, a);
}

static void fill_request(const struct plan_ask *ask, struct plan_request *p)
{
	struct str version = p->saved ? p->file.terraform_version : p->summary.terraform_version;

	p->request.principal = asker_find();
	p->request.gate = GATE_TERRAFORM;
	p->request.tool = arena_fmt(&p->arena, "%s %.*s", tool_word(p), STR_ARG(version));
	p->request.partial = p->file.has_targets || p->file.errored || p->summary.errored || !p->summary.complete ||
			     p->summary.n_deferred > 0;
	fill_summary(p);
	fill_binding(p->origin.seq ? p->origin.original : ask->folder, account_text(ask, p), p);
}

static bool read_from(int fd, const struct plan_ask *ask, const struct places *places, struct plan_request *p,
		      struct err *err)
{
	struct plan_reader *r;
	char head[4];
	size_t n = 0;

	while (n < sizeof(head)) {
		ssize_t k = read(fd, head + n, sizeof(head) - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return err_sys(err, "%s", ask->path);
		if (k == 0)
			break;
		n += (size_t)k;
	}
	if (planfile_probe((struct str){ head, n })) {
		if (strcmp(ask->path, "-") == 0)
			return err_set(
				err, ERR_INPUT,
				"standard input is a saved plan: name the file instead, terraform must read it too");
		if (!read_saved(fd, (struct str){ head, n }, p, err))
			return err_prefix(err, "%s", ask->path);
		plan_origin_find(places->state, &p->file.digest, &p->origin);
		return show_saved(ask, places, p, err) || err_prefix(err, "%s", ask->path);
	}
	r = begin_reader(p, NULL, err);
	if (!r)
		return false;
	return feed_all(fd, (struct str){ head, n }, r, &p->request.bytes, err) && end_reader(r, p);
}

bool plan_request_read(const struct plan_ask *ask, const struct places *places, struct plan_request *ret,
		       struct err *err)
{
	bool std = strcmp(ask->path, "-") == 0;
	auto_fd fd = std ? dup(STDIN_FILENO) : open(ask->path, O_RDONLY | O_CLOEXEC);
	struct plan_request p = { 0 };

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ERR_INPUT,
			       "%s: no such file; make the plan with `pawl terraform plan -out=%s`, or name one that is there",
			       ask->path, ask->path);
	if (fd < 0)
		return err_sys(err, "%s", ask->path);
	if (!arena_map(&p.arena, PLAN_ARENA_BYTES * 4))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!policies_load(places, &p.arena, &p.policy, err) || !read_from(fd, ask, places, &p, err)) {
		plan_request_free(&p);
		return false;
	}
	fill_request(ask, &p);
	*ret = p;
	return true;
}

/* --- the judgement --- */

/* Over the evidence and every finding about the state: an approval given before something was found does not outlive it. */
static struct str evidence_text(struct plan_request *p)
{
	struct digest evidence = evidence_digest(&p->evidence), all;
	struct digest_run run;

	digest_begin(&run);
	digest_field(&run, STR("evidence"), (struct str){ (const char *)evidence.b, sizeof(evidence.b) });
	CHANGE_EACH(c, &p->request.changes) {
		if (c->kind != CHANGE_STATE_IDENTITY)
			continue;
		digest_field(&run, c->finding, c->name);
	}
	all = digest_end(&run);
	return hex_text(&all, &p->arena);
}

bool plan_request_judge(const struct places *places, struct plan_request *p, struct err *err)
{
	p->evidence.now_us = clock_now_us();
	freeze_marker_look(places, &p->arena, &p->evidence);
	request_redact(&p->request, &p->arena);
	recovery_look(places, &p->request, STR_NONE, &p->arena, &p->evidence);
	evidence_redact(&p->evidence, &p->arena);
	judge(p->policy, &p->request, &p->evidence, &p->arena, &p->judgement);
	p->request.binding.environment = redact_str(p->judgement.environment.name, &p->arena);
	p->request.binding.evidence = evidence_text(p);
	if (p->arena.full)
		return err_set(err, ERR_LIMIT,
			       "this plan is larger than pawl holds in memory: refused; plan parts of it with -target");
	return true;
}
