/* rclone's words by which something else acts: its remote control, a backend's own commands, the configuration, a mount. */
#include "base/json.h"
#include "read/command_paths_keeper.h"

#define MOST_WORDS 8

struct parameters {
	struct str name[MOST_WORDS], value[MOST_WORDS];
	size_t n;
};

static void add(struct parameters *a, struct str name, struct str value)
{
	if (a->n < MOST_WORDS && value.len) {
		a->name[a->n] = name;
		a->value[a->n++] = value;
	}
}

static struct str parameter(const struct parameters *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (str_is(a->name[i], name))
			return a->value[i];
	return STR_NONE;
}

/* fs=drive: remote=pawl, --json '{"fs": …}', -a WORD */
static void read_parameters(struct paths *p, const struct command_words *s, size_t from, struct parameters *a)
{
	struct json *root = NULL;
	struct str json;

	for (size_t i = from; i < s->n; i++) {
		struct str word = s->item[i].text;
		size_t equals = str_find_char(word, '=');

		if (s->item[i].flag && s->item[i].has_value && (str_is(word, "-a") || str_is(word, "--arg")))
			add(a, STR("arg"), s->item[i].value);
		else if (!s->item[i].flag && equals != SIZE_MAX)
			add(a, str_sub(word, 0, equals), str_sub(word, equals + 1, SIZE_MAX));
		else if (!s->item[i].flag && i > from && s->item[i - 1].flag && !s->item[i - 1].has_value &&
			 (str_is(s->item[i - 1].text, "-a") || str_is(s->item[i - 1].text, "--arg")))
			add(a, STR("arg"), word);
	}
	if (!command_value(s, "--json", &json) || !json_parse(json, p->arena, &root, NULL))
		return;
	JSON_EACH(member, root) {
		if (json_is(member, JSON_STRING))
			add(a, member->key, member->text);
	}
}

/* The path of rclone's API: the first word behind the verb that has a slash and no '='. */
static struct str call_of(const struct command_words *s, size_t from)
{
	for (size_t i = from; i < s->n; i++) {
		struct str word = s->item[i].text;

		if (!s->item[i].flag && str_find_char(word, '/') != SIZE_MAX && str_find_char(word, '=') == SIZE_MAX &&
		    str_find_char(word, ':') == SIZE_MAX && word.ptr[0] != '{')
			return word;
	}
	return STR_NONE;
}

/* A remote and a path in it, as one. */
static void judge_pair(struct paths *p, const struct parameters *a, const char *const names[2], const struct keeper_how *how)
{
	struct str fs = parameter(a, names[0]), remote = names[1] ? parameter(a, names[1]) : STR_NONE;
	struct shell_value whole = { .known = true };
	bool ends = str_ends(fs, STR(":")) || str_ends(fs, STR("/"));

	whole.text = remote.len ? arena_fmt(p->arena, "%.*s%s%.*s", STR_ARG(fs), ends ? "" : "/", STR_ARG(remote)) : fs;
	keeper_operand(p, whole, how);
}

/* What only looks; and which of two loses. Whatever else is called takes what it names. */
static const char looks[] =
	" operations/list operations/stat operations/size operations/about operations/check operations/hashsum operations/hashsumfile "
	"operations/fsinfo operations/publiclink operations/mkdir config/get config/listremotes config/providers config/paths config/dump ";

static void remote_control(struct paths *p, const struct command_words *s, size_t at, const struct keeper_how *by)
{
	static const char *const plain[2] = { "fs", "remote" }, *const from[2] = { "srcFs", "srcRemote" };
	static const char *const to[2] = { "dstFs", "dstRemote" };
	static const char *const both[2][2] = { { "path1", NULL }, { "path2", NULL } }, *const word[2] = { "arg", NULL };
	struct keeper_how goes = *by, writes = *by;
	struct parameters a = { .n = 0 };
	struct str call = call_of(s, at + 1);

	if (paths_listed(looks, call))
		return;
	read_parameters(p, s, at + 1, &a);
	goes.role = KEEPER_GOES;
	writes.role = KEEPER_WRITE;
	judge_pair(p, &a, plain, paths_listed(" operations/copyurl operations/uploadfile operations/settier ", call) ? &writes : &goes);
	judge_pair(p, &a, to, str_is(call, "sync/sync") ? &goes : &writes);
	if (!paths_listed(" sync/copy sync/sync operations/copyfile ", call))
		judge_pair(p, &a, from, &goes);
	judge_pair(p, &a, both[0], &goes);
	judge_pair(p, &a, both[1], &goes);
	if (!paths_listed(" ls lsd lsf lsl lsjson cat size tree check about md5sum sha1sum hashsum version ", parameter(&a, "command")))
		judge_pair(p, &a, word, &goes);
	if (str_starts(call, STR("config/")))
		keeper_remote(p, parameter(&a, "name"));
}

static struct shell_value word_behind(const struct command_words *s, size_t at, size_t nth)
{
	for (size_t i = at + 1; i < s->n; i++)
		if (!s->item[i].flag && nth-- == 0)
			return (struct shell_value){ .text = s->item[i].text, .known = s->item[i].known };
	return (struct shell_value){ .known = true };
}

void keeper_far(struct paths *p, const struct command_words *s, size_t at, const struct keeper_how *how)
{
	struct str verb = s->item[at].text;
	struct shell_value first = word_behind(s, at, 0), second = word_behind(s, at, 1);
	struct keeper_how as = *how;

	if (str_is(verb, "rc")) {
		remote_control(p, s, at, how);
	} else if (str_is(verb, "backend")) {
		as.role = KEEPER_GOES;
		if (paths_listed(" lifecycle versioning ", first.text) && !command_flag(s, STR("-o|--option|~Suspended")))
			return; /* says what is set */
		if (!paths_listed(" features help get stats status noop drives query list-multipart-uploads restore-status decode encode "
				  "exportformats importformats ",
				  first.text))
			keeper_operand(p, second, &as);
	} else if (str_is(verb, "config")) {
		if (paths_listed(" delete update create password reconnect disconnect ", first.text))
			keeper_remote(p, second.text);
	} else if (!command_flag(s, STR("--read-only"))) { /* a mount, or serve PROTOCOL: whoever comes that way may write */
		as.role = KEEPER_WRITE;
		keeper_operand(p, str_is(verb, "serve") ? second : first, &as);
	}
}
