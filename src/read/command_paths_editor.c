/* Editors: which files they are told to change. What a person types into one is not known: then only the guard's own files matter. */
#include "read/command_paths.h"

struct editor {
	const char *names, *values, *longs;
	bool ex;	     /* commands of ex: vi and its kin */
};

static const struct editor editors[] = {
	{ " ed red ", "p", " --prompt ", true },
	{ " ex vi vim nvim vimx rvim ", "cSuiTtqwWPU", " --cmd --startuptime --listen --server --remote ", true },
	{ " nano pico rnano ", "CorsTYfQ", " --operatingdir --fill --guidestripe --speller --tabsize --syntax --rcfile ", false },
	{ " emacs emacsclient ", "fLltdgTs", " --eval --funcall --load --directory --execute --script --file ", false },
	{ " micro hx helix kak joe jed ne mg mcedit ", "ce", " --config ", false },
};

struct editing {
	struct paths *p;
	const struct editor *e;
	struct paths_words o;
	bool writes; /* the files that were opened */
};

static void judge(struct editing *g, struct shell_value v, enum paths_how how)
{
	struct paths_target t = paths_of(g->p, v);

	if (t.path.len && !paths_is_null(t.path))
		paths_judge(g->p, &t, how);
}

/* Behind the range: "1,$", "%", "'a,'b", "g/x/" is left to what follows it. */
static struct str without_range(struct str s)
{
	while (s.len && memchr(" \t:%0123456789,.$;+-", s.ptr[0], 19))
		s = str_sub(s, 1, s.len);
	if (str_starts(s, STR("silent! ")) || str_starts(s, STR("sil! ")))
		s = str_sub(s, str_find_char(s, ' ') + 1, s.len);
	return s;
}

/* One command of ex. What is put together while it runs may write. */
static void ex_command(struct editing *g, struct str s)
{
	static const struct str names[] = { STR_INIT("write"),	STR_INIT("update"), STR_INIT("saveas"), STR_INIT("wall"),
					    STR_INIT("exit"),	STR_INIT("xit"),    STR_INIT("xall"),	STR_INIT("wqall"),
					    STR_INIT("wq"),	STR_INIT("wa"),	    STR_INIT("wqa"),	STR_INIT("xa"),
					    STR_INIT("normal"), STR_INIT("execute") };
	struct str name, rest;
	size_t n = 0;

	if (memchr(s.ptr ? s.ptr : "", SHELL_UNKNOWN, s.len))
		g->writes = true;
	s = without_range(str_trim(s));
	if (str_starts(s, STR("ZZ")))
		g->writes = true;
	while (n < s.len && s.ptr[n] >= 'a' && s.ptr[n] <= 'z')
		n++;
	name = str_sub(s, 0, n);
	rest = str_trim(str_sub(s, n + (n < s.len && s.ptr[n] == '!'), s.len));
	for (size_t i = 0; n && i < ARRAY_LEN(names); i++) {
		/* "exe" and "nor" are the shortest of theirs, "x" is "xit" */
		if (!str_starts(names[i], name) || (n < 3 && (str_is(names[i], "normal") || name.ptr[0] == 'e' || name.ptr[0] == 's')))
			continue;
		if (!rest.len || str_is(names[i], "normal") || str_is(names[i], "execute"))
			g->writes = true;
		else if (rest.ptr[0] != '!') /* that is a command, and was followed as one */
			judge(g, (struct shell_value){ .text = rest, .known = true }, PATHS_WRITE);
		return;
	}
}

static void ex_text(struct editing *g, struct str text)
{
	for (size_t from = 0, i = 0; i <= text.len; i++) {
		if (i < text.len && text.ptr[i] != '\n' && text.ptr[i] != '|')
			continue;
		ex_command(g, str_sub(text, from, i - from));
		from = i + 1;
	}
}

/* -c CMD, --cmd CMD, +CMD, a script file, standard input. True when there is any of it. */
static bool read_ex(struct editing *g)
{
	const struct shell_act *a = g->p->act;
	bool any = false;
	bool silent = paths_listed(" ed red ex ", g->p->program) || g->o.letter['e'] || g->o.letter['E'] ||
		      paths_has(&g->o, 0, "--headless");

	for (size_t i = 1; i < a->n_argv; i++) {
		struct str w = a->argv[i].text;
		bool next = paths_listed(" -c --cmd -sc -esc -Esc ", a->argv[i - 1].text);

		if (!next && (w.len < 2 || w.ptr[0] != '+'))
			continue;
		ex_text(g, next ? w : str_sub(w, 1, w.len));
		any = true;
	}
	g->writes = g->writes || g->o.letter['S'] || (g->o.letter['s'] && !silent); /* commands out of a file: nobody reads those */
	if (!silent || a->input == SHELL_INPUT_INHERITED)
		return any || g->writes;
	if (a->input == SHELL_INPUT_TEXT)
		ex_text(g, a->input_text.text);
	else
		g->writes = true;
	return true;
}

static bool read_emacs(struct editing *g)
{
	g->writes = paths_has(&g->o, 'f', "--eval") || paths_has(&g->o, 'l', "--load") || paths_has(&g->o, 0, "--funcall") ||
		    paths_has(&g->o, 0, "--execute") || paths_has(&g->o, 0, "--script");
	return g->writes;
}

bool paths_editor(struct paths *p)
{
	struct editing g = { .p = p };
	bool scripted;

	for (size_t i = 0; !g.e && i < ARRAY_LEN(editors); i++)
		if (paths_listed(editors[i].names, p->program))
			g.e = &editors[i];
	if (!g.e || !paths_words(p, 1, g.e->values, g.e->longs, &g.o) || paths_has(&g.o, 0, "--help") ||
	    paths_has(&g.o, 0, "--version"))
		return true;
	scripted = g.e->ex ? read_ex(&g) : str_starts(p->program, STR("emacs")) && read_emacs(&g);
	if (!scripted && (paths_has(&g.o, 'R', NULL) || g.o.letter['v']) && !p->act->remote)
		return true;
	for (size_t i = 0; i < g.o.n; i++) {
		struct paths_target t = paths_of(p, g.o.operand[i]);

		if (g.o.operand[i].text.len && g.o.operand[i].text.ptr[0] == '+')
			continue;
		if (g.writes)
			judge(&g, g.o.operand[i], PATHS_EDIT);
		else if (!scripted && t.path.len && !p->act->remote)
			paths_guard(p, &t, t.path, PATHS_EDIT);
	}
	return true;
}
