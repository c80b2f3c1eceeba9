/* pawl gate postgres: the gate in the foreground. */
#include "cli/gate_postgres.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/gate_expire.h"
#include "cli/gate_running.h"
#include "cli/policies.h"

#define ARENA_SIZE ((size_t)64 << 20)
#define GRACE_S 10
#define PATH_LEN 4200

/* --- what stands behind the server --- */

static bool environments_known(const struct gate_run *r, struct err *err)
{
	for (size_t i = 0; i < r->config.n_upstreams; i++) {
		const struct database_upstream *u = &r->config.upstreams[i];

		if (u->environment.len && !policy_environment_known(r->policy, u->environment))
			return err_set(err, ERR_INPUT,
				       "%.*s: upstream '%.*s' is in environment '%.*s', which no policy names: production, staging, "
				       "scratch, or one of the policy's own",
				       STR_ARG(r->config.path), STR_ARG(u->name), STR_ARG(u->environment));
	}
	return true;
}

static bool listen_elsewhere(struct gate_run *r, const char *listen, struct err *err)
{
	struct str host;
	unsigned port;

	if (!listen)
		return true;
	if (!gate_config_address(str_from(listen), &host, &port))
		return err_set(err, ERR_INPUT, "--listen wants ADDRESS:PORT in numbers: 127.0.0.1:6543, [::1]:6543");
	if (!str_starts(host, STR("127.")) && !str_is(host, "::1") && !r->config.certificate)
		return err_set(err, ERR_INPUT, "beside loopback the gate listens with 'tls' only (%.*s)", STR_ARG(r->config.path));
	r->config.listen = listen;
	return true;
}

bool gate_run_open(const struct gate_run_opts *o, struct gate_run *ret, struct err *err)
{
	struct gate_asks_opts asks = { .places = &ret->places };

	*ret = (struct gate_run){ .port = 0 };
	if (!arena_map(&ret->arena, ARENA_SIZE))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!places_find(NULL, &ret->places, err) || !dir_make(ret->places.state, 0700, err) ||
	    !gate_config_load(&ret->places, o->config, &ret->arena, &ret->config, err) || !listen_elsewhere(ret, o->listen, err) ||
	    !policies_load(&ret->places, &ret->arena, &ret->policy, err) || !environments_known(ret, err))
		return false;
	ret->ledger = ledger_open(ret->places.ledger, err);
	if (!ret->ledger)
		return false;
	asks.policy = ret->policy;
	asks.ledger = ret->ledger;
	asks.wait_s = ret->config.wait_s;
	return gate_asks_open(&asks, &ret->asks, err);
}

void gate_run_close(struct gate_run *r)
{
	gate_asks_close(r->asks);
	ledger_close(r->ledger);
	arena_unmap(&r->arena);
}

/* --- the record --- */

static bool record_start(const struct gate_run *r, bool permissive, struct err *err)
{
	auto_buf b = BUF_MAX((size_t)1 << 20);
	struct json_out o = { .buf = &b };
	struct digest d = policy_digest(r->policy);
	char hex[DIGEST_HEX_LEN + 1];
	uint64_t seq;

	digest_hex(&d, hex);
	json_out_open(&o, '{');
	json_out_kv(&o, "gate", STR("postgres"));
	json_out_kv(&o, "listen", str_from(r->config.listen));
	json_out_key(&o, "port");
	json_out_u64(&o, r->port);
	json_out_kv(&o, "policy", str_from(hex));
	json_out_key(&o, "permissive");
	json_out_bool(&o, permissive);
	json_out_key(&o, "upstreams");
	json_out_open(&o, '[');
	for (size_t i = 0; i < r->config.n_upstreams; i++)
		json_out_str(&o, r->config.upstreams[i].name);
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	return ledger_append(r->ledger, STR("gate.started"), buf_str(&b), &seq, err);
}

static void record_stop(const struct gate_run *r)
{
	char body[100];
	uint64_t seq;

	snprintf(body, sizeof(body), "{\"gate\":\"postgres\",\"port\":%u}", r->port);
	(void)!ledger_append(r->ledger, STR("gate.stopped"), str_from(body), &seq, NULL);
}

/* --- running --- */

static const int endings[] = { SIGTERM, SIGINT, SIGHUP };

/* Before there is any thread: then none of them is interrupted, and sigwait has them all. */
static sigset_t block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(endings); i++)
		sigaddset(&set, endings[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return set;
}

/* As many connections as the system lets this user have. */
static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		(void)!setrlimit(RLIMIT_NOFILE, &l);
	}
}

static bool start(struct gate_run *r, bool permissive, struct err *err)
{
	char folder[PATH_LEN], hour[PATH_LEN + 8];
	struct postgres_server_opts o = {
		.host = gate_asks_host(r->asks),
		.upstreams = r->config.upstreams,
		.n_upstreams = r->config.n_upstreams,
		.listen = r->config.listen,
		.socket_dir = r->config.socket_dir,
		.certificate = r->config.certificate,
		.key = r->config.key,
		.client_ca = r->config.client_ca,
		.threads = r->config.threads,
		.max_connections = r->config.connections,
		.hour = hour,
		.permissive = permissive,
	};
	int n = snprintf(folder, sizeof(folder), "%s/postgres", r->places.state);

	if (n < 0 || (size_t)n >= sizeof(folder))
		return err_set(err, ERR_LIMIT, "%.300s: path too long", r->places.state);
	snprintf(hour, sizeof(hour), "%s/hour", folder);
	if (!dir_make(folder, 0700, err))
		return false;
	return postgres_server_start(&o, &r->server, &r->port, err);
}

static void say_ready(const struct cli *c, const struct gate_run *r)
{
	auto_buf b = BUF_MAX(65536);
	struct json_out o = { .buf = &b };
	struct str host = STR_NONE;
	unsigned port;

	(void)!gate_config_address(str_from(r->config.listen), &host, &port);
	if (c->json) {
		json_out_open(&o, '{');
		json_out_key(&o, "ready");
		json_out_bool(&o, true);
		json_out_kv(&o, "host", host);
		json_out_key(&o, "port");
		json_out_u64(&o, r->port);
		json_out_close(&o, '}');
	} else {
		buf_addf(&b, "ready: %.*s port %u, before", STR_ARG(host), r->port);
		for (size_t i = 0; i < r->config.n_upstreams; i++)
			buf_addf(&b, "%s %.*s", i ? "," : "", STR_ARG(r->config.upstreams[i].name));
	}
	buf_addc(&b, '\n');
	cli_print(&b);
	if (r->config.has_password)
		fprintf(stderr, "pawl: %.*s has a password in clear; a service file, passfile= or secret-command keeps it elsewhere.\n",
			STR_ARG(r->config.path));
	if (cli_flag(c, "permissive"))
		fputs("pawl: PERMISSIVE: everything passes. For tests alone.\n", stderr);
}

static int serve(struct cli *c, struct gate_run *r, const sigset_t *signals)
{
	struct gate_expire *expire = NULL;
	struct err err = { 0 };
	int number;

	if (!start(r, cli_flag(c, "permissive"), &err))
		return cli_fail(c, &err);
	if (!gate_expire_start(r, &expire, &err) || !record_start(r, cli_flag(c, "permissive"), &err) ||
	    !gate_running_write(r->places.state, str_from(r->config.listen), r->port, &err)) {
		gate_expire_stop(expire);
		postgres_server_stop(r->server, 0);
		return cli_fail(c, &err);
	}
	say_ready(c, r);
	sigwait(signals, &number);
	postgres_server_stop(r->server, number == SIGINT ? 0 : GRACE_S);
	gate_expire_stop(expire);
	gate_running_remove(r->places.state);
	record_stop(r);
	return EXIT_ALLOW;
}

int cmd_gate_postgres(struct cli *c)
{
	struct gate_run_opts o = { .config = cli_value(c, "config"), .listen = cli_value(c, "listen") };
	struct err err = { 0 };
	struct gate_run r;
	sigset_t signals;
	int status;

	if (cli_flag(c, "service"))
		return gate_service(c);
	if (cli_flag(c, "rehearse"))
		return gate_rehearse(c);
	if (c->n_args)
		return cli_usage(c, "gate postgres takes no words, but behind --rehearse --");
	signals = block_signals();
	raise_limit();
	status = gate_run_open(&o, &r, &err) ? serve(c, &r, &signals) : cli_fail(c, &err);
	gate_run_close(&r);
	return status;
}

/* --- as a service --- */

int gate_service(struct cli *c)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	auto_buf b = BUF_MAX(65536);
	size_t end;

	if (n <= 0)
		return cli_usage(c, "its own program file cannot be found through /proc");
	self[n] = '\0';
	end = (size_t)n - (str_ends(str_from(self), STR("-full")) ? sizeof("-full") - 1 : 0);
	buf_addf(&b,
		 "# %s/systemd/user/pawl-postgres.service, then: systemctl --user enable --now pawl-postgres\n"
		 "# Better as a user of its own (User=pawl in /etc/systemd/system): then no agent reads the database's credential.\n"
		 "[Unit]\n"
		 "Description=pawl's gate before PostgreSQL\n"
		 "After=network-online.target\n"
		 "\n"
		 "[Service]\n"
		 "ExecStart=%.*s gate postgres%s%s\n"
		 "Restart=on-failure\n"
		 "LimitNOFILE=65536\n"
		 "NoNewPrivileges=yes\n"
		 "UMask=0077\n"
		 "\n"
		 "[Install]\n"
		 "WantedBy=default.target\n",
		 "~/.config", (int)end, self, cli_value(c, "config") ? " --config " : "",
		 cli_value(c, "config") ? cli_value(c, "config") : "");
	return cli_print(&b) ? EXIT_ALLOW : EXIT_ERROR;
}
