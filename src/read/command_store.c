#include "read/command_tool.h"

/* --- Redis --- */

/* Commands that take keys or what keeps them away. What names its keys one by one is data too, but of a size one sees. */
static bool redis_destroys(struct str verb, struct str second, bool many)
{
	static const char always[] = "FLUSHALL|FLUSHDB|SWAPDB|FAILOVER|REPLICAOF|SLAVEOF";

	char upper[24];
	size_t n = verb.len < sizeof(upper) ? verb.len : 0;

	for (size_t i = 0; i < n; i++)
		upper[i] = verb.ptr[i] >= 'a' && verb.ptr[i] <= 'z' ? (char)(verb.ptr[i] - 32) : verb.ptr[i];
	verb = (struct str){ upper, n };
	if (command_one_of(verb, STR(always), '|'))
		return true;
	if (str_is(verb, "SHUTDOWN"))
		return str_eq_nocase(second, STR("NOSAVE")) || !second.len;
	if (str_is(verb, "DEBUG") || str_is(verb, "SCRIPT") || str_is(verb, "FUNCTION"))
		return str_eq_nocase(second, STR("FLUSHALL")) || str_eq_nocase(second, STR("FLUSH"));
	if (str_is(verb, "CONFIG"))
		return str_eq_nocase(second, STR("SET")) || str_eq_nocase(second, STR("RESETSTAT"));
	if (str_is(verb, "CLUSTER"))
		return str_eq_nocase(second, STR("RESET")) || str_eq_nocase(second, STR("FLUSHSLOTS"));
	return (str_is(verb, "DEL") || str_is(verb, "UNLINK")) && many;
}

static bool has_nocase(struct str text, const char *needle)
{
	struct str n = str_from(needle);

	for (size_t i = 0; i + n.len <= text.len; i++) {
		if (str_eq_nocase(str_sub(text, i, n.len), n))
			return true;
	}
	return false;
}

static void redis_lost(struct command_work *w, const struct command_words *s, struct str what)
{
	struct command_database d = { .known = true };
	struct str url;
	struct change *c = command_effect_add(
		w, &(struct command_effect_words){ .kind = CHANGE_DELETE,
						   .finding = "data.database",
						   .type = "keys",
						   .reversible = REVERSIBLE_NO,
						   .holds_data = HOLDS_DATA_YES,
						   .name = str_sub(what, 0, 100),
						   .reason = STR("deletes keys of Redis, or what keeps them"),
						   .safer = "SCAN and UNLINK by pattern, after a count; BGSAVE first" });

	if (!c)
		return;
	if (!command_value(s, "-h|--host|-H", &d.host) && !command_env(w, STR("REDIS_HOST"), &d.host))
		d.host = STR_NONE;
	d.local = command_local_host(w, d.host);
	if (command_value(s, "-u|--uri", &url) && !command_database_url(w, url, &d))
		d = (struct command_database){ 0 };
	command_at_database(w, &d, c);
	if (!c->name.len)
		c->name = STR("keys");
}

/* Does one line of commands destroy? */
static bool redis_line(struct str line)
{
	struct str verb = STR_NONE, second = STR_NONE, third = STR_NONE;

	line = str_trim(line);
	(void)(command_next(&line, ' ', &verb) && command_next(&line, ' ', &second) && command_next(&line, ' ', &third));
	return redis_destroys(verb, str_trim(second), third.len > 0 || !command_known(second));
}

static bool redis_name(struct str name)
{
	return command_one_of(name, STR("redis-cli|valkey-cli|keydb-cli|iredis|dragonfly-cli"), '|');
}

bool command_redis(struct command_work *w, const struct command_words *s)
{
	struct str verb = command_nth(s, 0), second = command_nth(s, 1), text, line;
	bool many = command_count(s) > 2 || !command_known(second);

	if (!redis_name(s->program))
		return false;
	if (w->act->within && w->act->within->n_argv &&
	    command_one_of(command_base(w->act->within->argv[0].text), STR("xargs|parallel"), '|'))
		many = true;
	if (redis_destroys(verb, second, many)) {
		redis_lost(w, s, verb);
		return true;
	}
	if ((has_nocase(verb, "EVAL") || str_eq_nocase(verb, STR("FCALL"))) &&
	    (has_nocase(second, "flush") || has_nocase(second, "'del'") || has_nocase(second, "\"del\"") ||
	     has_nocase(second, "unlink"))) {
		redis_lost(w, s, verb);
		return true;
	}
	text = verb.len || w->act->input != SHELL_INPUT_TEXT ? STR_NONE : w->act->input_text.text;
	while (command_next(&text, '\n', &line)) {
		if (redis_line(line)) {
			redis_lost(w, s, line);
			return true;
		}
	}
	if (!command_known(verb) && command_count(s) == 1)
		redis_lost(w, s, STR("an unknown command"));
	return true;
}

/* --- MongoDB --- */

/* JavaScript without comments and blanks; strings lose their inside, but for one in an index: c["drop"]. */
static struct str code_of(struct command_work *w, struct str js)
{
	char *out = ARENA_ARRAY(w->arena, js.len + 1, char);
	size_t n = 0;

	for (size_t i = 0; out && i < js.len; i++) {
		char c = js.ptr[i];

		if (c == '/' && i + 1 < js.len && (js.ptr[i + 1] == '/' || js.ptr[i + 1] == '*')) {
			struct str end = js.ptr[i + 1] == '/' ? STR("\n") : STR("*/");
			size_t at = str_find(str_sub(js, i + 2, js.len), end);

			if (at == SIZE_MAX)
				break;
			i += at + 1 + end.len;
			continue;
		}
		if (c == '"' || c == '\'' || c == '`') {
			bool keep = n && (out[n - 1] == '[' || out[n - 1] == '(');

			for (i++; i < js.len && js.ptr[i] != c; i++) {
				if (js.ptr[i] == '\\')
					i++;
				else if (keep)
					out[n++] = js.ptr[i];
			}
			continue;
		}
		if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
			out[n++] = c;
	}
	return (struct str){ out, out ? n : 0 };
}

static const char *const mongo_calls[] = {
	"dropDatabase",	 ".drop(",	    "[drop]",	      ".deleteMany(",	 ".deleteOne(",	       ".remove(",
	".dropIndexes(", ".dropUser(",	    ".dropAllUsers(", ".dropRole(",	 ".findOneAndDelete(", "[deleteMany]",
	"[remove]",	 ".updateMany({},", ".updateMany({}", ".replaceOne({},", ".bulkWrite(",	       "{$out:",
	"$merge:",	 "{drop:",	    "{delete:",	      "shutdownServer(", ".renameCollection(", "eval(",
	"Function(",
};

static bool mongo_destroys(struct command_work *w, struct str js)
{
	struct str code = code_of(w, js);

	for (size_t i = 0; i < ARRAY_LEN(mongo_calls); i++) {
		if (str_find(code, str_from(mongo_calls[i])) != SIZE_MAX)
			return true;
	}
	return false;
}

static void mongo_lost(struct command_work *w, const struct command_words *s, const char *why)
{
	struct command_database d = { .known = true };
	struct str first = command_nth(s, 0);
	struct change *c = command_effect_add(
		w, &(struct command_effect_words){ .kind = CHANGE_DELETE,
						   .finding = "data.database",
						   .type = "collection",
						   .reversible = REVERSIBLE_NO,
						   .holds_data = HOLDS_DATA_YES,
						   .reason = str_from(why),
						   .safer = "`mongodump` first; deleteMany with a filter after countDocuments" });

	if (!c)
		return;
	if (!command_database_url(w, first, &d)) {
		size_t slash = str_rfind_char(first, '/');

		if (!command_value(s, "--host", &d.host))
			d.host = slash == SIZE_MAX || str_ends(first, STR(".js")) ? STR_NONE : str_sub(first, 0, slash);
		d.database = slash == SIZE_MAX ? first : str_sub(first, slash + 1, first.len);
		if (str_ends(first, STR(".js")))
			d.database = STR_NONE;
		d.local = command_local_host(w, d.host);
	}
	command_at_database(w, &d, c);
	c->name = d.database.len ? d.database : STR("MongoDB");
	c->title = c->name;
}

static void mongo_text(struct command_work *w, const struct command_words *s, struct str text, bool *done)
{
	if (*done)
		return;
	if (mongo_destroys(w, text)) {
		mongo_lost(w, s, "deletes documents, collections or a whole MongoDB database");
		*done = true;
	} else if (!command_known(text) && text.len == 1) {
		mongo_lost(w, s, "runs a script against MongoDB that nobody can read beforehand");
		*done = true;
	}
}

bool command_mongo(struct command_work *w, const struct command_words *s)
{
	bool done = false, found;

	if (!command_one_of(s->program, STR("mongosh|mongo|legacy-mongo|mongocli|mongosh-beta"), '|'))
		return false;
	for (size_t i = 0; i < s->n; i++) {
		if (s->item[i].flag &&
		    (str_is(s->item[i].text, "--eval") || str_is(s->item[i].text, "-f") || str_is(s->item[i].text, "--file")))
			mongo_text(w, s,
				   str_is(s->item[i].text, "--eval") ? s->item[i].value
								     : command_file(w, s->item[i].value, &found),
				   &done);
		else if (!s->item[i].flag &&
			 (str_ends(s->item[i].text, STR(".js")) || str_ends(s->item[i].text, STR(".mongodb"))))
			mongo_text(w, s, command_file(w, s->item[i].text, &found), &done);
	}
	if (w->act->input == SHELL_INPUT_TEXT)
		mongo_text(w, s, w->act->input_text.text, &done);
	else if (w->act->input == SHELL_INPUT_FILE)
		mongo_text(w, s, command_file(w, w->act->input_text.text, &found), &done);
	return true;
}
