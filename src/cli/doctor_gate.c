/* pawl doctor, before databases: is the gate the only way there is? */
#include "cli/doctor.h"

#include <libpq-fe.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/gate_config.h"
#include "cli/gate_keys.h"
#include "cli/gate_running.h"

#define CONFIG_ARENA ((size_t)8 << 20)

struct gate_look {
	struct desk *d;
	struct findings *f;
	struct gate_config config;
};

static void look_at_config(struct gate_look *g)
{
	struct finding *one = doctor_add(g->f, "gate-config", true);
	unsigned port = gate_running_port(g->d->places.state);
	size_t n = 0;

	n += (size_t)snprintf(one->text, sizeof(one->text), "The PostgreSQL gate stands before");
	for (size_t i = 0; i < g->config.n_upstreams && n < sizeof(one->text) - 200; i++)
		n += (size_t)snprintf(one->text + n, sizeof(one->text) - n, "%s %.*s", i ? "," : "",
				      STR_ARG(g->config.upstreams[i].name));
	if (port)
		snprintf(one->text + n, sizeof(one->text) - n, "; it runs, on port %u.", port);
	else
		snprintf(one->text + n, sizeof(one->text) - n, "; it does not run now (pawl gate postgres).");
	if (g->config.has_password) {
		one = doctor_add(g->f, "gate-password", false);
		snprintf(one->text, sizeof(one->text),
			 "%.300s has a password in clear: a service file, passfile= or secret-command keeps it elsewhere.",
			 g->config.path.ptr);
	}
}

/* A file with the database's own credential that we can read, an agent under our uid can read too. */
static void look_at_credential(struct gate_look *g, const char *path)
{
	struct finding *one;

	if (!path || !file_exists(path))
		return;
	one = doctor_add(g->f, "gate-credential", access(path, R_OK) != 0);
	if (one->good)
		snprintf(one->text, sizeof(one->text), "%.400s: this user cannot read the database's credential.", path);
	else
		snprintf(one->text, sizeof(one->text),
			 "%.400s: this user (uid %u) reads the database's credential, and so does an agent that runs as this user: it "
			 "can go round the gate. Run the gate as a user of its own.",
			 path, (unsigned)getuid());
}

static void look_at_home_file(struct gate_look *g, const char *variable, const char *name)
{
	const char *said = getenv(variable), *home = getenv("HOME");
	char path[PLACES_MAX];

	snprintf(path, sizeof(path), "%s/%s", home ? home : "", name);
	look_at_credential(g, said && *said ? said : path);
}

/* Files that the upstreams name themselves. */
static void look_at_upstreams(struct gate_look *g)
{
	static const char *const words[] = { "passfile", "sslkey" };

	for (size_t i = 0; i < g->config.n_upstreams; i++) {
		PQconninfoOption *all = PQconninfoParse(g->config.upstreams[i].connect.ptr, NULL);

		for (const PQconninfoOption *o = all; o && o->keyword; o++) {
			for (size_t w = 0; w < ARRAY_LEN(words); w++) {
				if (o->val && strcmp(o->keyword, words[w]) == 0)
					look_at_credential(g, o->val);
			}
		}
		PQconninfoFree(all);
	}
}

/* A variable that leads straight to a database behind the gate. */
static void look_at_variables(struct gate_look *g)
{
	static const char *const names[] = { "DATABASE_URL", "PGHOST", "POSTGRES_URL", "DIRECT_URL", "PGSERVICE" };

	for (size_t i = 0; i < ARRAY_LEN(names) + 1; i++) {
		const char *name = i < ARRAY_LEN(names) ? names[i] : "PGPASSWORD", *v = getenv(name);
		bool straight = v && *v && i == ARRAY_LEN(names);
		struct finding *one;

		for (size_t u = 0; v && *v && u < g->config.n_upstreams; u++) {
			struct str host = g->config.upstreams[u].place.host;

			straight = straight || (host.len > 3 && !str_starts(host, STR("127.")) && !str_is(host, "localhost") &&
						str_find(str_from(v), host) != SIZE_MAX);
		}
		if (!straight)
			continue;
		one = doctor_add(g->f, "gate-variable", false);
		snprintf(one->text, sizeof(one->text),
			 "%s leads past the gate, straight to a database behind it: take it out of what agents see.", name);
	}
}

struct keys_seen {
	size_t n, endless, over;
	int64_t now_us;
};

static bool see_key(const struct gate_key *k, void *ctx)
{
	struct keys_seen *s = ctx;

	s->n++;
	s->endless += k->expires_us == 0;
	s->over += k->expires_us && k->expires_us <= s->now_us;
	return true;
}

static void look_at_keys(struct gate_look *g)
{
	struct keys_seen s = { .now_us = clock_now_us() };
	struct err err = { 0 };
	struct finding *one;
	size_t bad = 0;

	if (!gate_key_each(g->d->places.state, see_key, &s, &bad, &err) || bad) {
		one = doctor_add(g->f, "gate-keys", false);
		snprintf(one->text, sizeof(one->text), "Session keys: %zu cannot be read. %.400s", bad, err.msg);
	}
	if (!s.n)
		return;
	one = doctor_add(g->f, "gate-keys", s.endless == 0);
	snprintf(one->text, sizeof(one->text), "%zu session key%s, %zu expired; %zu never expire%s%s", s.n, s.n == 1 ? "" : "s", s.over,
		 s.endless, s.endless == 1 ? "s" : "", s.endless ? ": make them anew with --for." : ".");
}

void doctor_gate(struct desk *d, struct findings *f)
{
	struct gate_look g = { .d = d, .f = f };
	struct err err = { 0 };
	struct finding *one;
	struct arena arena;

	if (!arena_map(&arena, CONFIG_ARENA))
		return;
	if (gate_config_load(&d->places, NULL, &arena, &g.config, &err)) {
		look_at_config(&g);
		look_at_home_file(&g, "PGPASSFILE", ".pgpass");
		look_at_home_file(&g, "PGSERVICEFILE", ".pg_service.conf");
		look_at_upstreams(&g);
		look_at_variables(&g);
		look_at_keys(&g);
	} else if (err.code != ERR_IO) {
		one = doctor_add(f, "gate-config", false);
		snprintf(one->text, sizeof(one->text), "The PostgreSQL gate would not start: %.600s", err.msg);
	}
	arena_unmap(&arena);
}
