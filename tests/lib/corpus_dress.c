/* corpus_dress.c -- patterns of dresses:
 *   %T the text  %Q it, as one quoted word  %B it in base64  %P its words, each quoted some way  %F the first of them  %R the others
 *   %J its words joined by commas  %A assignments of pieces of its words  %W its words made of these
 * Where a dress could change what bash does (aliases are expanded line by line, `exit` ends what follows), it does not fit.
 */
#include "corpus_dress.h"
#include "read/shell/tree.h"

#define END "END_OF_THE_TEXT_7f3a"

enum {
	WHOLE = 1,     /* a text that is complete: no open quote, here-document or group */
	WORDS = 2,     /* one command of plain words */
	PROGRAM = 4,   /* and no builtin that only a shell has */
	STRAIGHT = 8,  /* nothing in it ends the shell, or gives words another meaning */
	ARGUMENTS = 16, /* has words behind the first */
	NO_COMMA = 32,
	NO_NUL = 64,
	NO_BRACES = 128,
	NO_TRAP = 512, /* a trap set by a trap is not run */
	NO_END = 256, /* does not hold the delimiter of our here-documents */
	NO_ZERO = 2048, /* does not ask for its own name, which is another in a script */
	NO_OPTION = 1024, /* does not begin as an option does: bash -c would take it for one */
};

/* clang-format off */
const struct dress corpus_dresses[] = {
	/* Groups and branches. */
	{ "subshell", DRESS_NO_SOFTER, "(\n%T\n)", WHOLE },
	{ "group", DRESS_NO_SOFTER, "{\n%T\n}", WHOLE },
	{ "subshell in a group", DRESS_NO_SOFTER, "{ (\n%T\n) }", WHOLE },
	{ "if true", DRESS_NO_SOFTER, "if true; then\n%T\nfi", WHOLE },
	{ "else", DRESS_NO_SOFTER, "if false; then :; else\n%T\nfi", WHOLE },
	{ "true and", DRESS_NO_SOFTER, "true && {\n%T\n}", WHOLE },
	{ "false or", DRESS_NO_SOFTER, "false || {\n%T\n}", WHOLE },
	{ "for", DRESS_NO_SOFTER, "for i in 1; do\n%T\ndone", WHOLE },
	{ "while", DRESS_NO_SOFTER, "while :; do\n%T\nbreak; done", WHOLE },
	{ "case", DRESS_NO_SOFTER, "case x in x)\n%T\n;; esac", WHOLE },
	{ "function", DRESS_NO_SOFTER, "f() {\n%T\n}; f", WHOLE },
	{ "function keyword", DRESS_NO_SOFTER, "function g {\n%T\n}\ng", WHOLE },
	{ "background", DRESS_NO_SOFTER, "{\n%T\n} & wait", WHOLE },
	{ "negated", DRESS_NO_SOFTER, "! {\n%T\n}", WHOLE },
	{ "timed", DRESS_NO_SOFTER, "time {\n%T\n}", WHOLE },
	{ "head of a pipeline", DRESS_NO_SOFTER, "{\n%T\n} | cat", WHOLE },
	{ "tail of a pipeline", DRESS_NO_SOFTER, "echo | {\n%T\n}", WHOLE },
	{ "with output thrown away", DRESS_NO_SOFTER, "{\n%T\n} > /dev/null 2>&1", WHOLE },
	{ "command substitution", DRESS_NO_SOFTER, "x=$(\n%T\n)", WHOLE },
	{ "substitution in an argument", DRESS_NO_SOFTER, "echo \"got $(\n%T\n)\"", WHOLE },
	{ "process substitution", DRESS_NO_SOFTER, "cat <(\n%T\n)", WHOLE },
	{ "coproc", DRESS_NO_SOFTER, "coproc {\n%T\n}", WHOLE },
	/* A shell that is told the text. */
	{ "bash -c", DRESS_NO_SOFTER, "bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "bash -lc", DRESS_NO_SOFTER, "bash -lc %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "eval", DRESS_NO_SOFTER, "eval %Q", WHOLE | NO_NUL | NO_OPTION },
	{ "eval of a variable", DRESS_NO_SOFTER, "text=%Q; eval \"$text\"", WHOLE | NO_NUL | NO_OPTION },
	{ "command eval", DRESS_NO_SOFTER, "command eval %Q", WHOLE | NO_NUL | NO_OPTION },
	{ "sudo bash -c", DRESS_NO_SOFTER, "sudo bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "env bash -c", DRESS_NO_SOFTER, "env X=1 bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "nohup bash -c", DRESS_NO_SOFTER, "nohup bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "timeout bash -c", DRESS_NO_SOFTER, "timeout -k 3 5 bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "nice setsid bash -c", DRESS_NO_SOFTER, "nice -n 5 setsid bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "bash -c twice", DRESS_NO_SOFTER, "s=%Q bash -c 'bash -c \"$s\"'", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "flock -c", DRESS_NO_SOFTER, "flock /tmp/lock -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "script -c", DRESS_NO_SOFTER, "script -qc %Q /dev/null", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "find -exec bash -c", DRESS_NO_SOFTER, "find . -maxdepth 0 -exec bash -c %Q \\;", WHOLE | NO_ZERO | NO_NUL | NO_OPTION | NO_BRACES },
	{ "xargs bash -c", DRESS_NO_SOFTER, "echo x | xargs bash -c %Q", WHOLE | NO_ZERO | NO_NUL | NO_OPTION },
	{ "trap", DRESS_NO_SOFTER, "trap %Q EXIT", WHOLE | NO_NUL | NO_OPTION | NO_TRAP },
	{ "pipe into bash", DRESS_NO_SOFTER, "printf '%%s\\n' %Q | bash", WHOLE | NO_ZERO | NO_NUL },
	{ "here-string into bash", DRESS_NO_SOFTER, "bash <<< %Q", WHOLE | NO_ZERO | NO_NUL },
	{ "here-document into bash", DRESS_NO_SOFTER, "bash <<'" END "'\n%T\n" END, WHOLE | NO_ZERO | NO_END },
	{ "cat of a here-document into bash", DRESS_NO_SOFTER, "cat <<'" END "' | bash\n%T\n" END, WHOLE | NO_ZERO | NO_END },
	{ "process substitution into bash", DRESS_NO_SOFTER, "bash <(printf %%s %Q)", WHOLE | NO_ZERO | NO_NUL },
	{ "source of a process substitution", DRESS_NO_SOFTER, "source <(printf %%s %Q)", WHOLE | NO_NUL },
	{ "base64 into bash", DRESS_NO_SOFTER, "echo %B | base64 -d | bash", WHOLE | NO_ZERO | NO_NUL },
	{ "eval of base64", DRESS_NO_SOFTER, "eval \"$(base64 -d <<< %B)\"", WHOLE | NO_NUL | NO_OPTION },
	{ "written down, then run", DRESS_NO_SOFTER, "printf '%%s\\n' %Q > /tmp/w.sh; bash /tmp/w.sh", WHOLE | NO_ZERO | NO_NUL },
	{ "here-document written down, then run", DRESS_NO_SOFTER,
	  "cat > w.sh <<'" END "'\n%T\n" END "\nchmod +x w.sh && ./w.sh", WHOLE | NO_ZERO | NO_END },
	/* Words. */
	{ "quoted", DRESS_NO_SOFTER, "%P", WORDS },
	{ "split over variables", DRESS_NO_SOFTER, "%A%W", WORDS },
	{ "split over variables, positional", DRESS_NO_SOFTER, "%Aset -- %W; \"$@\"", WORDS },
	{ "positional", DRESS_NO_SOFTER, "set -- %P; \"$@\"", WORDS },
	{ "array", DRESS_NO_SOFTER, "a=(%P); \"${a[@]}\"", WORDS },
	{ "array grown", DRESS_NO_SOFTER, "a=(%F); a+=(%R); \"${a[@]}\"", WORDS },
	{ "function that runs its arguments", DRESS_NO_SOFTER, "run() { \"$@\"; }; run %P", WORDS },
	{ "eval of words", DRESS_NO_SOFTER, "eval %P", WORDS },
	{ "command", DRESS_NO_SOFTER, "command %P", WORDS | PROGRAM },
	{ "exec", DRESS_NO_SOFTER, "exec %P", WORDS | PROGRAM },
	{ "env", DRESS_NO_SOFTER, "env %P", WORDS | PROGRAM },
	{ "env with a variable", DRESS_NO_SOFTER, "/usr/bin/env A=1 %P", WORDS | PROGRAM },
	{ "sudo", DRESS_NO_SOFTER, "sudo %P", WORDS | PROGRAM },
	{ "sudo -E", DRESS_NO_SOFTER, "sudo -E -- %P", WORDS | PROGRAM },
	{ "nohup", DRESS_NO_SOFTER, "nohup %P", WORDS | PROGRAM },
	{ "timeout", DRESS_NO_SOFTER, "timeout --signal=TERM 9m %P", WORDS | PROGRAM },
	{ "nice, ionice", DRESS_NO_SOFTER, "nice ionice -c 3 %P", WORDS | PROGRAM },
	{ "stdbuf, setsid", DRESS_NO_SOFTER, "stdbuf -oL setsid %P", WORDS | PROGRAM },
	{ "flock", DRESS_NO_SOFTER, "flock /tmp/lock %P", WORDS | PROGRAM },
	{ "find -exec", DRESS_NO_SOFTER, "find . -maxdepth 0 -exec %P \\;", WORDS | PROGRAM },
	{ "bash -c of arguments", DRESS_NO_SOFTER, "bash -c '\"$@\"' _ %P", WORDS },
	{ "bash -c of arguments from 0", DRESS_NO_SOFTER, "bash -c '\"$0\" \"$@\"' %P", WORDS },
	{ "xargs", DRESS_NO_SOFTER, "printf '%%s\\n' %R | xargs %F", WORDS | PROGRAM | ARGUMENTS },
	{ "through cat into xargs", DRESS_NO_SOFTER, "printf '%%s ' %R | cat | xargs %F", WORDS | PROGRAM | ARGUMENTS },
	{ "split at commas", DRESS_NO_SOFTER, "IFS=,; w=%J; $w", WORDS | NO_COMMA },
	{ "brace expansion", DRESS_NO_SOFTER, "{%J}", WORDS | NO_COMMA | ARGUMENTS },
	{ "read from a here-string", DRESS_NO_SOFTER, "IFS=, read -ra w <<< %J; \"${w[@]}\"", WORDS | NO_COMMA },
	{ "a function's own name", DRESS_NO_SOFTER, "tool() { command %F \"$@\"; }; tool %R", WORDS | PROGRAM },
	/* With something harmless beside it. */
	{ "behind an echo", DRESS_SAME, "echo hello\n%T", WHOLE | STRAIGHT },
	{ "before an echo", DRESS_SAME, "%T\necho done", WHOLE | STRAIGHT },
	{ "before its own words, said", DRESS_SAME, "%T\necho %Q", WHOLE | STRAIGHT | NO_NUL },
	{ "behind its own words, said", DRESS_SAME, "printf '%%s' %Q; %T", WHOLE | STRAIGHT | NO_NUL },
	{ "with a comment", DRESS_SAME, "# rm -rf /\n%T\n# terraform destroy", WHOLE | STRAIGHT },
	{ "beside git status", DRESS_SAME, "git status\n%T\nls -la", WHOLE | STRAIGHT },
	/* With something terrible beside it. */
	{ "before the end of /etc", DRESS_REFUSED, "%T\nrm -rf /etc", WHOLE | STRAIGHT },
	{ "behind the end of /etc", DRESS_REFUSED, "rm -rf /etc\n%T", WHOLE },
	{ "beside terraform destroy", DRESS_REFUSED, "terraform destroy -auto-approve & {\n%T\n}", WHOLE },
	{ "before a push over main", DRESS_REFUSED, "{\n%T\n} && git push --force origin main", WHOLE | STRAIGHT },
	/* Data. */
	{ "echo", DRESS_ALLOWED, "echo %Q", NO_NUL },
	{ "nothing", DRESS_ALLOWED, ": %Q", NO_NUL },
	{ "commit message", DRESS_ALLOWED, "git commit -m %Q", NO_NUL },
	{ "long commit message", DRESS_ALLOWED, "git commit --message=%Q", NO_NUL },
	{ "tag message", DRESS_ALLOWED, "git tag -a v1 -m %Q", NO_NUL },
	{ "pattern of grep", DRESS_ALLOWED, "grep -rne %Q .", NO_NUL },
	{ "pattern of rg", DRESS_ALLOWED, "rg -e %Q src", NO_NUL },
	{ "value of a variable", DRESS_ALLOWED, "x=%Q", NO_NUL },
	{ "value that is said", DRESS_ALLOWED, "x=%Q; echo \"$x\"", NO_NUL },
	{ "comment of an issue", DRESS_ALLOWED, "gh issue comment 1 --body %Q", NO_NUL },
	{ "here-document to the screen", DRESS_ALLOWED, "cat <<'" END "'\n%T\n" END, NO_END },
	{ "here-document into a file", DRESS_ALLOWED, "cat > docs/w.md <<'" END "'\n%T\n" END, NO_END },
	{ "printf into a file", DRESS_ALLOWED, "printf '%%s\\n' %Q >> docs/w.md", NO_NUL },
	{ "asked of the guard", DRESS_ALLOWED, "pawl check %Q", NO_NUL },
};
/* clang-format on */
const size_t corpus_n_dresses = sizeof(corpus_dresses) / sizeof(*corpus_dresses);

/* Builtins that are no program as well: a wrapper that runs a program does not reach them. */
static const char *const builtins[] = { ".", "[", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "command",
	"compgen", "complete", "compopt", "continue", "coproc", "declare", "dirs", "disown", "enable", "eval", "exec", "exit",
	"export", "fc", "fg", "function", "getopts", "hash", "help", "history", "if", "for", "jobs", "let", "local", "logout",
	"mapfile", "popd", "pushd", "read", "readarray", "readonly", "return", "select", "set", "shift", "shopt", "source",
	"suspend", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while" };

/* Substrings of a text that may end the shell or give a word another meaning for what follows. */
static const char *const crooked[] = { "exit", "exec", "return", "()", "function", "set", "shopt", "break", "continue", "kill",
	"enable", "hash", "PATH", "logout", "suspend", "trap", "cd", "pushd", "read", "export", "source", ". ", "eval", "env",
	"IFS", "declare", "typeset", "local", "HOME", "PWD", "config", "use-context", "kubectx", "ln ", "cp ", "mv ", ">", "tee" };

static bool is_builtin(struct str w)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (str_is(w, builtins[i]))
			return true;
	return false;
}

static bool holds(struct str text, const char *part)
{
	return str_find(text, str_from(part)) != SIZE_MAX;
}

/* Where a word could begin: "set" is not in "reset". */
static bool begins_word(struct str text, size_t at)
{
	char c = at ? text.ptr[at - 1] : ' ';

	return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
}

static bool is_straight(struct str text)
{
	for (size_t i = 0; i < sizeof(crooked) / sizeof(*crooked); i++) {
		struct str part = str_from(crooked[i]), rest = text;
		size_t at, done = 0;

		for (; (at = str_find(rest, part)) != SIZE_MAX; rest = str_sub(text, done, SIZE_MAX)) {
			if (begins_word(text, done + at))
				return false;
			done += at + part.len;
		}
	}
	return true;
}

/* Between a group's brackets it is one group: nothing open, nothing that closes more than it opened. */
static bool is_whole(struct str text, struct arena *arena)
{
	struct str in = arena_fmt(arena, "(\n%.*s\n)", STR_ARG(text));
	struct shell_tree alone, tree;

	if (!in.len || in.len != text.len + 4 || holds(text, "alias") || (text.len && text.ptr[text.len - 1] == '\\'))
		return false;
	shell_parse(text, arena, &alone);
	shell_parse(in, arena, &tree);
	return !alone.broken && alone.list && alone.list->first && !tree.broken && tree.list && tree.list->first &&
	       !tree.list->first->next && tree.list->first->first->kind == SHELL_SUBSHELL && !tree.list->first->first->next &&
	       !tree.list->first->first->redirections;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr("_./:@%+,-=", c, 11);
}

static bool begins_as_option(struct str text)
{
	return text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
}

/* One command of words that mean themselves. */
static void split(struct dress_text *t)
{
	size_t n = 0, i = 0;

	while (i < t->text.len) {
		size_t from = i;

		while (i < t->text.len && is_plain(t->text.ptr[i]))
			i++;
		if (i == from || n == sizeof(t->words) / sizeof(*t->words) || (i < t->text.len && t->text.ptr[i] != ' '))
			return;
		t->words[n++] = str_sub(t->text, from, i - from);
		while (i < t->text.len && t->text.ptr[i] == ' ')
			i++;
	}
	/* VAR=value cmd: quoting would make a command of it. -x: a wrapper's option. */
	if (n && !begins_as_option(t->text) && str_find_char(t->words[0], '=') == SIZE_MAX &&
	    !str_is(t->words[0], "alias") && !str_is(t->words[0], "coproc"))
		t->n_words = n;
}

void dress_look(struct str text, struct arena *arena, struct dress_text *ret)
{
	*ret = (struct dress_text){ .text = text };
	if (!text.len || memchr(text.ptr, '\0', text.len))
		return;
	split(ret);
	ret->has = NO_NUL;
	ret->has |= is_whole(text, arena) ? WHOLE : 0;
	ret->has |= is_straight(text) ? STRAIGHT : 0;
	ret->has |= str_find_char(text, ',') == SIZE_MAX ? NO_COMMA : 0;
	ret->has |= holds(text, "{}") ? 0 : NO_BRACES;
	ret->has |= holds(text, END) ? 0 : NO_END;
	ret->has |= holds(text, "$0") || holds(text, "${0") || holds(text, "${!0") || holds(text, "BASH_") ? 0 : NO_ZERO;
	ret->has |= begins_as_option(text) ? 0 : NO_OPTION;
	ret->has |= holds(text, "trap") ? 0 : NO_TRAP;
	if (ret->n_words)
		ret->has |= WORDS | (is_builtin(ret->words[0]) ? 0 : PROGRAM) | (ret->n_words > 1 ? ARGUMENTS : 0);
}

bool dress_fits(const struct dress *d, const struct dress_text *t)
{
	return (t->has & d->needs) == d->needs && (d->needs & (WHOLE | WORDS) || t->has & NO_NUL);
}

static uint64_t roll(uint64_t *random)
{
	uint64_t z = (*random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t dress_seed(struct str text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < text.len; i++)
		h = (h ^ (unsigned char)text.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

/* Writes into an arena's piece that is large enough for anything below: at most 8 bytes a byte. */
struct out {
	char *p;
	size_t n, cap;
};

static void put(struct out *o, struct str s)
{
	if (s.len > o->cap - o->n)
		return;
	if (s.len)
		memcpy(o->p + o->n, s.ptr, s.len);
	o->n += s.len;
}

static void putc_as(struct out *o, const char *before, char c)
{
	put(o, str_from(before));
	put(o, (struct str){ &c, 1 });
}

static void quote_hex(struct out *o, struct str s)
{
	char hex[8];

	put(o, STR("$'"));
	for (size_t i = 0; i < s.len; i++) {
		snprintf(hex, sizeof(hex), i % 2 ? "\\x%02x" : "\\%03o", (unsigned char)s.ptr[i]);
		put(o, str_from(hex));
	}
	put(o, STR("'"));
}

static void quote(struct out *o, struct str s, uint64_t *random)
{
	unsigned way = (unsigned)(roll(random) % 5);

	if (way == 0 && s.len < 2000) {
		quote_hex(o, s);
		return;
	}
	if (way == 1 && s.len && !memchr(s.ptr, '\n', s.len)) {
		for (size_t i = 0; i < s.len; i++)
			putc_as(o, "\\", s.ptr[i]);
		return;
	}
	if (way == 2) {
		put(o, STR("\""));
		for (size_t i = 0; i < s.len; i++)
			putc_as(o, memchr("\"\\$`", s.ptr[i], 4) ? "\\" : "", s.ptr[i]);
		put(o, STR("\""));
		return;
	}
	put(o, STR("'"));
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] == '\'')
			put(o, STR("'\\''"));
		else
			put(o, str_sub(s, i, 1));
	put(o, STR("'"));
}

/* In one piece, or in two that touch. */
static void quote_word(struct out *o, struct str w, uint64_t *random)
{
	size_t at = w.len > 1 ? 1 + (size_t)(roll(random) % (w.len - 1)) : w.len;

	if (roll(random) % 2) {
		quote(o, w, random);
		return;
	}
	quote(o, str_sub(w, 0, at), random);
	if (at < w.len)
		quote(o, str_sub(w, at, SIZE_MAX), random);
}

static void quote_words(struct out *o, const struct dress_text *t, size_t from, size_t to, uint64_t *random)
{
	for (size_t i = from; i < to; i++) {
		put(o, i > from ? STR(" ") : STR(""));
		quote_word(o, t->words[i], random);
	}
}

/* Where word ${i} is cut in two: the same for the assignments and for the words. */
static size_t cut(struct str w, uint64_t seed, size_t i)
{
	uint64_t r = seed + i;

	return w.len > 1 ? 1 + (size_t)(roll(&r) % (w.len - 1)) : w.len;
}

static void put_pieces(struct out *o, const struct dress_text *t, bool assign, uint64_t seed)
{
	char name[32];

	for (size_t i = 0; i < t->n_words; i++)
		for (int half = 0; half < 2; half++) {
			size_t at = cut(t->words[i], seed, i);

			if (assign) {
				snprintf(name, sizeof(name), "v%zu%c=", i, 'a' + half);
				put(o, str_from(name));
				put(o, half ? str_sub(t->words[i], at, SIZE_MAX) : str_sub(t->words[i], 0, at));
				put(o, STR("; "));
			} else {
				snprintf(name, sizeof(name), "%s${v%zu%c}%s", half ? "" : i ? " \"" : "\"", i, 'a' + half,
					 half ? "\"" : "");
				put(o, str_from(name));
			}
		}
}

static void put_base64(struct out *o, struct str s)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.len; i += 3) {
		uint32_t v = (uint32_t)(unsigned char)s.ptr[i] << 16;
		char four[4];

		v |= i + 1 < s.len ? (uint32_t)(unsigned char)s.ptr[i + 1] << 8 : 0;
		v |= i + 2 < s.len ? (uint32_t)(unsigned char)s.ptr[i + 2] : 0;
		for (int k = 0; k < 4; k++)
			four[k] = set[v >> (18 - 6 * k) & 63];
		if (i + 1 >= s.len)
			four[2] = '=';
		if (i + 2 >= s.len)
			four[3] = '=';
		put(o, (struct str){ four, 4 });
	}
}

static void put_piece(struct out *o, char which, const struct dress_text *t, uint64_t seed, uint64_t *random)
{
	switch (which) {
	case 'T':
		put(o, t->text);
		break;
	case 'Q':
		quote(o, t->text, random);
		break;
	case 'B':
		put_base64(o, t->text);
		break;
	case 'P':
		quote_words(o, t, 0, t->n_words, random);
		break;
	case 'F':
		quote_words(o, t, 0, 1, random);
		break;
	case 'R':
		quote_words(o, t, 1, t->n_words, random);
		break;
	case 'J':
		for (size_t i = 0; i < t->n_words; i++) {
			put(o, i ? STR(",") : STR(""));
			put(o, t->words[i]);
		}
		break;
	case 'A':
	case 'W':
		put_pieces(o, t, which == 'A', seed);
		break;
	case '%':
		put(o, STR("%"));
		break;
	}
}

struct str dress_put_on(const struct dress *d, const struct dress_text *t, uint64_t *random, struct arena *arena)
{
	struct out o = { .cap = 16 * t->text.len + 4096 };
	uint64_t seed = roll(random);

	o.p = arena_alloc(arena, o.cap);
	if (!o.p)
		return STR_NONE;
	for (const char *p = d->pattern; *p; p++)
		if (*p == '%')
			put_piece(&o, *++p, t, seed, random);
		else
			put(&o, (struct str){ p, 1 });
	return (struct str){ o.p, o.n };
}

bool dress_keeps(enum dress_promise promise, enum verdict before, enum verdict after)
{
	switch (promise) {
	case DRESS_NO_SOFTER:
		return verdict_stricter(before, after) == after;
	case DRESS_SAME:
		return before == after;
	case DRESS_REFUSED:
		return after != VERDICT_ALLOW;
	case DRESS_ALLOWED:
		return after == VERDICT_ALLOW;
	}
	return false;
}
