/* Where a command acts: what is said of the place and the environment of its first change. */
#include "unit.h"

#include "read/command.h"

#define MOST 8

static struct arena arena;

struct expected {
	const char *command;
	const char *env[MOST];	 /* NAME=VALUE */
	const char *files[MOST]; /* PATH, TEXT, … */
	const char *finding;	 /* NULL: no change */
	const char *name;	 /* NULL: not looked at */
	const char *environment; /* "" nobody named it */
	const char *host, *database, *account;
};

/* clang-format off */
static const struct expected rows[] = {
	{ "dropdb -h db.example.com shop", { 0 }, { 0 }, "data.database", "shop", "", "db.example.com", NULL, NULL },
	{ "dropdb shop_test", { 0 }, { 0 }, "data.database", "shop_test", "scratch", "localhost", NULL, NULL },
	{ "dropdb shop", { 0 }, { 0 }, "data.database", "shop", "", "localhost", NULL, NULL },
	{ "dropdb shop_test",
	  { "PGHOST=db.example.com" }, { 0 },
	  "data.database", "shop_test", "", "db.example.com", NULL, NULL },
	{ "dropdb prod_test", { 0 }, { 0 }, "data.database", "prod_test", "", NULL, NULL, NULL },
	{ "psql -h db.example.com shop -c 'DROP TABLE orders'",
	  { 0 }, { 0 },
	  "sql.drop", "orders", "", "db.example.com", "shop", NULL },
	{ "psql postgres://u:p@127.0.0.1:5433/shop_dev -c 'DROP TABLE orders'",
	  { 0 }, { 0 },
	  "sql.drop", "orders", "scratch", "127.0.0.1", "shop_dev", NULL },
	{ "psql \"host=db.example.com dbname=shop_test\" -c 'TRUNCATE orders'",
	  { 0 }, { 0 },
	  "sql.truncate", NULL, "", "db.example.com", "shop_test", NULL },
	{ "psql -c 'TRUNCATE orders'",
	  { "PGHOST=db.example.com", "PGDATABASE=shop" }, { 0 },
	  "sql.truncate", NULL, "", "db.example.com", "shop", NULL },
	{ "PGHOST=db.example.com psql shop_test -c 'TRUNCATE orders'",
	  { 0 }, { 0 },
	  "sql.truncate", NULL, "", "db.example.com", "shop_test", NULL },
	{ "psql -d shop_test -c '\\c shop' -c 'TRUNCATE orders'",
	  { 0 }, { 0 },
	  "sql.truncate", NULL, "", "localhost", "shop", NULL },
	{ "mysql -h 10.0.0.5 -uroot -psecret shop -e 'DROP TABLE orders'",
	  { 0 }, { 0 },
	  "sql.drop", NULL, "", "10.0.0.5", "shop", NULL },
	{ "mysql -uroot -ptest shop_test -e 'DROP TABLE orders'",
	  { 0 }, { 0 },
	  "sql.drop", NULL, "scratch", "localhost", "shop_test", NULL },
	{ "sqlite3 /tmp/x.db 'DROP TABLE t'", { 0 }, { 0 }, "sql.drop", NULL, "scratch", NULL, NULL, NULL },
	{ "sqlite3 shop.db 'DROP TABLE t'", { 0 }, { 0 }, "sql.drop", NULL, "", NULL, "shop.db", NULL },
	{ "prisma migrate reset", { 0 }, { 0 }, "data.database", NULL, "", NULL, NULL, NULL },
	{ "prisma migrate reset",
	  { "DATABASE_URL=postgres://u@db.example.com/shop" }, { 0 },
	  "data.database", "shop", "", "db.example.com", "shop", NULL },
	{ "prisma migrate reset",
	  { 0 }, { "/w/.env", "DATABASE_URL='postgres://u@localhost/shop_dev'\n" },
	  "data.database", "shop_dev", "scratch", "localhost", "shop_dev", NULL },
	{ "prisma migrate reset",
	  { 0 }, { "/w/prisma/.env", "export DATABASE_URL=postgres://u@localhost/shop_dev # mine\n" },
	  "data.database", NULL, "scratch", "localhost", "shop_dev", NULL },
	{ "prisma migrate reset",
	  { 0 }, { "/w/prisma/schema.prisma", "datasource db {\n url = \"file:./dev.db\"\n}\n" },
	  "data.database", NULL, "scratch", NULL, NULL, NULL },
	{ "prisma migrate reset",
	  { "POSTGRES_PRISMA_URL=postgres://db.example.com/shop", "DATABASE_URL=postgres://localhost/x_test" },
	  { "/w/prisma/schema.prisma", "datasource db {\n url = env(\"POSTGRES_PRISMA_URL\")\n}\n" },
	  "data.database", NULL, "", "db.example.com", "shop", NULL },
	{ "DATABASE_URL=postgres://db.example.com/x_test prisma migrate reset",
	  { "DATABASE_URL=postgres://localhost/x_test" }, { 0 },
	  "data.database", NULL, "", "db.example.com", "x_test", NULL },
	{ "DATABASE_URL=$(get-url) prisma migrate reset", { 0 }, { 0 }, "data.database", NULL, "", NULL, NULL, NULL },
	{ "rails db:drop", { "RAILS_ENV=test" }, { 0 }, "data.database", NULL, "scratch", NULL, NULL, NULL },
	{ "rails db:drop",
	  { "RAILS_ENV=test", "DATABASE_URL=postgres://db.example.com/shop" }, { 0 },
	  "data.database", NULL, "", "db.example.com", "shop", NULL },
	{ "rake db:drop RAILS_ENV=test", { 0 }, { 0 }, "data.database", NULL, "scratch", NULL, NULL, NULL },
	{ "rails db:drop",
	  { 0 }, { "/w/config/database.yml", "development:\n"
	    "  adapter: postgresql\n"
	    "  database: shop_development\n"
	    "production:\n"
	    "  host: db.example.com\n"
	    "  database: shop\n" },
	  "data.database", "shop_development", "scratch", NULL, "shop_development", NULL },
	{ "RAILS_ENV=production rails db:drop",
	  { 0 }, { "/w/config/database.yml", "development:\n"
	    "  database: shop_development\n"
	    "production:\n"
	    "  host: db.example.com\n"
	    "  database: shop\n" },
	  "data.database", "shop", "", "db.example.com", "shop", NULL },
	{ "php artisan migrate:fresh --env=testing",
	  { 0 }, { "/w/.env", "DB_HOST=db.example.com\nDB_DATABASE=shop\n" },
	  "data.database", "shop", "", "db.example.com", "shop", NULL },
	{ "php artisan migrate:fresh --env=testing",
	  { 0 }, { "/w/.env", "DB_HOST=db.example.com\n"
	    "DB_DATABASE=shop\n", "/w/.env.testing", "DB_HOST=127.0.0.1\n"
	    "DB_DATABASE=shop_test\n" },
	  "data.database", "shop_test", "scratch", "127.0.0.1", "shop_test", NULL },
	{ "python manage.py flush --noinput",
	  { "DJANGO_SETTINGS_MODULE=shop.settings.test" }, { 0 },
	  "data.database", NULL, "scratch", NULL, NULL, NULL },
	{ "python manage.py flush --noinput",
	  { "DJANGO_SETTINGS_MODULE=shop.settings.production" }, { 0 },
	  "data.database", NULL, "", NULL, NULL, NULL },
	{ "MIX_ENV=test mix ecto.drop", { 0 }, { 0 }, "data.database", NULL, "scratch", NULL, NULL, NULL },
	{ "mix ecto.drop", { 0 }, { 0 }, "data.database", NULL, "", NULL, NULL, NULL },
	{ "sequelize db:drop",
	  { 0 }, { "/w/config/config.json", "{\"development\":{\"host\":\"127.0.0.1\",\"database\":\"shop_dev\"}}" },
	  "data.database", "shop_dev", "scratch", "127.0.0.1", "shop_dev", NULL },
	{ "sequelize db:drop --env production",
	  { 0 }, { "/w/config/config.json", "{\"production\":{\"host\":\"db.example.com\",\"database\":\"shop\"}}" },
	  "data.database", "shop", "", "db.example.com", "shop", NULL },
	{ "alembic downgrade base",
	  { "DATABASE_URL=postgresql+psycopg2://u@localhost:5432/shop_ci" }, { 0 },
	  "data.database", NULL, "scratch", "localhost", "shop_ci", NULL },
	{ "dbmate drop",
	  { "DATABASE_URL=postgres://u@db:5432/shop_dev" }, { 0 },
	  "data.database", NULL, "", "db", "shop_dev", NULL },
	{ "dbmate drop",
	  { "DATABASE_URL=postgres://u@db:5432/shop_dev" }, { "/w/compose.yaml", "services:\n  db:\n    image: postgres\n" },
	  "data.database", NULL, "scratch", "db", "shop_dev", NULL },
	{ "kubectl delete ns shop", { 0 }, { 0 }, "cloud.resource", "kubectl delete ns", "", NULL, NULL, NULL },
	{ "kubectl --context kind-dev delete ns shop", { 0 }, { 0 }, "cloud.resource", NULL, "scratch", NULL, NULL, "kind-dev" },
	{ "kubectl --context prod-eu delete pvc data -n shop", { 0 }, { 0 }, "data.volume", NULL, "", NULL, NULL, "prod-eu" },
	{ "kubectl config use-context minikube && kubectl delete ns shop",
	  { 0 }, { 0 },
	  "cloud.resource", NULL, "scratch", NULL, NULL, "minikube" },
	{ "helm uninstall shop",
	  { 0 }, { "/h/.kube/config", "apiVersion: v1\ncurrent-context: k3d-local\n" },
	  "cloud.resource", "shop", "scratch", NULL, NULL, "k3d-local" },
	{ "aws --profile prod rds delete-db-instance --db-instance-identifier shop",
	  { 0 }, { 0 },
	  "data.database", "shop", "", NULL, NULL, "prod" },
	{ "aws s3 rb s3://shop --force", { "AWS_PROFILE=dev" }, { 0 }, "data.bucket", "s3://shop", "", NULL, NULL, "dev" },
	{ "aws --endpoint-url http://localhost:4566 s3 rb s3://shop --force",
	  { 0 }, { 0 },
	  "data.bucket", NULL, "scratch", "localhost", NULL, NULL },
	{ "docker volume rm shop_pgdata", { 0 }, { 0 }, "data.volume", "shop_pgdata", "", "localhost", NULL, NULL },
	{ "docker volume rm shop_test_pgdata", { 0 }, { 0 }, "data.volume", NULL, "scratch", "localhost", NULL, NULL },
	{ "docker --host ssh://prod volume rm shop_test", { 0 }, { 0 }, "data.volume", NULL, "", "ssh://prod", NULL, NULL },
	{ "docker compose -f docker-compose.test.yml down -v", { 0 }, { 0 }, "data.volume", NULL, "scratch", NULL, NULL, NULL },
	{ "docker compose down -v", { 0 }, { 0 }, "data.volume", NULL, "", NULL, NULL, NULL },
	{ "redis-cli -h cache.example.com FLUSHALL", { 0 }, { 0 }, "data.database", NULL, "", "cache.example.com", NULL, NULL },
	{ "mongosh mongodb://localhost/shop_test --eval 'db.dropDatabase()'",
	  { 0 }, { 0 },
	  "data.database", "shop_test", "scratch", "localhost", "shop_test", NULL },
	{ "mongosh mongodb://db.example.com/shop --eval 'db.orders.drop()'",
	  { 0 }, { 0 },
	  "data.database", "shop", "", "db.example.com", "shop", NULL },
	{ "curl -X DELETE https://api.example.com/v1/projects/1",
	  { 0 }, { 0 },
	  "cloud.resource", NULL, "", "api.example.com", NULL, NULL },
	{ "curl -X DELETE http://localhost:3000/users/1", { 0 }, { 0 }, NULL, NULL, NULL, NULL, NULL, NULL },
	{ "fly apps destroy shop -y", { 0 }, { 0 }, "cloud.resource", "shop", "", NULL, NULL, NULL },
	{ "heroku pg:reset DATABASE_URL --app shop --confirm shop", { 0 }, { 0 }, "data.database", NULL, "", NULL, NULL, "shop" },
	{ "ssh prod dropdb shop_test", { 0 }, { 0 }, "data.database", "shop_test", "", NULL, NULL, NULL },
	{ "docker exec pg dropdb -U postgres shop_test",
	  { 0 }, { 0 },
	  "data.database", "shop_test", "scratch", NULL, NULL, NULL },
};
/* clang-format on */

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct world_variable *)a)->name, ((const struct world_variable *)b)->name);
}

static size_t variables(const struct expected *e, struct world_variable *v)
{
	size_t n = 0;

	while (n < MOST && e->env[n]) {
		struct str s = str_from(e->env[n]);
		size_t eq = str_find_char(s, '=');

		v[n++] = (struct world_variable){ str_sub(s, 0, eq), str_sub(s, eq + 1, s.len) };
	}
	qsort(v, n, sizeof(*v), by_name);
	return n;
}

/* What is not given is not there. */
static void answer(struct world *w, const struct expected *e)
{
	for (struct need *n = w->needs; n; n = n->next) {
		struct world_file *f = ARENA_NEW(&arena, struct world_file);

		if (n->kind != NEED_FILE)
			continue;
		f->path = n->name;
		for (size_t i = 0; i + 1 < MOST && e->files[i]; i += 2) {
			if (str_is(n->name, e->files[i])) {
				f->found = true;
				f->text = str_from(e->files[i + 1]);
			}
		}
		f->next = w->files;
		w->files = f;
	}
	w->needs = NULL;
	w->n_needs = 0;
}

static bool is(struct str got, const char *want)
{
	return !want || str_is(got, want);
}

static bool fits(const struct expected *e, const struct change *c)
{
	static const struct place nowhere;
	const struct place *p = c && c->place ? c->place : &nowhere;

	if (!e->finding || !c)
		return !e->finding && !c;
	return is(c->finding, e->finding) && is(c->name, e->name) && is(c->environment, e->environment) && is(p->host, e->host) &&
	       is(p->database, e->database) && is(p->account, e->account);
}

static void places(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world_variable v[MOST];
		struct world w = { .cwd = STR("/w"), .workspace = STR("/w"), .home = STR("/h"), .arena = &arena, .env = v };
		struct command_answer a = { 0 };
		const struct change *c;

		arena_reset(&arena);
		w.n_env = variables(&rows[i], v);
		for (unsigned round = 0; round < WORLD_MAX_ROUNDS; round++) {
			command_read(str_from(rows[i].command), &w, &arena, &a);
			if (!w.needs)
				break;
			answer(&w, &rows[i]);
		}
		c = change_nth(&a.changes, 0);
		if (fits(&rows[i], c))
			continue;
		wrong++;
		print_message("# %s: %.*s '%.*s' in '%.*s' at %.*s / %.*s / %.*s\n", rows[i].command, STR_ARG(c ? c->finding : STR("nothing")),
			      STR_ARG(c ? c->name : STR_NONE), STR_ARG(c ? c->environment : STR_NONE), STR_ARG(c && c->place ? c->place->host : STR_NONE),
			      STR_ARG(c && c->place ? c->place->database : STR_NONE), STR_ARG(c && c->place ? c->place->account : STR_NONE));
	}
	assert_int_equal(wrong, 0);
}

static int setup(void **state)
{
	(void)state;
	return arena_map(&arena, 64 << 20) ? 0 : -1;
}

static const struct CMUnitTest tests[] = { cmocka_unit_test_setup(places, setup) };

UNIT_MAIN(tests)
