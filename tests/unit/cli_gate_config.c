/* postgres.yaml: what it says is read, and what it may not say is refused with line and column. */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/gate_config.h"

static struct arena arena;

static bool load(const char *text, struct gate_config *ret, struct err *err)
{
	struct doc_source s = { STR("postgres.yaml"), str_from(text) };

	if (!arena.mem)
		assert_true(arena_map(&arena, (size_t)4 << 20));
	arena_reset(&arena);
	*err = (struct err){ .code = ERR_NONE };
	return gate_config_read(&s, &arena, ret, err);
}

static void whole(void **state)
{
	struct gate_config c;
	struct err err;

	(void)state;
	assert_true(load("version: 1\nlisten: '[::1]:7000'\nsocket: /run/pawl\nwait: 90s\nthreads: 3\nconnections: 500\n"
			 "tls: {certificate: /c.pem, key: /k.pem, client-ca: /ca.pem}\nupstreams:\n"
			 "- {name: shop, connect: 'host=db.example.com port=5433 dbname=shop user=gate passfile=/p', environment: production,\n"
			 "   critical: [public.orders, 'billing.*'], secret-command: \"aws rds 'generate token'\"}\n"
			 "- name: play\n  connect: postgres://gate@10.0.0.7/play?sslmode=require\n"
			 "- {name: svc, connect: service=shop}\n",
			 &c, &err));
	assert_string_equal(c.listen, "[::1]:7000");
	assert_string_equal(c.socket_dir, "/run/pawl");
	assert_string_equal(c.client_ca, "/ca.pem");
	assert_int_equal(c.wait_s, 90);
	assert_int_equal(c.threads, 3);
	assert_int_equal(c.connections, 500);
	assert_int_equal(c.n_upstreams, 3);
	assert_false(c.has_password);
	assert_str(c.upstreams[0].place.host, "db.example.com");
	assert_str(c.upstreams[0].place.database, "shop");
	assert_str(c.upstreams[0].environment, "production");
	assert_int_equal(c.upstreams[0].n_critical, 2);
	assert_str(c.upstreams[0].critical[1], "billing.*");
	assert_str(c.upstreams[1].place.host, "10.0.0.7");
	assert_str(c.upstreams[2].place.host, "service:shop");
	assert_ptr_equal(gate_config_find(&c, STR("play")), &c.upstreams[1]);
	assert_null(gate_config_find(&c, STR("pla")));
}

static void usual(void **state)
{
	struct gate_config c;
	struct err err;

	(void)state;
	assert_true(load("version: 1\nupstreams: [{name: a, connect: 'host=h dbname=d password=secret'}]\n", &c, &err));
	assert_string_equal(c.listen, "127.0.0.1:6543");
	assert_int_equal(c.wait_s, 60);
	assert_null(c.socket_dir);
	assert_null(c.certificate);
	assert_true(c.has_password);
	assert_true(load("version: 1\nwait: 0s\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", &c, &err));
	assert_int_equal(c.wait_s, 0);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "version: 1\n", "no 'upstreams'" },
		{ "upstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "version: 1" },
		{ "version: 2\nupstreams: []\n", "postgres.yaml:1:10:" },
		{ "version: 1\nupstreams: []\n", "list" },
		{ "version: 1\nlisen: x\n", "did you mean 'listen'" },
		{ "version: 1\nlisten: localhost:5432\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "postgres.yaml:2:9:" },
		{ "version: 1\nlisten: 127.0.0.1:99999\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "ADDRESS:PORT" },
		{ "version: 1\nlisten: 0.0.0.0:6543\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "'tls' only" },
		{ "version: 1\nsocket: run\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "absolute path" },
		{ "version: 1\nwait: 90\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "postgres.yaml:2:7:" },
		{ "version: 1\nwait: 2h\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "at most 1h" },
		{ "version: 1\ntls: {certificate: /c}\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "'key'" },
		{ "version: 1\nthreads: 0\nupstreams: [{name: a, connect: 'host=h dbname=d'}]\n", "1 to" },
		{ "version: 1\nupstreams:\n- {name: a}\n", "postgres.yaml:3:3: an upstream needs" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'host=h user=u'}\n", "names no database" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'nonsense'}\n", "no connection string" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'host=h dbname=d replication=database'}\n", "replication" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'host=h dbname=d options=-cx=y'}\n", "options" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'host=h dbname=d', secret-command: \"x 'y\"}\n", "quote" },
		{ "version: 1\nupstreams:\n- {name: a, connect: 'host=h dbname=d'}\n- {name: a, connect: 'host=h dbname=d'}\n",
		  "postgres.yaml:4:10: two upstreams" },
		{ "version: 1\nupstreams:\n- {name: \"a\\u0001\", connect: 'host=h dbname=d'}\n", "control character" },
		{ "version: 1\nupstreams:\n- {name: 'a/b', connect: 'host=h dbname=d'}\n", "URLs" },
	};
	struct gate_config c = { .wait_s = 77 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool ok = load(rows[i].text, &c, &err);

		if (ok || !strstr(err.msg, rows[i].says))
			print_error("%s\n\t%s\n", rows[i].text, ok ? "taken" : err.msg);
		assert_false(ok);
		assert_non_null(strstr(err.msg, rows[i].says));
		assert_int_equal(c.wait_s, 77); /* untouched */
	}
}

/* libpq's own message quotes what it did not understand: that may be a password. */
static void no_secret_in_errors(void **state)
{
	struct gate_config c;
	struct err err;

	(void)state;
	assert_false(load("version: 1\nupstreams:\n- {name: a, connect: 'host=h password=hunter2 x dbname=d'}\n", &c, &err));
	assert_null(strstr(err.msg, "hunter2"));
}

static const char with_password[] = "version: 1\nupstreams: [{name: a, connect: 'host=h dbname=d password=s'}]\n";

static void private_file(void **state)
{
	char dir[] = "configXXXXXX";
	struct places pl = { .config = "" };
	struct gate_config c;
	struct err err = { 0 };
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(pl.config, sizeof(pl.config), "%s", dir);
	snprintf(path, sizeof(path), "%s/postgres.yaml", dir);
	assert_false(gate_config_load(&pl, NULL, &arena, &c, &err));
	assert_int_equal(err.code, ERR_IO);
	assert_true(file_replace(path, str_from(with_password), 0644, &err));
	assert_false(gate_config_load(&pl, NULL, &arena, &c, &err));
	assert_non_null(strstr(err.msg, "password"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_true(gate_config_load(&pl, NULL, &arena, &c, &err));
	assert_int_equal(chmod(path, 0620), 0);
	assert_false(gate_config_load(&pl, path, &arena, &c, &err));
	assert_non_null(strstr(err.msg, "write"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(usual),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_secret_in_errors),
		cmocka_unit_test(private_file),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
