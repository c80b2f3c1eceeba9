#include "cloud/credentials.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/proc.h"

#define MAX_INI ((size_t)1 << 20)
#define MAX_WORDS 32
#define PROCESS_S 20

static struct str env(const char *name)
{
	return str_from(getenv(name));
}

static struct str env_or(const char *a, const char *b)
{
	struct str v = env(a);

	return v.len ? v : env(b);
}

static struct str next_line(struct str *text)
{
	size_t end = str_find_char(*text, '\n');
	struct str line = str_sub(*text, 0, end == SIZE_MAX ? text->len : end);

	*text = str_sub(*text, line.len + 1, SIZE_MAX);
	return line;
}

struct str credentials_ini(struct str text, struct str section, struct str key)
{
	struct str found = STR_NONE;
	bool inside = false;

	while (text.len) {
		struct str raw = next_line(&text), line = str_trim(raw);
		size_t eq;

		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
			continue;
		if (line.ptr[0] == '[') {
			size_t end = str_find_char(line, ']');

			inside = end != SIZE_MAX &&
				 str_eq(str_trim(str_sub(line, 1, end - 1)), section);
			continue;
		}
		eq = str_find_char(line, '=');
		/* An indented line belongs to the nested setting above it. */
		if (inside && eq != SIZE_MAX && raw.ptr[0] != ' ' && raw.ptr[0] != '\t' &&
		    str_eq_nocase(str_trim(str_sub(line, 0, eq)), key))
			found = str_trim(str_sub(line, eq + 1, SIZE_MAX));
	}
	return found;
}

/* The text of a file named by ${variable}, else ~/.aws/${name}; STR_NONE when there is none. */
static struct str read_ini(const char *variable, const char *name, struct arena *arena)
{
	const char *path = getenv(variable), *home = getenv("HOME");
	auto_buf b = BUF_MAX(MAX_INI);
	char at[4096];

	if (!path || !*path) {
		if (!home ||
		    (size_t)snprintf(at, sizeof(at), "%s/.aws/%s", home, name) >= sizeof(at))
			return STR_NONE;
		path = at;
	}
	return file_read(path, &b, NULL) ? arena_str(arena, buf_str(&b)) : STR_NONE;
}

struct files {
	struct str credentials, config; /* texts */
	struct str section, config_section;
};

static struct str setting(const struct files *f, const char *key)
{
	struct str v = credentials_ini(f->credentials, f->section, str_from(key));

	return v.len ? v : credentials_ini(f->config, f->config_section, str_from(key));
}

bool credentials_from_json(struct str text, struct arena *arena, struct credentials *ret,
			   struct err *err)
{
	struct json *root;
	struct str id, secret;

	if (!json_parse(text, arena, &root, err))
		return false;
	id = json_str(root, "AccessKeyId");
	secret = json_str(root, "SecretAccessKey");
	if (!id.len || !secret.len)
		return err_set(err, ERR_INPUT, "it printed no AccessKeyId and SecretAccessKey");
	ret->access_key = id;
	ret->secret_key = secret;
	ret->session_token = json_str(root, "SessionToken");
	return true;
}

/* The last line it said: the one with the reason. */
static struct str last_line(struct str said)
{
	size_t end;

	said = str_trim(said);
	end = str_rfind_char(said, '\n');
	return str_sub(str_trim(end == SIZE_MAX ? said : str_sub(said, end + 1, SIZE_MAX)), 0, 300);
}

static bool run_process(char *const argv[], struct arena *arena, struct credentials *ret,
			struct err *err)
{
	auto_buf out = BUF_MAX(65536), errout = BUF_MAX(65536);
	struct proc_opts opts = { .out = &out, .errout = &errout, .timeout_s = PROCESS_S };
	int status;
	bool ok;

	if (!proc_run(argv, &opts, &status, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_TOOL, "%s ended with status %d: %.*s", argv[0], status,
			       STR_ARG(last_line(buf_str(&errout))));
	ok = credentials_from_json(arena_str(arena, buf_str(&out)), arena, ret, err);
	buf_wipe(&out);
	return ok;
}

/* Words by blanks, with double quotes; as the CLI splits credential_process. */
static bool split_words(struct str line, struct arena *arena, char *argv[MAX_WORDS + 1])
{
	size_t n = 0;

	while ((line = str_trim(line)).len) {
		bool quoted = line.ptr[0] == '"';
		struct str rest = quoted ? str_sub(line, 1, SIZE_MAX) : line, word;
		size_t end = str_find_char(rest, quoted ? '"' : ' ');
		char *copy;

		if (n == MAX_WORDS || (quoted && end == SIZE_MAX))
			return false;
		word = str_sub(rest, 0, end == SIZE_MAX ? rest.len : end);
		line = str_sub(rest, word.len + 1, SIZE_MAX);
		copy = arena_alloc(arena, word.len + 1);
		if (!copy)
			return false;
		memcpy(copy, word.ptr, word.len);
		argv[n++] = copy;
	}
	argv[n] = NULL;
	return n > 0;
}

static bool from_process(struct str line, struct arena *arena, struct credentials *ret,
			 struct err *err)
{
	char *argv[MAX_WORDS + 1], program[4096];

	if (!split_words(line, arena, argv))
		return err_set(err, ERR_INPUT,
			       "credential_process of the profile cannot be split into words");
	if (!strchr(argv[0], '/')) {
		if (!proc_find(argv[0], getenv("PATH"), NULL, program, sizeof(program)))
			return err_set(err, ERR_TOOL, "credential_process: %s is not on PATH",
				       argv[0]);
		argv[0] = program;
	}
	if (!run_process(argv, arena, ret, err))
		return err_prefix(err, "credential_process");
	ret->source = "credential_process";
	return true;
}

static bool from_cli(struct arena *arena, struct credentials *ret, struct err *err)
{
	char program[4096], configure[] = "configure", export[] = "export-credentials",
			    format[] = "--format", process[] = "process";
	char *argv[] = { program, configure, export, format, process, NULL };

	if (!proc_find("aws", getenv("PATH"), NULL, program, sizeof(program)))
		return err_set(err, ERR_STATE,
			       "no AWS credentials: none in the environment, none in profile "
			       "'%.*s', and no aws CLI to ask",
			       STR_ARG(ret->profile.len ? ret->profile : STR("default")));
	/* What the CLI says of it is about its own options, not about what is missing here. */
	if (!run_process(argv, arena, ret, NULL))
		return err_set(err, ERR_STATE,
			       "no AWS credentials: none in the environment, none in profile "
			       "'%.*s', and the aws CLI has none either; sign in or set AWS_PROFILE",
			       STR_ARG(ret->profile.len ? ret->profile : STR("default")));
	ret->source = "aws configure export-credentials";
	return true;
}

static bool from_environment(struct credentials *ret)
{
	struct str id = env("AWS_ACCESS_KEY_ID"), secret = env("AWS_SECRET_ACCESS_KEY");

	if (!id.len || !secret.len)
		return false;
	ret->access_key = id;
	ret->secret_key = secret;
	ret->session_token = env("AWS_SESSION_TOKEN");
	ret->source = "environment";
	return true;
}

static bool from_files(const struct files *f, struct credentials *ret)
{
	struct str id = setting(f, "aws_access_key_id"),
		   secret = setting(f, "aws_secret_access_key");

	/* A role to assume needs more than the key: the CLI does that. */
	if (!id.len || !secret.len || setting(f, "role_arn").len)
		return false;
	ret->access_key = id;
	ret->secret_key = secret;
	ret->session_token = setting(f, "aws_session_token");
	ret->source = "profile";
	return true;
}

bool credentials_find(struct arena *arena, struct credentials *ret, struct err *err)
{
	struct files f = { .credentials =
				   read_ini("AWS_SHARED_CREDENTIALS_FILE", "credentials", arena),
			   .config = read_ini("AWS_CONFIG_FILE", "config", arena) };
	struct str profile = env_or("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), process;

	*ret = (struct credentials){ .profile = profile };
	f.section = profile.len ? profile : STR("default");
	f.config_section = str_is(f.section, "default")
				   ? f.section
				   : arena_join(arena, STR("profile "), f.section);
	ret->region = env_or("AWS_REGION", "AWS_DEFAULT_REGION");
	if (!ret->region.len)
		ret->region = setting(&f, "region");
	ret->endpoint = setting(&f, "endpoint_url");
	if (from_environment(ret) || from_files(&f, ret))
		return true;
	process = setting(&f, "credential_process");
	return process.len ? from_process(process, arena, ret, err) : from_cli(arena, ret, err);
}
