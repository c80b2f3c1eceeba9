#include "read/command_tool.h"

bool command_kube_config(struct command_work *w, const struct command_words *s)
{
	if (!command_one_of(s->program, STR("kubectl|k|oc|kubecolor"), '|') || !str_is(command_nth(s, 0), "config") ||
	    !(str_is(command_nth(s, 1), "use-context") || str_is(command_nth(s, 1), "use")))
		return false;
	w->kube_context = command_nth(s, 2);
	w->means = STR("chooses the cluster of later commands");
	return true;
}

/* rsync --delete to another machine; on this one it is read by its paths. */
bool command_rsync(struct command_work *w, const struct command_words *s)
{
	struct str to = STR_NONE;
	struct change *c;
	struct place *p;
	size_t colon;

	if (!str_is(s->program, "rsync"))
		return false;
	for (size_t i = 0; i < s->n; i++)
		to = s->item[i].flag ? to : s->item[i].text;
	colon = str_find_char(to, ':');
	if (colon == SIZE_MAX || str_find_char(str_sub(to, 0, colon), '/') != SIZE_MAX || command_flag(s, STR("-n|--dry-run|--list-only")) ||
	    !command_flag(s, STR("--delete|--del|--delete-before|--delete-during|--delete-delay|--delete-after|--delete-excluded|--delete-missing-args")))
		return false;
	c = command_effect_add(w, &(struct command_effect_words){
					  .kind = CHANGE_DELETE, .finding = "file.outside", .type = "files", .reversible = REVERSIBLE_NO,
					  .holds_data = HOLDS_DATA_YES, .name = to, .reason = STR("deletes files of another machine that the source has not"),
					  .safer = "`rsync -n --itemize-changes` first; `--max-delete`, `--backup-dir`" });
	p = ARENA_NEW(w->arena, struct place);
	if (!c || !p)
		return true;
	p->host = str_sub(to, 0, colon);
	c->place = p;
	return true;
}

/* `docker-compose`, `docker compose` with the flags of compose before the subcommand are rows; `k3s kubectl` is kubectl. */
static bool another(struct command_work *w, const struct command_words *s)
{
	struct command_words inner;

	if (!command_one_of(s->program, STR("k3s|microk8s|minikube|rke2"), '|') || !str_is(command_nth(s, 0), "kubectl"))
		return false;
	for (size_t i = s->at_program + 1; i < w->act->n_argv; i++) {
		if (str_is(w->act->argv[i].text, "kubectl"))
			return command_words_from(w, i, &inner) && command_rows(w, &inner);
	}
	return false;
}

/* In this order: the first that knows the act has read it, but where rows know its program as well. */
static bool (*const readers[])(struct command_work *w, const struct command_words *s) = {
	command_terraform, command_sql, command_redis, command_mongo, command_http, command_kube_config, command_rsync, another,
};

bool command_tool(struct command_work *w)
{
	struct command_words s;

	if (!command_words(w, &s))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (readers[i](w, &s))
			return true;
	}
	return command_rows(w, &s);
}
