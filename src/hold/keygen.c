#include "hold/keygen.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc.h"

#define SAID_MAX ((size_t)65536)
#define KEY_FILE_MAX ((size_t)65536)
#define VERIFY_S 20
#define SIGN_S 300 /* a person looks for the key to touch */

static const char *const tool_dirs[] = { "/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin" };

/* False when there is none. */
static bool find_tool(const char *name, char *ret, size_t size, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(tool_dirs); i++) {
		int n = snprintf(ret, size, "%s/%s", tool_dirs[i], name);

		if (n > 0 && (size_t)n < size && access(ret, X_OK) == 0)
			return true;
	}
	return err_set(err, ERR_TOOL, "%s is not installed in /usr/bin or /usr/local/bin; install openssh-client", name);
}

/* Bytes as a file that nobody can swap by name. */
static int memory_file(struct str bytes, char ret_path[40], struct err *err)
{
	auto_fd fd = memfd_create("pawl", 0); /* the child needs it: no CLOEXEC */

	if (fd < 0) {
		err_sys(err, "memfd_create");
		return -1;
	}
	if (!fd_write_all(fd, bytes.ptr, bytes.len, err))
		return -1;
	snprintf(ret_path, 40, "/proc/self/fd/%d", fd);
	return fd_take(&fd);
}

/* What ssh-keygen says is shown to a person: its first line is enough. */
static struct str first_line(const struct buf *said)
{
	struct str s = str_trim(buf_str(said));

	return str_trim(str_sub(s, 0, str_find_char(s, '\n')));
}

static void put_signer(const struct signer *who, struct buf *out)
{
	bool bound = str_find(who->options, STR("namespaces=")) != SIZE_MAX;

	buf_add(out, who->name);
	buf_addc(out, ' ');
	buf_add(out, who->options);
	if (!bound)
		buf_addf(out, "%snamespaces=\"%s\"", who->options.len ? "," : "", HOLD_NAMESPACE);
	buf_addc(out, ' ');
	buf_add(out, who->key_text);
	buf_addc(out, '\n');
}

/* A name that means itself in an allowed-signers line. */
static bool plain(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      (c && strchr("._@+-", c))))
			return false;
	}
	return name.len > 0;
}

bool keygen_verify(const struct signer *who, struct str text, struct str signature, struct err *err)
{
	char *const env[] = { (char[]){ "PATH=/usr/bin:/bin" }, (char[]){ "LC_ALL=C" }, NULL };
	auto_buf allowed = BUF_MAX(KEY_FILE_MAX), said = BUF_MAX(SAID_MAX), name = BUF_MAX(1000);
	char tool[64], sig_path[40], allowed_path[40];
	struct proc_opts opts = { .env = env, .input = text, .out = &said, .errout = &said, .timeout_s = VERIFY_S };
	int status = -1;

	put_signer(who, &allowed);
	buf_add(&name, who->name);
	if (allowed.failed || name.failed || !plain(who->name))
		return err_set(err, ERR_INPUT, "approver: a name of letters, digits and . _ @ + - is needed");
	if (!find_tool("ssh-keygen", tool, sizeof(tool), err))
		return false;
	auto_fd sig_fd = memory_file(signature, sig_path, err);
	auto_fd allowed_fd = memory_file(buf_str(&allowed), allowed_path, err);
	if (sig_fd < 0 || allowed_fd < 0)
		return false;
	char *const argv[] = { tool, (char[]){ "-Y" }, (char[]){ "verify" }, (char[]){ "-n" },
			       (char[]){ HOLD_NAMESPACE }, (char[]){ "-I" }, name.ptr, (char[]){ "-f" },
			       allowed_path, (char[]){ "-s" }, sig_path, NULL };
	if (!proc_run(argv, &opts, &status, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_DENIED, "ssh-keygen does not accept the signature (%.*s)",
			       STR_ARG(str_sub(first_line(&said), 0, 200)));
	return true;
}

/* --- signing --- */

static bool run_sign(const char *key_file, char *text_path, struct err *err)
{
	char tool[64], key[4096];
	struct proc_opts opts = { .timeout_s = SIGN_S, .inherit_input = true };
	auto_buf said = BUF_MAX(SAID_MAX);
	int status = -1;

	if (!find_tool("ssh-keygen", tool, sizeof(tool), err))
		return false;
	if ((size_t)snprintf(key, sizeof(key), "%s", key_file) >= sizeof(key))
		return err_set(err, ERR_LIMIT, "%s: path too long", key_file);
	char *const argv[] = { tool, (char[]){ "-q" }, (char[]){ "-Y" }, (char[]){ "sign" }, (char[]){ "-n" },
			       (char[]){ HOLD_NAMESPACE }, (char[]){ "-f" }, key, text_path, NULL };
	opts.out = &said; /* "Signing file …" is noise; questions go to the terminal by standard error */
	if (!proc_run(argv, &opts, &status, err))
		return false;
	if (status != 0)
		return err_set(err, ERR_TOOL, "ssh-keygen did not sign with %s (status %d)", key_file, status);
	return true;
}

bool keygen_sign(const char *key_file, const char *dir, struct str text, struct buf *ret_signature, struct err *err)
{
	char work[3900], text_path[4000], sig_path[4096];
	bool ok;

	if ((size_t)snprintf(work, sizeof(work), "%s/sign-XXXXXX", dir) >= sizeof(work))
		return err_set(err, ERR_LIMIT, "%s: path too long", dir);
	if (!mkdtemp(work))
		return err_sys(err, "%s", work);
	snprintf(text_path, sizeof(text_path), "%s/statement", work);
	snprintf(sig_path, sizeof(sig_path), "%s.sig", text_path);
	ok = file_replace(text_path, text, 0600, err) && run_sign(key_file, text_path, err) &&
	     file_read(sig_path, ret_signature, err);
	if (!dir_remove(work, NULL) && ok)
		return err_set(err, ERR_IO, "%s: cannot be removed", work);
	return ok;
}

/* --- where keys lie --- */


static bool read_small(const char *path, struct arena *arena, struct str *ret)
{
	auto_buf b = BUF_MAX(KEY_FILE_MAX);

	if (!file_read(path, &b, NULL))
		return false;
	*ret = arena_str(arena, buf_str(&b));
	return !arena->full;
}

bool keygen_public(const char *key_file, struct arena *arena, struct sshkey *ret, struct err *err)
{
	char path[4200];
	size_t n = strlen(key_file);
	struct str text;

	if (n > 4 && strcmp(key_file + n - 4, ".pub") == 0)
		snprintf(path, sizeof(path), "%s", key_file);
	else
		snprintf(path, sizeof(path), "%s.pub", key_file);
	if (!read_small(path, arena, &text))
		return err_set(err, ERR_INPUT, "%s: cannot be read; the public half must lie beside the key", path);
	return sshsig_key(str_sub(text, 0, str_find_char(text, '\n')), arena, ret, err) || err_prefix(err, "%s", path);
}

/* Is there a private half that we may read beside this .pub? */
static bool private_beside(const char *dir, const char *pub, char *ret, size_t size)
{
	size_t n = strlen(pub);

	return (size_t)snprintf(ret, size, "%s/%.*s", dir, (int)(n - 4), pub) < size && access(ret, R_OK) == 0;
}

struct look {
	struct arena *arena;
	bool (*each)(struct look *l, const struct sshkey *key, const char *file); /* true stops */
	const struct sshkey *want;
	const struct signer *list;
	struct str name;
	const struct signer *who; /* found */
	char file[4096];
};

static bool each_key(struct look *l)
{
	const char *home = getenv("HOME");
	char dir[2000], file[4096], pub[4096];
	const struct dirent *d;
	bool found = false;
	DIR *stream;

	if (!home || (size_t)snprintf(dir, sizeof(dir), "%s/.ssh", home) >= sizeof(dir))
		return false;
	stream = opendir(dir);
	if (!stream)
		return false;
	while (!found && (d = readdir(stream))) {
		size_t n = strlen(d->d_name);
		struct sshkey key;

		if (n <= 4 || n > 200 || strcmp(d->d_name + n - 4, ".pub") != 0)
			continue;
		snprintf(pub, sizeof(pub), "%s/%s", dir, d->d_name);
		if (private_beside(dir, d->d_name, file, sizeof(file)) && keygen_public(pub, l->arena, &key, NULL))
			found = l->each(l, &key, file);
	}
	closedir(stream);
	return found;
}

static bool same_key(struct look *l, const struct sshkey *key, const char *file)
{
	snprintf(l->file, sizeof(l->file), "%s", file);
	return str_eq(key->blob, l->want->blob);
}

static bool agent_has(const struct sshkey *key, struct arena *arena)
{
	auto_buf said = BUF_MAX(SAID_MAX);
	struct proc_opts opts = { .out = &said, .errout = &said, .timeout_s = 5 };
	char tool[64];
	int status = -1;
	struct str rest;

	if (!getenv("SSH_AUTH_SOCK") || !find_tool("ssh-add", tool, sizeof(tool), NULL))
		return false;
	char *const argv[] = { tool, (char[]){ "-L" }, NULL };
	if (!proc_run(argv, &opts, &status, NULL) || status != 0)
		return false;
	for (rest = buf_str(&said); rest.len;) {
		size_t end = str_find_char(rest, '\n');
		struct sshkey one;

		if (sshsig_key(str_sub(rest, 0, end), arena, &one, NULL) && str_eq(one.blob, key->blob))
			return true;
		rest = end == SIZE_MAX ? STR_NONE : str_sub(rest, end + 1, SIZE_MAX);
	}
	return false;
}

bool keygen_reachable(const struct sshkey *key, char *ret_where, size_t size)
{
	struct arena arena;
	struct look l = { .arena = &arena, .each = same_key, .want = key };
	bool file, agent = false;

	if (!arena_map(&arena, (size_t)64 << 20)) {
		snprintf(ret_where, size, "nobody knows: no memory to look");
		return true;
	}
	file = each_key(&l);
	if (file)
		snprintf(ret_where, size, "%s", l.file);
	else
		agent = agent_has(key, &arena);
	if (agent)
		snprintf(ret_where, size, "the ssh-agent at %s", getenv("SSH_AUTH_SOCK"));
	arena_unmap(&arena);
	return file || agent;
}

static bool of_list(struct look *l, const struct sshkey *key, const char *file)
{
	l->who = signer_find(l->list, l->name, str_from(key->fingerprint));
	if (l->who)
		snprintf(l->file, sizeof(l->file), "%s", file);
	return l->who;
}

bool keygen_pick(const struct signer *list, struct str name, struct arena *arena, struct str *ret_file,
		 const struct signer **ret_who)
{
	struct look l = { .arena = arena, .each = of_list, .list = list, .name = name };

	if (!each_key(&l))
		return false;
	*ret_file = arena_str(arena, str_from(l.file));
	*ret_who = l.who;
	return true;
}
