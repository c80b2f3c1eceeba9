#include "cli/gate_running.h"

#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/json.h"

#define PATH_LEN 4200

static bool path_of(const char *state_dir, const char *name, char ret[PATH_LEN])
{
	int n = snprintf(ret, PATH_LEN, "%s/postgres%s", state_dir, name);

	return n > 0 && n < PATH_LEN;
}

bool gate_running_write(const char *state_dir, struct str listen, unsigned port, struct err *err)
{
	auto_buf b = BUF_MAX(4096);
	struct json_out o = { .buf = &b };
	char path[PATH_LEN];

	json_out_open(&o, '{');
	json_out_key(&o, "pid");
	json_out_u64(&o, (uint64_t)getpid());
	json_out_key(&o, "port");
	json_out_u64(&o, port);
	json_out_kv(&o, "listen", listen);
	json_out_close(&o, '}');
	buf_addc(&b, '\n');
	return ((path_of(state_dir, "", path) && dir_make(path, 0700, err) && path_of(state_dir, "/gate.json", path)) ||
		err_set(err, ERR_LIMIT, "%s: path too long", state_dir)) &&
	       file_replace(path, buf_str(&b), 0600, err);
}

void gate_running_remove(const char *state_dir)
{
	char path[PATH_LEN];

	if (path_of(state_dir, "/gate.json", path))
		unlink(path);
}

unsigned gate_running_port(const char *state_dir)
{
	auto_buf b = BUF_MAX(4096);
	_Alignas(16) char memory[16384] = { 0 };
	char path[PATH_LEN];
	uint64_t pid = 0, port = 0;
	struct arena arena;
	struct json *v;

	arena_init(&arena, memory, sizeof(memory));
	if (!path_of(state_dir, "/gate.json", path) || !file_exists(path) || !file_read(path, &b, NULL) ||
	    !json_parse(buf_str(&b), &arena, &v, NULL) || !json_u64(v, "pid", &pid) || !json_u64(v, "port", &port) || !pid ||
	    pid > INT32_MAX || port > 65535 || kill((pid_t)pid, 0) != 0)
		return 0;
	return (unsigned)port;
}
