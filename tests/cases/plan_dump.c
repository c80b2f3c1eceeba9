/* plan_dump -- what the plan reader makes of a file, as lines, for test_plan and for people who write cases.
 * usage: plan_dump [--chunk BYTES] [--cap BYTES] [--pinned ADDRESS]… [--config ADDRESS]… FILE|-
 * Lines: `count NAME N`, `summary NAME VALUE`, `change KIND ADDRESS`, and below a change, indented, `key=value`;
 * then `create ADDRESS…` and, of the state, `bucket ADDRESS NAME`, with a tab between.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "read/plan.h"

#define SET_MAX 16

struct args {
	size_t chunk;
	struct plan_opts opts;
	struct str pinned[SET_MAX], config[SET_MAX];
	struct str_set pinned_set, config_set;
	const char *file;
};

static void add_sorted(struct str_set *set, struct str *items, struct str s)
{
	size_t i = set->n;

	PAWL_ASSERT(set->n < SET_MAX);
	set->item = items;
	for (; i > 0 && str_cmp(items[i - 1], s) > 0; i--)
		items[i] = items[i - 1];
	items[i] = s;
	set->n++;
}

static bool parse(int argc, char **argv, struct args *a)
{
	for (int i = 1; i < argc; i++) {
		uint64_t n = 0;

		if (strcmp(argv[i], "--chunk") == 0 && i + 1 < argc && str_to_u64(str_from(argv[i + 1]), &n) && n > 0) {
			a->chunk = (size_t)n;
		} else if (strcmp(argv[i], "--cap") == 0 && i + 1 < argc && str_to_u64(str_from(argv[i + 1]), &n)) {
			a->opts.max_bytes = n;
		} else if (strcmp(argv[i], "--pinned") == 0 && i + 1 < argc) {
			add_sorted(&a->pinned_set, a->pinned, str_from(argv[i + 1]));
			a->opts.pinned_prevent_destroy = &a->pinned_set;
			a->opts.config_prevent_destroy = &a->config_set;
		} else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			add_sorted(&a->config_set, a->config, str_from(argv[i + 1]));
		} else if (argv[i][0] != '-' || argv[i][1] == '\0') {
			a->file = argv[i];
			continue;
		} else {
			return false;
		}
		i++;
	}
	return a->file;
}

static void pair(const char *indent, const char *key, struct str value)
{
	if (value.len)
		printf("%s%s=%.*s\n", indent, key, STR_ARG(value));
}

static void print_change(const struct change *c)
{
	printf("change %.*s %.*s\n", STR_ARG(change_kind_name(c->kind)), STR_ARG(c->name));
	pair("\t", "type", c->type);
	pair("\t", "finding", c->finding);
	pair("\t", "reversible", reversibility_name(c->reversible));
	pair("\t", "data", holds_data_name(c->holds_data));
	pair("\t", "forced-by", c->forced_by);
	for (const struct change_casualty *d = c->dies_with; d; d = d->next)
		pair("\t", "dies-with", d->what);
	pair("\t", "identity", c->identity);
	pair("\t", "title", c->title);
	pair("\t", "environment", c->tag_environment);
	pair("\t", "account", c->account);
	pair("\t", "region", c->region);
	pair("\t", "window", c->window);
	pair("\t", "reason", c->reason);
	pair("\t", "destructive", change_is_destructive(c) ? STR("yes") : STR("no"));
}

static void print_summary(const struct plan_summary *s)
{
	const struct {
		const char *name;
		size_t n;
	} counts[] = {
		{ "noop", s->n_noop },	     { "read", s->n_read },	    { "create", s->n_create },
		{ "update", s->n_update },   { "delete", s->n_delete },	    { "replace", s->n_replace },
		{ "forget", s->n_forget },   { "import", s->n_import },	    { "moved", s->n_moved },
		{ "drift", s->n_drift },     { "deferred", s->n_deferred }, { "drift-delete", s->n_drift_delete },
		{ "action", s->n_actions },  { "checks-failed", s->n_checks_failed },
	};
	const struct {
		const char *name;
		bool v;
	} flags[] = { { "complete", s->complete },	   { "applyable", s->applyable }, { "errored", s->errored },
		      { "refresh-only", s->refresh_only }, { "understood", s->understood } };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		printf("count %s %zu\n", counts[i].name, counts[i].n);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		printf("summary %s %s\n", flags[i].name, flags[i].v ? "yes" : "no");
	printf("summary format %.*s\n", STR_ARG(s->format_version));
	printf("summary terraform %.*s\n", STR_ARG(s->terraform_version));
	printf("summary account %.*s\n", STR_ARG(s->account));
	printf("summary region %.*s\n", STR_ARG(s->region));
	printf("summary environment %.*s\n", STR_ARG(s->tag_environment));
}

static bool feed(struct plan_reader *r, const struct args *a, struct err *err)
{
	auto_fd fd = strcmp(a->file, "-") == 0 ? dup(0) : open(a->file, O_RDONLY | O_CLOEXEC);
	size_t size = a->chunk ? a->chunk : (size_t)1 << 20;
	char *buf = malloc(size);
	ssize_t n = -1;

	if (fd < 0 || !buf) {
		free(buf);
		return err_sys(err, "%s", a->file);
	}
	while ((n = read(fd, buf, size)) > 0)
		plan_reader_feed(r, (struct str){ buf, (size_t)n });
	free(buf);
	return n == 0 ? true : err_sys(err, "%s", a->file);
}

int main(int argc, char **argv)
{
	struct args a = { .chunk = 0 };
	struct plan_summary sum;
	struct plan_create *creates;
	struct change_list list;
	struct arena arena;
	struct plan_reader *r;
	struct err err = { .code = ERR_NONE };
	bool ok;

	if (!parse(argc, argv, &a)) {
		fprintf(stderr, "usage: plan_dump [--chunk BYTES] [--cap BYTES] [--pinned ADDRESS] [--config ADDRESS] FILE|-\n");
		return 2;
	}
	if (!arena_map(&arena, PLAN_ARENA_BYTES))
		return 1;
	r = plan_reader_new(&arena, &a.opts);
	if (!r)
		return 1;
	ok = feed(r, &a, &err);
	list = plan_reader_end(r, &sum, &creates);
	if (!ok) {
		fprintf(stderr, "%s\n", err.msg);
		return 1;
	}
	print_summary(&sum);
	CHANGE_EACH(c, &list)
		print_change(c);
	for (const struct plan_create *p = creates; p; p = p->next)
		printf("create %.*s\t%.*s\t%.*s\t%.*s\n", STR_ARG(p->address), STR_ARG(p->type), STR_ARG(p->title),
		       STR_ARG(p->region));
	for (const struct request_bucket *b = sum.buckets; b; b = b->next)
		printf("bucket %.*s\t%.*s\n", STR_ARG(b->address), STR_ARG(b->name));
	arena_unmap(&arena);
	return 0;
}
