#include "read/command_place.h"

static struct place *own_place(struct command_work *w, struct change *c)
{
	struct place *p = ARENA_NEW(w->arena, struct place);

	c->place = p;
	return p;
}

static void scratch(struct change *c)
{
	c->environment = STR("scratch");
}

/* --- clusters, accounts, this machine --- */

static bool scratch_context(struct str context)
{
	static const struct str globs[] = { STR_INIT("kind-*"),		STR_INIT("minikube*"),
					    STR_INIT("docker-desktop"), STR_INIT("docker-for-desktop"),
					    STR_INIT("k3d-*"),		STR_INIT("rancher-desktop"),
					    STR_INIT("colima*"),	STR_INIT("orbstack"),
					    STR_INIT("microk8s") };

	for (size_t i = 0; i < ARRAY_LEN(globs); i++) {
		if (str_glob(globs[i], context))
			return true;
	}
	return false;
}

/* current-context of the file that kubectl reads; STR_NONE where nobody may look. */
static struct str current_context(struct command_work *w, struct str file)
{
	const struct world_file *f;
	struct str text, line;

	if (w->act->remote)
		return STR_NONE;
	if (!file.len && !command_env(w, STR("KUBECONFIG"), &file))
		file = w->world->home.len ? arena_fmt(w->arena, "%.*s/.kube/config", STR_ARG(w->world->home)) : STR_NONE;
	file = command_path(w, file);
	f = file.len ? world_file(w->world, file) : NULL;
	text = f && f->found ? f->text : STR_NONE;
	while (command_next(&text, '\n', &line)) {
		if (str_starts(line, STR("current-context:")))
			return str_trim(str_sub(line, 16, line.len));
	}
	return STR_NONE;
}

static void at_cluster(struct command_work *w, const struct command_words *s, struct change *c)
{
	struct place *p = own_place(w, c);
	struct str server;

	if (!p)
		return;
	if (!command_value(s, "--kubeconfig", &server))
		server = STR_NONE;
	if (!command_value(s, "--context|--kube-context|--kubecontext", &p->account))
		p->account = w->kube_context.len ? w->kube_context : current_context(w, server);
	if (!command_value(s, "-n|--namespace", &p->workspace))
		p->workspace = STR_NONE;
	c->account = p->account;
	if (command_value(s, "-s|--server|--kube-apiserver", &server))
		return;
	if (scratch_context(p->account))
		scratch(c);
}

static void at_aws(struct command_work *w, const struct command_words *s, struct change *c)
{
	struct place *p = own_place(w, c);
	struct str endpoint;

	if (!p)
		return;
	if (!command_value(s, "--profile|--aws-profile", &p->account) && !command_env(w, STR("AWS_PROFILE"), &p->account))
		p->account = STR_NONE;
	if (!command_value(s, "--region|-r", &p->region) && !command_env(w, STR("AWS_REGION"), &p->region) &&
	    !command_env(w, STR("AWS_DEFAULT_REGION"), &p->region))
		p->region = STR_NONE;
	c->account = p->account;
	c->region = p->region;
	if (!command_value(s, "--endpoint-url", &endpoint) && !command_env(w, STR("AWS_ENDPOINT_URL"), &endpoint))
		endpoint = STR_NONE;
	if (str_starts(endpoint, STR("http")) && str_find(endpoint, STR("://")) != SIZE_MAX) {
		struct str host = str_sub(endpoint, str_find(endpoint, STR("://")) + 3, endpoint.len);
		size_t end = str_find_char(host, ':');

		host = str_sub(host, 0, end == SIZE_MAX ? host.len : end);
		p->host = host;
		if (command_local_host(w, host))
			scratch(c); /* an emulator */
	}
	if (str_is(s->program, "awslocal") || str_is(s->program, "cdklocal") || str_is(s->program, "samlocal"))
		scratch(c);
}

static bool any_scratch_word(const struct command_words *s)
{
	static const struct str named[] = { STR_INIT("-f"),	   STR_INIT("--file"),
					    STR_INIT("-p"),	   STR_INIT("--project-name"),
					    STR_INIT("--profile"), STR_INIT("--env-file"),
					    STR_INIT("--name") };

	for (size_t i = 0; i < s->n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(named); k++) {
			if (s->item[i].flag && str_eq(s->item[i].text, named[k]) && command_scratch_name(s->item[i].value))
				return true;
		}
	}
	return false;
}

static void at_docker(struct command_work *w, const struct command_words *s, struct change *c)
{
	struct place *p = own_place(w, c);
	struct str host, project;

	if (!p)
		return;
	if (!command_value(s, "-H|--host|--url|--connection", &host) && !command_env(w, STR("DOCKER_HOST"), &host) &&
	    !command_env(w, STR("CONTAINER_HOST"), &host))
		host = STR_NONE;
	if (!host.len && !command_value(s, "-c|--context", &host) && !command_env(w, STR("DOCKER_CONTEXT"), &host))
		host = STR_NONE;
	p->host = host.len ? host : STR("localhost");
	if (host.len && !str_starts(host, STR("unix:")) &&
	    !command_one_of(host, STR("default|desktop-linux|colima|rancher-desktop|orbstack"), '|'))
		return; /* somewhere else */
	if (any_scratch_word(s) || command_scratch_name(c->name) ||
	    (command_env(w, STR("COMPOSE_PROJECT_NAME"), &project) && command_scratch_name(project)))
		scratch(c);
}

static void at_host(struct command_work *w, const struct command_words *s, struct change *c)
{
	static const char flags[] =
		"-h|-H|--host|--bootstrap-server|--brokers|--endpoints|-address|-http-addr|--address|--server|-server|--url";
	struct place *p = own_place(w, c);
	size_t colon;

	if (!p)
		return;
	if (!command_value(s, flags, &p->host) && !command_env(w, STR("VAULT_ADDR"), &p->host) &&
	    !command_env(w, STR("ETCDCTL_ENDPOINTS"), &p->host))
		p->host = STR("localhost");
	colon = str_find(p->host, STR("://"));
	if (colon != SIZE_MAX)
		p->host = str_sub(p->host, colon + 3, p->host.len);
	colon = str_find_char(p->host, ':');
	if (colon != SIZE_MAX)
		p->host = str_sub(p->host, 0, colon);
	if (command_local_host(w, p->host) && command_scratch_name(c->name))
		scratch(c);
}

static void at_local(struct command_work *w, struct change *c)
{
	struct place *p = own_place(w, c);

	if (!p)
		return;
	p->host = STR("localhost");
	if (command_scratch_name(c->name) || str_starts(c->name, STR("/dev/loop")) || str_starts(c->name, STR("/tmp/")))
		scratch(c);
}

static void at_service(struct command_work *w, const struct command_words *s, struct change *c)
{
	struct place *p = own_place(w, c);

	if (!p)
		return;
	if (!command_value(s, "--project|-p|-a|--app|--subscription|--org|-o|-g|--resource-group|-s|--stack|--stage|--site",
			   &p->account))
		p->account = STR_NONE;
	c->account = p->account;
}

void command_where(struct command_work *w, const struct command_words *s, enum command_place how, struct change *c)
{
	struct command_database d;

	switch (how) {
	case COMMAND_PLACE_REMOTE:
	case COMMAND_PLACE_COUNT:
		at_service(w, s, c);
		return;
	case COMMAND_PLACE_LOCAL:
		at_local(w, c);
		return;
	case COMMAND_PLACE_SCRATCH:
		if (own_place(w, c))
			scratch(c);
		return;
	case COMMAND_PLACE_DOCKER:
		at_docker(w, s, c);
		return;
	case COMMAND_PLACE_HOST:
		at_host(w, s, c);
		return;
	case COMMAND_PLACE_KUBE:
		at_cluster(w, s, c);
		return;
	case COMMAND_PLACE_AWS:
		at_aws(w, s, c);
		return;
	case COMMAND_PLACE_DATABASE:
	case COMMAND_PLACE_PRISMA:
	case COMMAND_PLACE_NODE:
	case COMMAND_PLACE_RAILS:
	case COMMAND_PLACE_LARAVEL:
	case COMMAND_PLACE_DJANGO:
	case COMMAND_PLACE_SYMFONY:
	case COMMAND_PLACE_MIX:
		command_orm(w, s, how, &d);
		command_at_database(w, &d, c);
		return;
	}
}
