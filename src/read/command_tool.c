#include "read/command_tool.h"

bool command_kube_config(struct command_work *w, const struct command_words *s)
{
	if (str_is(s->program, "kubectx") && command_nth(s, 0).len) {
		w->kube_context = command_nth(s, 0);
		return true;
	}
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
	if (colon == SIZE_MAX || str_find_char(str_sub(to, 0, colon), '/') != SIZE_MAX ||
	    command_flag(s, STR("-n|--dry-run|--list-only")) ||
	    !command_flag(s, STR("--delete|--del|--delete-before|--delete-during|--delete-delay|--delete-after|--delete-excluded|"
				 "--delete-missing-args")))
		return false;
	c = command_effect_add(w, &(struct command_effect_words){
					  .kind = CHANGE_DELETE,
					  .finding = "file.outside",
					  .type = "files",
					  .reversible = REVERSIBLE_NO,
					  .holds_data = HOLDS_DATA_YES,
					  .name = to,
					  .reason = STR("deletes files of another machine that the source has not"),
					  .safer = "`rsync -n --itemize-changes` first; `--max-delete`, `--backup-dir`" });
	p = ARENA_NEW(w->arena, struct place);
	if (!c || !p)
		return true;
	p->host = str_sub(to, 0, colon);
	c->place = p;
	return true;
}

/* The same words as another program's: `docker compose` is docker-compose, `k3s kubectl` is kubectl. */
static bool another(struct command_work *w, const struct command_words *s)
{
	static const struct {
		const char *programs, *word;
	} inside[] = { { "docker|podman|nerdctl|finch", "compose" }, { "k3s|microk8s|minikube|rke2", "kubectl" } };
	struct command_words inner;

	for (size_t k = 0; k < ARRAY_LEN(inside); k++) {
		if (!command_one_of(s->program, str_from(inside[k].programs), '|') ||
		    !str_is(command_nth(s, 0), inside[k].word) ||
		    command_flag(s, STR("-H|--host|-c|--context|--connection|--url")))
			continue;
		for (size_t i = s->at_program + 1; i < w->act->n_argv; i++) {
			if (str_is(w->act->argv[i].text, inside[k].word))
				return command_words_from(w, i, &inner) && command_rows(w, &inner);
		}
	}
	return false;
}

static bool known_tool(struct str name)
{
	struct command_program tool;

	return command_program_find(name, &tool);
}

/* Words as those of a program that is not the first of them. */
static bool as_program(struct command_work *w, struct str program, size_t from)
{
	const struct shell_act *outer = w->act;
	struct shell_act *act = ARENA_NEW(w->arena, struct shell_act);
	bool known;

	if (!act)
		return true;
	*act = *outer;
	act->n_argv = outer->n_argv - from + 1;
	act->argv = ARENA_ARRAY(w->arena, act->n_argv, struct shell_value);
	if (!act->argv)
		return true;
	act->argv[0] = (struct shell_value){ .text = program, .known = true, .span = outer->span };
	for (size_t i = from; i < outer->n_argv; i++)
		act->argv[i - from + 1] = outer->argv[i];
	w->act = act;
	w->nested++;
	known = command_tool(w);
	w->nested--;
	w->act = outer;
	return known;
}

/* `docker run hashicorp/terraform destroy`: the image is the program. */
static bool image(struct command_work *w, const struct command_words *s)
{
	const struct shell_act *run = w->act->within;
	struct str name, tag;

	if (!w->act->remote || !run || !run->n_argv || w->nested || known_tool(s->program) ||
	    !command_one_of(command_base(run->argv[0].text), STR("docker|podman|nerdctl|finch"), '|'))
		return false;
	for (size_t i = 1; i + w->act->n_argv < run->n_argv + 1; i++) {
		if (i + w->act->n_argv != run->n_argv)
			continue;
		tag = command_base(run->argv[i - 1].text);
		if (!command_next(&tag, ':', &name))
			return false;
		if (str_is(name, "aws-cli"))
			name = STR("aws");
		if (str_is(name, "google-cloud-cli") || str_is(name, "cloud-sdk"))
			return false; /* their first word is the program already */
		return known_tool(name) && as_program(w, name, 0);
	}
	return false;
}

/* `npm run typeorm -- schema:drop`: a script that has the name of a tool, as a rule is that tool. */
static bool script(struct command_work *w, const struct command_words *s)
{
	struct str name = command_nth(s, 1);

	if (w->nested || !command_one_of(s->program, STR("npm|pnpm|yarn|bun"), '|') ||
	    !command_one_of(command_nth(s, 0), STR("run|run-script|exec|x|dlx"), '|') || !known_tool(name) ||
	    known_tool(STR("run")))
		return false;
	for (size_t i = 1; i < w->act->n_argv; i++) {
		if (str_eq(w->act->argv[i].text, name)) {
			size_t from = i + 1 < w->act->n_argv && str_is(w->act->argv[i + 1].text, "--") ? i + 2 : i + 1;

			/* Followed already where package.json says what it is. */
			for (const struct shell_act *a = w->act->next; a; a = a->next) {
				if (a->within == w->act)
					return false;
			}
			return as_program(w, name, from);
		}
	}
	return false;
}

/* --- programs that other programs run through a shell, named by a variable or an option --- */

static bool runs_a_shell(struct str name)
{
	return command_one_of(name,
			      STR("GIT_PAGER|PAGER|MANPAGER|GIT_SSH_COMMAND|GIT_EDITOR|GIT_SEQUENCE_EDITOR|EDITOR|VISUAL|"
				  "GIT_EXTERNAL_DIFF|PROMPT_COMMAND|LESSOPEN|LESSCLOSE|BROWSER|GIT_ASKPASS|SSH_ASKPASS|"
				  "FZF_DEFAULT_COMMAND|RIPGREP_CONFIG_PATH|GIT_PROXY_COMMAND|SUDO_EDITOR"),
			      '|');
}

/* GIT_PAGER='rm -rf ~' git log */
static void shells_of_variables(struct command_work *w)
{
	for (const struct shell_variable *v = w->act->env; v; v = v->next) {
		if (!v->unset && v->value.known && runs_a_shell(v->name))
			command_nested(w, v->value.text);
	}
}

/* git -c core.pager='rm -rf ~' log, git -c alias.x='!rm -rf ~' x */
static void shells_of_git(struct command_work *w, const struct command_words *s)
{
	static const struct str keys[] = { STR_INIT("core.pager="),	 STR_INIT("core.editor="),
					   STR_INIT("core.sshCommand="), STR_INIT("diff.external="),
					   STR_INIT("pager."),		 STR_INIT("sequence.editor="),
					   STR_INIT("core.fsmonitor="),	 STR_INIT("credential.helper=!") };

	for (size_t i = 0; str_is(s->program, "git") && i < s->n; i++) {
		size_t equals = str_find_char(s->item[i].value, '=');

		if (!str_is(s->item[i].text, "-c") || equals == SIZE_MAX)
			continue;
		for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
			struct str value = str_sub(s->item[i].value, equals + 1, s->item[i].value.len);

			if (value.len && value.ptr[0] == '!')
				value = str_sub(value, 1, value.len);
			if (str_starts(s->item[i].value, keys[k]))
				command_nested(w, value);
		}
	}
}

/* In this order: the first that knows the act has read it, but where rows know its program as well. */
static bool (*const readers[])(struct command_work *w, const struct command_words *s) = {
	image,	      command_code,	   command_terraform, command_sql, command_redis, command_mongo,
	command_http, command_kube_config, command_rsync,     another,	   script,
};

bool command_tool(struct command_work *w)
{
	struct command_words s;

	shells_of_variables(w);
	if (!command_words(w, &s))
		return false;
	shells_of_git(w, &s);
	for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
		if (readers[i](w, &s))
			return true;
	}
	return command_rows(w, &s);
}
