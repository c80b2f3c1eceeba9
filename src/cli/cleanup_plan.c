#include "cli/cleanup_plan.h"

#include <unistd.h>

#include "base/digest.h"
#include "base/fd.h"
#include "base/proc.h"
#include "cli/places.h"
#include "gate/terraform/tool.h"
#include "ledger/ledger.h"

#define MAX_STATE ((size_t)512 << 20)
#define MAX_BODY ((size_t)3 << 20)

extern char **environ;

void cleanup_plan_free(struct cleanup_plan_made *p)
{
	cleanup_folder_free(&p->folder);
	buf_free(&p->weighed);
}

static bool self(char *ret, size_t size, struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);

	if (n <= 0)
		return err_sys(err, "pawl cannot find its own program file through /proc");
	ret[n] = 0;
	return true;
}

static bool make_folder(const struct cleanup_case *c, struct cleanup_plan_made *p, struct err *err)
{
	auto_buf state = BUF_MAX(MAX_STATE);
	char program[TOOL_PATH_MAX];
	struct places places;
	struct cleanup_folder_from from = {
		.config = c->config, .state_dir = places.state, .program = program, .env = environ
	};

	cleanup_write_state(&c->mine, &state);
	if (state.failed)
		return err_set(err, ERR_LIMIT, "the state of the duplicates is too large");
	from.state = buf_str(&state);
	return places_find(c->config, &places, err) && tool_find("terraform", program, err) &&
	       cleanup_folder_make(&from, &p->folder, err);
}

/* Planned through pawl's own stand-in, so that the plan has a private copy and can be applied by `pawl apply`. */
static bool plan_destroy(struct cleanup_plan_made *p, struct err *err)
{
	char program[4096], tool[] = "terraform", plan[] = "plan", destroy[] = "-destroy",
			    no_input[] = "-input=false", no_colour[] = "-no-color",
			    out[] = "-out=" CLEANUP_PLAN;
	char *argv[] = { program, tool, plan, destroy, no_input, no_colour, out, NULL };

	if (!self(program, sizeof(program), err) ||
	    !cleanup_folder_run(&p->folder, argv, NULL, err))
		return false;
	return file_exists(p->folder.plan) ||
	       err_set(err, ERR_TOOL, "terraform made no plan of clean-up");
}

static bool check(const struct cleanup_case *c, struct cleanup_plan_made *p, struct err *err)
{
	char show[] = "show", json[] = "-json", file[] = CLEANUP_PLAN;
	char *argv[] = { p->folder.program, show, json, file, NULL };
	auto_buf text = BUF_MAX(MAX_STATE);
	struct arena arena = { .mem = NULL };
	bool ok;

	if (!cleanup_folder_run(&p->folder, argv, &text, err))
		return false;
	if (!arena_map(&arena, (size_t)4 << 30))
		return err_sys(err, "no memory");
	ok = cleanup_check_plan(buf_str(&text), &c->mine, &arena, &p->deletes, err);
	arena_unmap(&arena);
	return ok;
}

bool cleanup_plan_make(const struct cleanup_case *c, struct cleanup_plan_made *ret, struct err *err)
{
	struct cleanup_plan_made p = { .proven =
					       cleanup_count(&c->mine.objects, CLEANUP_DUPLICATE) };

	if (!make_folder(c, &p, err))
		return false;
	if (!plan_destroy(&p, err) || !check(c, &p, err)) {
		(void)cleanup_folder_remove(&p.folder, NULL);
		cleanup_folder_free(&p.folder);
		return false;
	}
	p.made = true;
	*ret = p;
	return true;
}

static void put_list(struct json_out *o, const char *key, const struct cleanup_list *l,
		     enum cleanup_class class)
{
	json_out_key(o, key);
	json_out_open(o, '[');
	for (const struct cleanup_object *x = l->first; x; x = x->next) {
		if (x->class != class)
			continue;
		json_out_open(o, '{');
		json_out_kv(o, "address", x->address);
		json_out_kv(o, "identity", x->identity);
		json_out_kv(o, "proof", x->proof);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static bool body_of(const struct cleanup_case *c, const struct cleanup_plan_made *p,
		    struct buf *body, struct err *err)
{
	auto_buf plan = BUF_MAX(MAX_STATE);
	struct json_out o = { .buf = body };
	char hex[DIGEST_HEX_LEN + 1];
	struct digest d;

	if (!file_read(p->folder.plan, &plan, err))
		return false;
	d = digest_of(plan.ptr, plan.len);
	digest_hex(&d, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "plan", str_from(hex));
	json_out_kv(&o, "path", str_from(p->folder.plan));
	json_out_kv(&o, "config", str_from(c->config));
	json_out_kv(&o, "state", c->mine.path);
	json_out_kv(&o, "lineage", c->mine.state.lineage);
	json_out_kv(&o, "account", c->account);
	put_list(&o, "duplicates", &c->mine.objects, CLEANUP_DUPLICATE);
	put_list(&o, "adopted", &c->mine.objects, CLEANUP_ADOPTED);
	put_list(&o, "orphans", &c->found, CLEANUP_ORPHAN);
	json_out_close(&o, '}');
	return !body->failed ||
	       err_set(err, ERR_LIMIT,
		       "too many objects for one entry of the ledger: clean up in parts");
}

bool cleanup_plan_record(const struct cleanup_case *c, const struct cleanup_plan_made *p,
			 struct err *err)
{
	auto_buf body = BUF_MAX(MAX_BODY);
	struct places places;
	struct ledger *ledger;
	uint64_t seq;
	bool ok;

	if (!places_find(c->config, &places, err) || !body_of(c, p, &body, err))
		return false;
	ledger = ledger_open(places.ledger, err);
	if (!ledger)
		return false;
	ok = ledger_append(ledger, STR("cleanup.planned"), buf_str(&body), &seq, err);
	ledger_close(ledger);
	return ok;
}

bool cleanup_plan_weigh(struct cleanup_plan_made *p, struct buf *out, struct err *err)
{
	char program[4096], plan[] = "plan", file[] = CLEANUP_PLAN, json[] = "--json";
	char *argv[] = { program, plan, file, out ? json : NULL, NULL };
	struct proc_opts o = { .cwd = p->folder.dir, .env = p->folder.env, .out = out };

	if (out)
		*out = BUF_MAX((size_t)32 << 20);
	return self(program, sizeof(program), err) && proc_run(argv, &o, &p->status, err);
}
