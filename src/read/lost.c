#include "read/lost.h"

/* A piece of evidence: does it hold, how much does it weigh, and in which words? */
struct evidence_row {
	unsigned weight;
	bool (*holds)(const struct lost_facts *f);
	struct str (*say)(const struct lost_facts *f, struct arena *a);
};

static bool backup_holds(const struct lost_facts *f)
{
	return f->backup.len && f->backup_managed > 0;
}

static struct str backup_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a, "%.*s beside it holds %zu objects", STR_ARG(f->backup),
			 f->backup_managed);
}

static bool near_holds(const struct lost_facts *f)
{
	return f->near_same > 0 && f->near_same * 2 >= f->n_create;
}

static struct str near_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a,
			 "%.*s (lineage %.*s, serial %llu, %zu objects) already holds %zu of the "
			 "%zu addresses about to be created",
			 STR_ARG(f->near_path), STR_ARG(f->near_lineage),
			 (unsigned long long)f->near_serial, f->near_managed, f->near_same,
			 f->n_create);
}

static bool history_holds(const struct lost_facts *f)
{
	return f->state_commit.len > 0;
}

static struct str history_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a, "git commit %.12s had a terraform.tfstate here",
			 f->state_commit.len >= 12 ? f->state_commit.ptr : "?");
}

static bool lock_holds(const struct lost_facts *f)
{
	return f->lock_age_days >= 2;
}

static struct str lock_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a,
			 "its .terraform.lock.hcl was committed %lld days ago, so somebody has run "
			 "terraform here before",
			 (long long)f->lock_age_days);
}

static bool commits_hold(const struct lost_facts *f)
{
	return f->n_commits >= 2 && f->commits_age_days >= 2;
}

static struct str commits_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a, "%zu commits have changed its configuration since %lld days ago",
			 f->n_commits, (long long)f->commits_age_days);
}

static bool ignored_holds(const struct lost_facts *f)
{
	return f->state_ignored;
}

static struct str ignored_say(const struct lost_facts *f, struct arena *a)
{
	(void)f;
	(void)a;
	return STR(
		".gitignore keeps *.tfstate out of the repository, so a clone never has the state");
}

static bool local_holds(const struct lost_facts *f)
{
	return str_is(f->backend_type, "local");
}

static struct str local_say(const struct lost_facts *f, struct arena *a)
{
	(void)f;
	(void)a;
	return STR("the backend is a file on one machine's disk");
}

static bool named_holds(const struct lost_facts *f)
{
	return f->n_named > 0;
}

static struct str named_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(
		a,
		"%zu of the %zu things to create carry fixed names, of which there can be one only",
		f->n_named, f->n_create);
}

static bool readme_holds(const struct lost_facts *f)
{
	return f->readme.len > 0;
}

static struct str readme_say(const struct lost_facts *f, struct arena *a)
{
	return arena_fmt(a, "the README says: \"%.*s\"", STR_ARG(f->readme));
}

/* 4 speaks for itself; the others have to come together. */
static const struct evidence_row rows[] = {
	{ 4, backup_holds, backup_say },   { 4, near_holds, near_say },
	{ 4, history_holds, history_say }, { 2, lock_holds, lock_say },
	{ 2, commits_hold, commits_say },  { 1, ignored_holds, ignored_say },
	{ 1, local_holds, local_say },	   { 1, named_holds, named_say },
	{ 1, readme_holds, readme_say },
};

unsigned lost_weigh(const struct lost_facts *f)
{
	unsigned sum = 0;

	if (!f->state_empty || f->n_create == 0 || f->n_other > 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		sum += rows[i].holds(f) ? rows[i].weight : 0;
	return sum;
}

void lost_find(const struct lost_facts *f, struct str folder, struct arena *arena,
	       struct change_list *add)
{
	struct str why = STR_NONE;
	struct change *c;

	if (lost_weigh(f) < LOST_ENOUGH)
		return;
	c = change_add(add, arena);
	if (!c)
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].holds(f))
			why = arena_fmt(arena, "%.*s%s%.*s", STR_ARG(why), why.len ? "; " : "",
					STR_ARG(rows[i].say(f, arena)));
	}
	c->kind = CHANGE_STATE_IDENTITY;
	c->reversible = REVERSIBLE_NO;
	c->holds_data = HOLDS_DATA_YES;
	c->type = STR("terraform_state");
	c->name = folder;
	c->finding = STR("state.lost-suspected");
	c->reason = arena_fmt(arena,
			      "The state is empty and all %zu resources would be created, yet this "
			      "does not look like a first run: %.*s",
			      f->n_create, STR_ARG(why));
	c->safer = STR("Do not apply. Find out whether these things exist already (pawl plan "
		       "--live asks the cloud), find the state "
		       "that holds them (the old machine, a backend, a backup), put it in place "
		       "and plan again; if it is truly gone, "
		       "import what exists. Once the right state is there, pin it: pawl pin");
}
