#include "read/command_place.h"

#define MOST_LETTERS 64 /* of one -cluster; more is no cluster of flags */

bool command_next(struct str *list, char sep, struct str *ret)
{
	size_t end;

	while (list->len && sep == ' ' && list->ptr[0] == ' ')
		*list = str_sub(*list, 1, list->len - 1);
	if (!list->len)
		return false;
	end = str_find_char(*list, sep);
	*ret = str_sub(*list, 0, end == SIZE_MAX ? list->len : end);
	*list = end == SIZE_MAX ? STR_NONE : str_sub(*list, end + 1, list->len - end - 1);
	return true;
}

bool command_one_of(struct str s, struct str list, char sep)
{
	struct str one;

	while (command_next(&list, sep, &one)) {
		if (str_eq(one, s))
			return true;
	}
	return false;
}

bool command_known(struct str s)
{
	return !s.len || !memchr(s.ptr, SHELL_UNKNOWN, s.len);
}

struct str command_shown(struct str s, struct arena *arena)
{
	size_t n = 0;
	char *out;

	if (command_known(s))
		return s;
	out = ARENA_ARRAY(arena, s.len * 3, char);
	if (!out)
		return STR_NONE;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != SHELL_UNKNOWN) {
			out[n++] = s.ptr[i];
			continue;
		}
		memcpy(out + n, "…", 3);
		n += 3;
	}
	return (struct str){ out, n };
}

struct str command_base(struct str path)
{
	size_t slash = str_rfind_char(path, '/'), back = str_rfind_char(path, '\\');
	static const struct str suffixes[] = { STR_INIT(".exe"), STR_INIT(".cmd"), STR_INIT(".bat"), STR_INIT(".ps1") };

	if (slash != SIZE_MAX)
		path = str_sub(path, slash + 1, path.len);
	else if (back != SIZE_MAX)
		path = str_sub(path, back + 1, path.len);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (path.len > suffixes[i].len &&
		    str_eq_nocase(str_sub(path, path.len - suffixes[i].len, suffixes[i].len), suffixes[i]))
			return str_sub(path, 0, path.len - suffixes[i].len);
	}
	return path;
}

/* "prisma" of prisma@5.1, "firebase-tools" of firebase-tools@latest; a scope (@scope/name) is a folder and gone already. */
static struct str without_version(struct str name)
{
	size_t at = str_rfind_char(name, '@');

	return at == SIZE_MAX || at == 0 ? name : str_sub(name, 0, at);
}

/* node_modules/prisma/build/index.js, node_modules/@scope/name/…: the package; STR_NONE where that is no tool. */
static struct str package_of(struct str path)
{
	struct command_program tool;
	size_t at = str_find(path, STR("node_modules/"));

	while (at != SIZE_MAX) {
		path = str_sub(path, at + 13, path.len);
		at = str_find(path, STR("node_modules/"));
		if (at != SIZE_MAX)
			continue;
		if (path.len && path.ptr[0] == '@')
			path = str_sub(path, str_find_char(path, '/') == SIZE_MAX ? path.len : str_find_char(path, '/') + 1, path.len);
		path = str_sub(path, 0, str_find_char(path, '/'));
		return command_program_find(path, &tool) ? path : STR_NONE;
	}
	return STR_NONE;
}

static struct str program_of(struct str word)
{
	struct str name = without_version(command_base(word)), package = package_of(word);
	struct command_program tool;

	return package.len && !command_program_find(name, &tool) ? package : name;
}

static bool takes_value(const struct command_words *s, struct str flag)
{
	char before[4] = { '-', '\0', '^' };

	if (!s->has_tool || command_one_of(flag, s->tool.values, ' '))
		return s->has_tool;
	if (flag.len != 2)
		return false;
	/* "-f^": only before the subcommand */
	before[1] = flag.ptr[1];
	return command_one_of((struct str){ before, 3 }, s->tool.values, ' ') && command_count(s) == 0;
}

/* "-p?" in the table: its value only ever stands in the same word. */
static bool optional_value(const struct command_words *s, struct str flag)
{
	char with[3] = { flag.ptr[0], flag.ptr[1], '?' };

	return s->has_tool && command_one_of((struct str){ with, 3 }, s->tool.values, ' ');
}

static void add(struct command_words *s, struct command_word item)
{
	if (s->n < s->size)
		s->item[s->n++] = item;
}

struct reading {
	struct command_work *w;
	struct command_words *s;
	size_t i;	   /* in argv */
	bool unknown_flag; /* the last word was a flag nobody knows */
};

/* Does any row speak of this flag? Then it is known to take no value. */
static bool spoken_of(const struct command_words *s, struct str flag)
{
	struct command_fact f;

	if (command_one_of(flag, s->tool.dry, ' '))
		return true;
	for (size_t i = 0; i < s->tool.n && command_fact_nth(s->tool.first + i, &f); i++) {
		if (command_one_of(flag, f.bypass, '|') || str_find(f.flags, flag) != SIZE_MAX)
			return true;
	}
	return false;
}

/* The word behind argv[i], as a value; a flag of the tool's own is none: the value was an empty variable. One with which
 * nothing would be done is taken for the value it is: `--exclude -n` deletes. */
static struct str take_next(struct reading *r)
{
	struct str next;

	if (r->i + 1 >= r->w->act->n_argv)
		return STR_NONE;
	next = r->w->act->argv[r->i + 1].text;
	if (next.len > 1 && next.ptr[0] == '-' && !command_one_of(next, r->s->tool.dry, ' ') &&
	    (takes_value(r->s, next) || spoken_of(r->s, next)))
		return STR_NONE;
	r->i++;
	return next;
}

static void long_flag(struct reading *r, struct str word)
{
	size_t equals = str_find_char(word, '=');
	struct command_word item = { .text = str_sub(word, 0, equals == SIZE_MAX ? word.len : equals), .flag = true };

	if (equals != SIZE_MAX) {
		item.has_value = true;
		item.value = str_sub(word, equals + 1, word.len);
	} else if (takes_value(r->s, item.text)) {
		item.has_value = true;
		item.value = take_next(r);
	} else {
		r->unknown_flag = r->s->has_tool && !spoken_of(r->s, item.text);
	}
	item.known = command_known(item.text);
	add(r->s, item);
}

/* -xvf as three flags, the last with a value where it takes one. */
static void short_flags(struct reading *r, struct str word)
{
	static const char letters[] =
		"-a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z-A-B-C-D-E-F-G-H-I-J-K-L-M-N-O-P-Q-R-S-T-U-V-W-X-Y-Z"
		"-0-1-2-3-4-5-6-7-8-9-?-@";

	for (size_t k = 1; k < word.len && k <= MOST_LETTERS; k++) {
		struct command_word item = { .flag = true, .known = true };
		const char *found = memchr(letters, word.ptr[k], sizeof(letters) - 1);

		if (!found || word.ptr[k] == '-')
			return;
		item.text = (struct str){ found - 1, 2 };
		if (takes_value(r->s, item.text)) {
			item.has_value = true;
			item.value = k + 1 < word.len ? str_sub(word, k + 1, word.len) : take_next(r);
			if (item.value.len && k + 1 < word.len && item.value.ptr[0] == '=')
				item.value = str_sub(item.value, 1, item.value.len);
			add(r->s, item);
			return;
		}
		if (optional_value(r->s, item.text)) {
			item.has_value = k + 1 < word.len;
			item.value = str_sub(word, k + 1, word.len);
			add(r->s, item);
			return;
		}
		if (k + 1 < word.len && word.ptr[k + 1] == '=') {
			item.has_value = true;
			item.value = str_sub(word, k + 2, word.len);
			add(r->s, item);
			return;
		}
		add(r->s, item);
		r->unknown_flag = r->s->has_tool && !spoken_of(r->s, item.text);
	}
}

static void read_word(struct reading *r)
{
	const struct shell_value *v = &r->w->act->argv[r->i];
	bool perhaps = r->unknown_flag;

	r->unknown_flag = false;
	if (r->s->dashes || v->text.len < 2 || v->text.ptr[0] != '-') {
		add(r->s, (struct command_word){ .text = v->text,
						 .known = command_known(v->text),
						 .many = v->many && !v->known && !v->glob,
						 .perhaps = perhaps });
		return;
	}
	if (str_is(v->text, "--")) {
		r->s->dashes = true;
		r->s->behind = r->s->n;
		return;
	}
	if (v->text.ptr[1] == '-' || r->s->tool.single_dash)
		long_flag(r, v->text);
	else
		short_flags(r, v->text);
}

/* /usr/bin/terr*form: the first program it could be that something is known of. */
static struct str by_pattern(struct str pattern)
{
	struct command_program tool;
	struct str name;

	for (size_t i = 0; (name = command_program_name(i, &tool)).len; i++) {
		if (str_glob(pattern, name))
			return name;
	}
	return pattern;
}

static size_t most(size_t n)
{
	return n < MOST_LETTERS ? n : MOST_LETTERS;
}

bool command_words_from(struct command_work *w, size_t at, struct command_words *ret)
{
	const struct shell_act *act = w->act;
	struct command_words s = { .at_program = at, .work = w };
	struct reading r = { .w = w, .s = &s };

	if (at >= act->n_argv)
		return false;
	s.program = program_of(act->argv[at].text);
	if (act->argv[at].glob)
		s.program = by_pattern(s.program);
	s.has_tool = command_program_find(s.program, &s.tool);
	for (size_t i = at + 1; i < act->n_argv; i++)
		s.size += act->argv[i].text.len < 2 || act->argv[i].text.ptr[0] != '-' ? 1 : most(act->argv[i].text.len);
	s.item = ARENA_ARRAY(w->arena, s.size ? s.size : 1, struct command_word);
	if (!s.item)
		return false;
	for (r.i = at + 1; r.i < act->n_argv; r.i++)
		read_word(&r);
	*ret = s;
	return true;
}

/* Where the script stands of `python -u manage.py …`; 0: the words run no script by its name. */
static size_t script_of(const struct shell_act *act)
{
	static const struct str interpreters[] = {
		STR_INIT("python*"), STR_INIT("pypy*"),	  STR_INIT("php*"), STR_INIT("ruby*"),	  STR_INIT("node"),
		STR_INIT("nodejs"),  STR_INIT("bun"),	  STR_INIT("deno"), STR_INIT("tsx"),	  STR_INIT("ts-node"),
		STR_INIT("perl"),    STR_INIT("symfony"), STR_INIT("java"), STR_INIT("coverage"), STR_INIT("dotnet-exec"),
	};
	struct str base = command_base(act->argv[0].text);
	struct command_program tool;
	size_t i = 0, at = 1;

	while (i < ARRAY_LEN(interpreters) && !str_glob(interpreters[i], base))
		i++;
	if (i == ARRAY_LEN(interpreters))
		return 0;
	while (at < act->n_argv && act->argv[at].text.len && act->argv[at].text.ptr[0] == '-' &&
	       !str_is(act->argv[at].text, "-m"))
		at++;
	if (at < act->n_argv && (str_is(act->argv[at].text, "-m") || str_is(act->argv[at].text, "run")))
		at++;
	if (at >= act->n_argv || !command_program_find(program_of(act->argv[at].text), &tool))
		return 0;
	return at;
}

bool command_words(struct command_work *w, struct command_words *ret)
{
	const struct shell_act *act = w->act;

	if (!act->n_argv)
		return false;
	return command_words_from(w, script_of(act), ret);
}

static struct str bare(struct str flag)
{
	while (flag.len && flag.ptr[0] == '-')
		flag = str_sub(flag, 1, flag.len);
	return flag;
}

static bool same_flag(const struct command_words *s, struct str a, struct str b)
{
	return s->tool.single_dash ? str_eq(bare(a), bare(b)) : str_eq(a, b);
}

/* A word, or the file that stands for it: file://change.json */
static bool word_contains(const struct command_words *s, struct str word, struct str text)
{
	bool found;

	if (str_find(word, text) != SIZE_MAX)
		return true;
	return str_starts(word, STR("file://")) &&
	       str_find(command_file(s->work, str_sub(word, 7, word.len), &found), text) != SIZE_MAX;
}

static bool contains(const struct command_words *s, struct str text)
{
	for (size_t i = 0; i < s->n; i++) {
		if (word_contains(s, s->item[i].text, text) || word_contains(s, s->item[i].value, text))
			return true;
	}
	return false;
}

static bool has_flag(const struct command_words *s, struct str want)
{
	size_t equals = str_find_char(want, '=');
	struct str name = str_sub(want, 0, equals == SIZE_MAX ? want.len : equals);

	for (size_t i = 0; i < s->n; i++) {
		const struct command_word *k = &s->item[i];

		if (!k->flag || !same_flag(s, k->text, name))
			continue;
		if (equals == SIZE_MAX) {
			if (!k->has_value || !(str_is(k->value, "false") || str_is(k->value, "0")))
				return true;
			continue;
		}
		if (str_glob(str_sub(want, equals + 1, want.len), k->value))
			return true;
		/* A value behind a blank that the table of value flags does not know. */
		if (!k->has_value && i + 1 < s->n && !s->item[i + 1].flag &&
		    str_glob(str_sub(want, equals + 1, want.len), s->item[i + 1].text))
			return true;
	}
	return false;
}

static bool one_holds(const struct command_words *s, struct str one)
{
	struct str rest = str_sub(one, 1, one.len), value;
	const struct shell_act *act = s->work->act;

	switch (one.len ? one.ptr[0] : '-') {
	case '~':
		return contains(s, rest);
	case '<':
		return act->input == SHELL_INPUT_TEXT && str_find(act->input_text.text, rest) != SIZE_MAX;
	case '$':
		return command_env(s->work, rest, &value) && !command_one_of(value, STR("false|0|"), '|');
	case '@':
		return act->yes_piped;
	default:
		return has_flag(s, one);
	}
}

bool command_flag(const struct command_words *s, struct str any)
{
	struct str one;

	while (command_next(&any, '|', &one)) {
		if (one_holds(s, one))
			return true;
	}
	return false;
}

bool command_value(const struct command_words *s, const char *any, struct str *ret)
{
	struct str list = str_from(any), one;

	while (command_next(&list, '|', &one)) {
		for (size_t i = 0; i < s->n; i++) {
			const struct command_word *k = &s->item[i];

			if (!k->flag || !same_flag(s, k->text, one))
				continue;
			if (k->has_value)
				*ret = k->value;
			else if (i + 1 < s->n && !s->item[i + 1].flag)
				*ret = s->item[i + 1].text;
			else
				continue;
			return true;
		}
	}
	return false;
}

struct str command_nth(const struct command_words *s, size_t i)
{
	for (size_t k = 0; k < s->n; k++) {
		if (!s->item[k].flag && i-- == 0)
			return s->item[k].text;
	}
	return STR_NONE;
}

size_t command_count(const struct command_words *s)
{
	size_t n = 0;

	for (size_t k = 0; k < s->n; k++)
		n += !s->item[k].flag;
	return n;
}
