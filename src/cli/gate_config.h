/* gate_config.h -- postgres.yaml: where the gate listens, and which databases stand behind it.
 * Room: cli, pawl-full. gate_config_read does no I/O; gate_config_load looks at who may read and write the file.
 * The owner's file ($XDG_CONFIG_HOME/pawl/postgres.yaml), never the project's. docs/postgres.md has every key.
 */
#ifndef PAWL_CLI_GATE_CONFIG_H
#define PAWL_CLI_GATE_CONFIG_H

#include "cli/places.h"
#include "base/doc.h"
#include "gate/database/database.h"

#define GATE_CONFIG_MAX_BYTES ((size_t)256 << 10)
#define GATE_CONFIG_MAX_UPSTREAMS 256
#define GATE_CONFIG_NAME_MAX 63 /* of an upstream: PostgreSQL's own limit */
#define GATE_CONFIG_WAIT_MAX_S 3600

struct gate_config {
	struct str path;
	const char *listen;	/* "127.0.0.1:6543" */
	const char *socket_dir; /* NULL: none */
	const char *certificate, *key, *client_ca; /* NULL: none */
	unsigned wait_s, threads, connections;
	struct database_upstream *upstreams; /* at least one */
	size_t n_upstreams;
	bool has_password; /* one stands in it, in clear */
};

/* False, with "FILE:LINE:COLUMN: …". All of it lives with ${arena} and the source's text. */
bool gate_config_read(const struct doc_source *source, struct arena *arena, struct gate_config *ret, struct err *err) PAWL_MUST_USE;
/* ${path}: NULL is postgres.yaml of the config folder. A file that others may write to, or that has a password in it and that others may
 * read, is refused. */
bool gate_config_load(const struct places *places, const char *path, struct arena *arena, struct gate_config *ret,
		      struct err *err) PAWL_MUST_USE;
/* The upstream of that name; NULL: none. */
const struct database_upstream *gate_config_find(const struct gate_config *c, struct str name);
/* "127.0.0.1:6543", "[::1]:0" into host and port; false when it is neither. */
bool gate_config_address(struct str listen, struct str *ret_host, unsigned *ret_port);

#endif
