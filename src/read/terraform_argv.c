#include "read/terraform_argv.h"

static const struct str unknown_why = STR_INIT("pawl does not know this command, so it cannot say that it only reads");
static const struct str unknown_safer =
	STR_INIT("use plan, show, output or state list to look; to change something plan, review, apply");
static const struct str split_why =
	STR_INIT("TF_CLI_ARGS or a variable like it cannot be split into words with certainty");
static const struct str split_safer = STR_INIT("unset it and write the options on the command line");

struct str terraform_way_name(enum terraform_way way)
{
	switch (way) {
	case TERRAFORM_WAY_PASS:
		return STR("pass");
	case TERRAFORM_WAY_PLAN:
		return STR("plan");
	case TERRAFORM_WAY_APPLY_FILE:
		return STR("apply-file");
	case TERRAFORM_WAY_APPLY:
		return STR("apply");
	case TERRAFORM_WAY_UNSET:
	case TERRAFORM_WAY_REFUSE:
		break;
	}
	return STR("refuse");
}

static bool refuse(struct terraform_argv *ret, struct str rule, struct str why, struct str safer)
{
	ret->way = TERRAFORM_WAY_REFUSE;
	ret->rule = rule;
	ret->why = why;
	ret->safer = safer;
	return false;
}

/* --- words --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Characters at which terraform's splitter stops, looks for a command, or fails. */
static bool is_shell(char c)
{
	return memchr("`();&|<>", c, 8) != NULL;
}

struct splitter {
	char *text; /* unquoted bytes, all words one behind the other */
	size_t len, start;
	bool in_word;
	char quote; /* 0, ' or " */
	struct terraform_words *ret;
};

static void end_word(struct splitter *s)
{
	if (s->in_word)
		s->ret->item[s->ret->n++] = (struct str){ s->text + s->start, s->len - s->start };
	s->start = s->len;
	s->in_word = false;
}

static void add_byte(struct splitter *s, char c)
{
	s->text[s->len++] = c;
	s->in_word = true;
}

/* False when the byte could mean two things. */
static bool split_byte(struct splitter *s, char c)
{
	if (is_blank(c) && !s->quote) {
		end_word(s);
	} else if (s->quote && c == s->quote) {
		s->quote = 0;
	} else if (!s->quote && (c == '\'' || c == '"')) {
		s->quote = c;
		s->in_word = true;
	} else if (is_shell(c) && !s->quote) {
		return false;
	} else if (!c) {
		return false;
	} else {
		add_byte(s, c);
	}
	return true;
}

bool terraform_argv_split(struct str text, struct arena *arena, struct terraform_words *ret)
{
	struct splitter s = { .ret = ret };

	*ret = (struct terraform_words){ 0 };
	if (text.len > TERRAFORM_ARGV_MAX_BYTES)
		return false;
	s.text = arena_alloc(arena, text.len + 1);
	ret->item = ARENA_ARRAY(arena, text.len / 2 + 2, struct str);
	if (!s.text || !ret->item)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\' && s.quote != '\'') {
			if (++i == text.len)
				return false;
			add_byte(&s, text.ptr[i]);
		} else if (!split_byte(&s, text.ptr[i])) {
			return false;
		}
	}
	if (s.quote)
		return false;
	end_word(&s);
	return true;
}

static bool is_flag(struct str word)
{
	return word.len && word.ptr[0] == '-';
}

/* "-lock=false" → name "lock", value "false"; *ret_has tells whether there was a '='. */
static struct str flag_name(struct str word, struct str *ret_value, bool *ret_has)
{
	struct str name = str_sub(word, word.len > 1 && word.ptr[1] == '-' ? 2 : 1, word.len);
	size_t at = str_find_char(name, '=');

	*ret_has = at != SIZE_MAX;
	*ret_value = *ret_has ? str_sub(name, at + 1, name.len) : STR_NONE;
	return *ret_has ? str_sub(name, 0, at) : name;
}

static bool is_false(struct str v)
{
	static const char *const words[] = { "0", "f", "F", "false", "False", "FALSE" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(v, words[i]))
			return true;
	}
	return false;
}

/* Index of the first word that is no option and not empty, or n. */
static size_t first_plain(const struct terraform_words *w, size_t from)
{
	while (from < w->n && (is_flag(w->item[from]) || !w->item[from].len))
		from++;
	return from;
}

/* The command's name: one word, or two where the first is a group. */
static struct str command_of(const struct terraform_words *w, struct arena *arena, size_t *ret_behind)
{
	size_t at = first_plain(w, 0);

	*ret_behind = at;
	if (at == w->n)
		return STR("");
	*ret_behind = at + 1;
	if (terraform_command_group(w->item[at]) && at + 1 < w->n && !is_flag(w->item[at + 1]) && w->item[at + 1].len) {
		*ret_behind = at + 2;
		return arena_fmt(arena, "%.*s %.*s", STR_ARG(w->item[at]), STR_ARG(w->item[at + 1]));
	}
	return w->item[at];
}

/* --- the environment, put in as terraform does --- */

static struct str variable(const struct terraform_argv_input *in, struct str name)
{
	for (size_t i = 0; i < in->n_env; i++) {
		if (str_eq(in->env[i].name, name))
			return in->env[i].value;
	}
	return STR_NONE;
}

/* Last word of a command's name: where terraform puts the words of TF_CLI_ARGS behind. */
static struct str last_word(struct str command)
{
	size_t at = str_rfind_char(command, ' ');

	return at == SIZE_MAX ? command : str_sub(command, at + 1, command.len);
}

static bool merge(struct terraform_words *w, struct str search, struct str value, struct arena *arena)
{
	struct terraform_words extra, out = { 0 };
	size_t at = 0;

	if (!value.len)
		return true;
	if (!terraform_argv_split(value, arena, &extra) || w->n + extra.n > TERRAFORM_ARGV_MAX_WORDS)
		return false;
	for (size_t i = 0; i < w->n && !at; i++) {
		if (str_eq(w->item[i], search))
			at = i + 1;
	}
	out.item = ARENA_ARRAY(arena, w->n + extra.n + 1, struct str);
	if (!out.item)
		return false;
	for (size_t i = 0; i < at; i++)
		out.item[out.n++] = w->item[i];
	for (size_t i = 0; i < extra.n; i++)
		out.item[out.n++] = extra.item[i];
	for (size_t i = at; i < w->n; i++)
		out.item[out.n++] = w->item[i];
	*w = out;
	return true;
}

static bool merge_env(const struct terraform_argv_input *in, struct str command, struct terraform_words *w,
		      struct arena *arena)
{
	struct str search = last_word(command);
	char name[200] = "TF_CLI_ARGS_";
	size_t n = strlen(name);

	if (!merge(w, search, variable(in, STR("TF_CLI_ARGS")), arena))
		return false;
	if (command.len >= sizeof(name) - n)
		return true; /* no such command: refused anyway */
	for (size_t i = 0; i < command.len; i++, n++)
		name[n] = command.ptr[i] == ' ' || command.ptr[i] == '-' ? '_' : command.ptr[i];
	return merge(w, search, variable(in, (struct str){ name, n }), arena);
}

/* -chdir counts only before the first word that is no option, and only with '='. */
static void take_chdir(struct terraform_words *w, struct terraform_argv *ret)
{
	for (size_t i = 0; i < w->n && is_flag(w->item[i]); i++) {
		if (!str_starts(w->item[i], STR("-chdir=")))
			continue;
		ret->chdir = str_sub(w->item[i], 7, w->item[i].len);
		memmove(w->item + i, w->item + i + 1, (w->n - i - 1) * sizeof(*w->item));
		w->n--;
		return;
	}
}

/* Terragrunt's own words (run-all, run --all, stack run, apply-all) off; what is left is terraform's. */
static void unwrap_terragrunt(struct terraform_words *w)
{
	struct terraform_words out = { w->item, 0 };
	bool first = true;

	for (size_t i = 0; i < w->n; i++) {
		struct str word = w->item[i], value;
		bool has;

		if (is_flag(word) || !word.len) {
			if (str_is(word, "--") && out.n == 0)
				continue;
			out.item[out.n++] = word;
			if (is_flag(word) && terraform_flag_takes_value(flag_name(word, &value, &has)) && !has &&
			    i + 1 < w->n) {
				/* joined, so that the value is not taken for the command */
				i++;
			}
			continue;
		}
		if (first && str_is(word, "stack") && i + 1 < w->n && str_is(w->item[i + 1], "run")) {
			i++;
			continue;
		}
		if (first && (str_is(word, "run-all") || str_is(word, "run") || str_is(word, "graph-run")))
			continue;
		if (first && str_ends(word, STR("-all")))
			word.len -= 4;
		first = false;
		out.item[out.n++] = word;
	}
	*w = out;
}

/* --- rules --- */

static bool one_alternative(struct str pattern, struct str command)
{
	for (;;) {
		size_t bar = str_find_char(pattern, '|');
		struct str p = str_sub(pattern, 0, bar);

		if (str_is(p, "*") || str_glob(p, command))
			return true;
		if (bar == SIZE_MAX)
			return false;
		pattern = str_sub(pattern, bar + 1, pattern.len);
	}
}

static bool flag_given(const struct terraform_rule *r, const struct terraform_words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct str value;
		bool has;

		if (!is_flag(w->item[i]) || !str_eq(flag_name(w->item[i], &value, &has), r->flag))
			continue;
		if (r->value == FLAG_ANY || (r->value == FLAG_FALSE) == (has && is_false(value)))
			return true;
	}
	return false;
}

static bool rule_matches(const struct terraform_rule *r, const struct terraform_argv_input *in,
			 const struct terraform_argv *a)
{
	if (!(r->tools & in->tool) || !one_alternative(r->command, a->command))
		return false;
	if (r->variable.ptr && !variable(in, r->variable).len)
		return false;
	return !r->flag.ptr || flag_given(r, &a->words);
}

static void apply_rules(const struct terraform_argv_input *in, struct terraform_argv *ret)
{
	const struct terraform_rule *best = NULL, *r;
	bool command_known = false;

	for (size_t i = 0; (r = terraform_rule_nth(i)); i++) {
		if (!rule_matches(r, in, ret))
			continue;
		command_known |= !r->flag.ptr && !r->variable.ptr;
		/* Of two equally strict rows the option says more than the command. */
		if (!best || r->way > best->way || (r->way == best->way && r->flag.ptr && !best->flag.ptr))
			best = r;
	}
	if (!best || !command_known) {
		refuse(ret, STR("unknown"), unknown_why, unknown_safer);
		return;
	}
	ret->way = best->way;
	ret->rule = best->name;
	ret->why = best->why;
	ret->safer = best->safer;
}

/* --- what plan and apply are about --- */

/* `-help` anywhere before `--`, or -version before any command: terraform prints and does nothing else. */
static bool only_prints(const struct terraform_argv_input *in, const struct terraform_words *w)
{
	bool command = false;

	for (size_t i = 0; i < w->n; i++) {
		struct str word = w->item[i];

		if (str_is(word, "--"))
			return false;
		if (str_is(word, "-h") || str_is(word, "-help") || str_is(word, "--help"))
			return in->tool != TERRAFORM_TOOL_TERRAGRUNT || !command;
		if (!command && (str_is(word, "-v") || str_is(word, "-version") || str_is(word, "--version")))
			return true;
		command |= !is_flag(word) && word.len;
	}
	return false;
}

static void take_option(struct terraform_argv *ret, const struct terraform_words *w, size_t *at)
{
	struct str value, name, word = w->item[*at];
	bool has, next;

	name = flag_name(word, &value, &has);
	next = !has && terraform_flag_takes_value(name) && *at + 1 < w->n;
	if (next)
		value = w->item[++*at];
	if (str_is(name, "out")) {
		ret->out = value;
		return;
	}
	if (str_is(name, "destroy"))
		ret->destroy = !(has && is_false(value));
	if (terraform_flag_apply_only(name))
		return;
	ret->options.item[ret->options.n++] = word;
	if (next)
		ret->options.item[ret->options.n++] = value;
}

static void take_options(struct terraform_argv *ret, size_t from, struct arena *arena)
{
	const struct terraform_words *w = &ret->words;
	size_t i;

	ret->options.item = ARENA_ARRAY(arena, w->n + 3, struct str);
	if (!ret->options.item) {
		refuse(ret, STR("words"), split_why, split_safer);
		return;
	}
	for (i = from; i < w->n && is_flag(w->item[i]) && !str_is(w->item[i], "--"); i++)
		take_option(ret, w, &i);
	if (i < w->n && str_is(w->item[i], "--"))
		i++;
	if (i < w->n && str_is(ret->command, "apply") && ret->way == TERRAFORM_WAY_APPLY) {
		ret->plan_file = w->item[i];
		ret->way = TERRAFORM_WAY_APPLY_FILE;
	}
	if (str_is(ret->command, "destroy")) {
		ret->destroy = true;
		ret->options.item[ret->options.n++] = STR("-destroy");
	}
	if (str_is(ret->command, "refresh"))
		ret->options.item[ret->options.n++] = STR("-refresh-only");
}

static bool gather(const struct terraform_argv_input *in, struct arena *arena, struct terraform_argv *ret)
{
	size_t bytes = 0;

	for (size_t i = 0; i < in->n_words; i++)
		bytes += in->words[i].len;
	if (in->n_words > TERRAFORM_ARGV_MAX_WORDS || bytes > TERRAFORM_ARGV_MAX_BYTES)
		return refuse(ret, STR("arguments"), STR("the command line is larger than pawl reads"),
			      STR("use a -var-file"));
	ret->words.item = ARENA_ARRAY(arena, in->n_words + 1, struct str);
	if (!ret->words.item)
		return refuse(ret, STR("arguments"), STR("the command line is larger than pawl reads"),
			      STR("use a -var-file"));
	for (size_t i = 0; i < in->n_words; i++)
		ret->words.item[ret->words.n++] = in->words[i];
	return true;
}

void terraform_argv_read(const struct terraform_argv_input *in, struct arena *arena, struct terraform_argv *ret)
{
	size_t behind;

	*ret = (struct terraform_argv){ .way = TERRAFORM_WAY_UNSET, .workspace = variable(in, STR("TF_WORKSPACE")) };
	if (!gather(in, arena, ret))
		return;
	if (in->tool == TERRAFORM_TOOL_TERRAGRUNT)
		unwrap_terragrunt(&ret->words);
	else
		take_chdir(&ret->words, ret);
	if (!merge_env(in, command_of(&ret->words, arena, &behind), &ret->words, arena)) {
		refuse(ret, STR("words"), split_why, split_safer);
		return;
	}
	ret->command = command_of(&ret->words, arena, &behind);
	if (only_prints(in, &ret->words)) {
		ret->way = TERRAFORM_WAY_PASS;
		ret->rule = STR("help");
		ret->why = STR("prints help");
		return;
	}
	apply_rules(in, ret);
	if (ret->way == TERRAFORM_WAY_PLAN || ret->way == TERRAFORM_WAY_APPLY)
		take_options(ret, behind, arena);
	if (arena->full)
		refuse(ret, STR("arguments"), STR("the command line is larger than pawl reads"),
		       STR("use a -var-file"));
}
