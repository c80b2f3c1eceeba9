/* Words to values: bash's order: braces, then tilde, parameters, commands and arithmetic, then splitting, then globs. */
#include "read/shell/run_parts.h"

struct expand {
	struct run *r;
	struct run_scene *s;
	struct run_list *list;
	struct run_text cur;
	struct str ifs;
	bool split;   /* more than one word may come out */
	bool pattern; /* quoted bytes get a backslash */
	bool have;    /* the word in hand exists even when it is empty */
	bool many, glob;
	bool split_text; /* in ${x:-a b}: literal text is split as well */
	struct shell_span span;
};

static bool is_ifs(const struct expand *e, char c)
{
	return e->ifs.len && memchr(e->ifs.ptr, c, e->ifs.len);
}

static bool is_blank_ifs(const struct expand *e, char c)
{
	return (c == ' ' || c == '\t' || c == '\n') && is_ifs(e, c);
}

static void end_field(struct expand *e)
{
	struct shell_value v;

	if (!e->have && e->cur.len == 0)
		return;
	if (e->list->n >= RUN_MAX_WORDS) {
		if (e->list->n) {
			v = run_value((struct str){ "", 1 }, e->span);
			v.many = true;
			e->list->item[e->list->n - 1] = v;
		}
	} else {
		v = run_value(run_text_str(&e->cur), e->span);
		v.many = e->many || e->glob;
		v.glob = e->glob;
		v.known = v.known && !v.many;
		run_list_add(e->r, e->list, v);
	}
	e->cur = (struct run_text){ .arena = e->r->arena };
	e->have = e->many = e->glob = false;
}

static bool is_glob(char c)
{
	return c == '*' || c == '?' || c == '[';
}

static void add_quoted(struct expand *e, struct str s)
{
	e->have = true;
	if (!e->pattern) {
		run_text_add(&e->cur, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] && strchr("*?[]\\()|@+!-^", s.ptr[i]))
			run_text_addc(&e->cur, '\\');
		run_text_addc(&e->cur, s.ptr[i]);
	}
}

static void add_literal(struct expand *e, struct str s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) { /* marks of the text that was parsed */
		if (s.ptr[i] != RUN_MARK)
			continue;
		add_quoted(e, str_sub(s, from, i - from));
		run_text_addc(&e->cur, SHELL_UNKNOWN);
		from = i + 1;
	}
	add_quoted(e, str_sub(s, from, s.len));
}

/* An unquoted value: split where words may be made. ${single}: an unknown part is no blank. */
static void add_split(struct expand *e, struct str s, bool single)
{
	bool pending = false; /* a separator that is no blank was just met */

	if (!run_step(e->r, s.len / 64))
		return;
	if (!e->split) {
		if (s.len)
			run_text_add(&e->cur, s);
		e->have = true;
		return;
	}
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (is_blank_ifs(e, c)) {
			end_field(e);
			continue;
		}
		if (is_ifs(e, c)) {
			e->have = e->have || e->cur.len || pending || i == 0 || !is_blank_ifs(e, s.ptr[i - 1]);
			end_field(e);
			pending = true;
			continue;
		}
		pending = false;
		if (c == SHELL_UNKNOWN && !single)
			e->many = true;
		if (is_glob(c))
			e->glob = true;
		run_text_addc(&e->cur, c);
	}
}

static void add_unknown(struct expand *e, bool quoted, bool single)
{
	run_text_addc(&e->cur, SHELL_UNKNOWN);
	e->have = e->have || quoted || single;
	if (!quoted && !single && e->split)
		e->many = true;
}

static struct str first_of_ifs(const struct expand *e)
{
	return str_sub(e->ifs, 0, 1);
}

static void add_list(struct expand *e, const struct run_parameter *v, bool quoted)
{
	bool join = (v->star && quoted) || !e->split;

	if (v->list.n == 0 && !v->open && quoted && v->star)
		e->have = true;
	for (size_t i = 0; i < v->list.n; i++) {
		if (i > 0 && join)
			run_text_add(&e->cur, v->star ? first_of_ifs(e) : STR(" "));
		else if (i > 0)
			end_field(e);
		if (quoted)
			add_quoted(e, v->list.item[i].text);
		else
			add_split(e, v->list.item[i].text, v->single);
		if (v->list.item[i].many)
			e->many = !join;
	}
	if (v->open) {
		if (v->list.n && !join)
			end_field(e);
		run_text_addc(&e->cur, SHELL_UNKNOWN);
		e->have = true;
		e->many = e->many || !join;
	}
}

static void expand_part(struct expand *e, const struct shell_part *p);

static void expand_parameter(struct expand *e, const struct shell_part *p)
{
	struct run_parameter v = { 0 };

	if (e->split && !p->quoted && p->parameter->argument && (p->op == SHELL_OP_DEFAULT || p->op == SHELL_OP_ALTERNATE ||
			p->op == SHELL_OP_ASSIGN)) {
		/* ${x:-a b} unquoted: the words of the argument keep their own quotes */
		struct run_parameter look = { 0 };
		bool use;

		run_parameter_look(e->r, e->s, p, &look);
		use = (p->op == SHELL_OP_ALTERNATE) == (look.set && !(p->colon && look.text.len == 0 && look.list.n == 0));
		if (use && !look.maybe_set && p->op != SHELL_OP_ASSIGN && !p->indirect) {
			bool text = e->split_text;

			e->split_text = true;
			for (const struct shell_part *a = p->parameter->argument->first; a; a = a->next)
				expand_part(e, a);
			e->split_text = text;
			return;
		}
	}
	run_parameter(e->r, e->s, p, &v);
	if (v.is_list)
		add_list(e, &v, p->quoted);
	else if (p->quoted)
		add_quoted(e, v.text);
	else
		add_split(e, v.text, v.single);
}

static void expand_tilde(struct expand *e, struct str user)
{
	const struct run_variable *home = NULL;

	e->have = true;
	if (user.len == 0)
		home = run_get(e->r, e->s, STR("HOME"));
	else if (str_is(user, "+"))
		home = run_get(e->r, e->s, STR("PWD"));
	else if (str_is(user, "-"))
		home = run_get(e->r, e->s, STR("OLDPWD"));
	else if (str_is(user, "root"))
		run_text_add(&e->cur, STR("/root"));
	else if (e->r->world->user.len && str_eq(user, e->r->world->user))
		run_text_add(&e->cur, e->r->world->home);
	else
		add_unknown(e, true, true);
	if (home && home->set)
		add_quoted(e, home->text);
	else if (home)
		run_text_add(&e->cur, e->r->world->home);
}

static void expand_arithmetic(struct expand *e, const struct shell_part *p)
{
	struct str text = run_expand_one(e->r, e->s, p->words).text;
	int64_t n;

	if (run_arithmetic(e->r, e->s, text, &n))
		add_split(e, arena_fmt(e->r->arena, "%lld", (long long)n), true);
	else
		add_unknown(e, p->quoted, true);
	e->have = true;
}

/* <(…): a name whose text is what the commands print. >(…): commands whose input is not known. */
static void expand_process(struct expand *e, const struct shell_part *p)
{
	struct str name = arena_fmt(e->r->arena, "/dev/fd/%u", 63 - (e->r->descriptors++ & 31));

	if (p->kind == SHELL_PART_READ_FROM) {
		struct str text = run_capture(e->r, e->s, p->list);

		run_file_write(e->r, e->s, name, arena_join(e->r->arena, text, STR("\n")), false);
	} else {
		struct run_scene sub = *e->s;

		sub.in = run_in_unknown(e->r, NULL);
		sub.background = true;
		sub.traps = NULL;
		run_walk(e->r, &sub, p->list);
		run_traps(e->r, &sub);
	}
	add_quoted(e, name);
}

static void expand_part(struct expand *e, const struct shell_part *p)
{
	switch (p->kind) {
	case SHELL_PART_TEXT:
		if (!p->quoted && e->split && memchr(p->text.len ? p->text.ptr : "", RUN_MARK, p->text.len))
			e->many = true; /* unknown text in code that is parsed may hold blanks */
		if (e->split_text && !p->quoted)
			add_split(e, p->text, false);
		else
			add_literal(e, p->text);
		break;
	case SHELL_PART_PARAMETER:
		expand_parameter(e, p);
		break;
	case SHELL_PART_COMMAND: {
		struct str text = run_capture(e->r, e->s, p->list);

		if (p->quoted)
			add_quoted(e, text);
		else
			add_split(e, text, false);
		break;
	}
	case SHELL_PART_ARITHMETIC:
		expand_arithmetic(e, p);
		break;
	case SHELL_PART_READ_FROM:
	case SHELL_PART_WRITE_TO:
		expand_process(e, p);
		break;
	case SHELL_PART_GLOB:
		run_text_add(&e->cur, p->text);
		e->glob = e->split;
		break;
	case SHELL_PART_TILDE:
		expand_tilde(e, p->text);
		break;
	case SHELL_PART_BRACE:	/* taken out before */
	case SHELL_PART_ARRAY:	/* run_assign.c */
		add_unknown(e, false, false);
		break;
	}
}

static void expand_word(struct expand *e, const struct shell_part *first)
{
	if (!first)
		e->have = true;
	for (const struct shell_part *p = first; p && !e->r->stopped; p = p->next)
		expand_part(e, p);
	end_field(e);
}

/* The parts before ${brace}, those of one alternative, those after it. */
static struct shell_part *with_alternative(struct run *r, const struct shell_part *first, const struct shell_part *brace,
					   const struct shell_word *alternative)
{
	struct shell_part *head = NULL, **at = &head;
	const struct shell_part *runs[3] = { first, alternative->first, brace->next };

	for (unsigned i = 0; i < 3; i++) {
		for (const struct shell_part *p = runs[i]; p && !(i == 0 && p == brace); p = p->next) {
			*at = run_alloc(r, sizeof(**at));
			if (!*at || !run_step(r, 1))
				return head;
			**at = *p;
			(*at)->next = NULL;
			at = &(*at)->next;
		}
	}
	return head;
}

static void expand_braces(struct expand *e, const struct shell_part *first)
{
	static const struct shell_part mark = { .kind = SHELL_PART_TEXT, .text = STR_INIT("\x1a") };
	struct shell_word many = { .first = (struct shell_part[]){ mark } };
	const struct shell_part *brace = first;
	const struct shell_word *words;

	while (brace && brace->kind != SHELL_PART_BRACE)
		brace = brace->next;
	if (!brace) {
		expand_word(e, first);
		return;
	}
	words = brace->words ? brace->words : run_range(e->r, brace->text);
	if (!words) /* a range too long to write out */
		words = &many;
	for (const struct shell_word *w = words; w && !e->r->stopped && e->list->n < RUN_MAX_WORDS; w = w->next) {
		if (w->first)
			expand_braces(e, with_alternative(e->r, first, brace, w));
		else
			expand_braces(e, with_alternative(e->r, first, brace, &(struct shell_word){ 0 }));
	}
}

static struct expand start(struct run *r, struct run_scene *s, struct run_list *list)
{
	const struct run_variable *ifs = run_get(r, s, STR("IFS"));
	struct expand e = { .r = r, .s = s, .list = list, .cur = { .arena = r->arena }, .ifs = STR(" \t\n") };

	if (ifs->set && run_known(ifs->text))
		e.ifs = ifs->text;
	return e;
}

void run_expand_words(struct run *r, struct run_scene *s, const struct shell_word *words, struct run_list *ret)
{
	struct expand e = start(r, s, ret);

	e.split = true;
	for (const struct shell_word *w = words; w && run_step(r, 1); w = w->next) {
		e.span = s->fixed ? s->span : w->span;
		expand_braces(&e, w->first);
	}
}

struct shell_value run_expand_one(struct run *r, struct run_scene *s, const struct shell_word *word)
{
	struct run_list l = { 0 };
	struct expand e = start(r, s, &l);

	if (!word)
		return run_value(STR(""), s->span);
	e.span = s->fixed ? s->span : word->span;
	expand_word(&e, word->first);
	return l.n ? l.item[0] : run_value(STR(""), e.span);
}

struct str run_expand_pattern(struct run *r, struct run_scene *s, const struct shell_word *word)
{
	struct run_list l = { 0 };
	struct expand e = start(r, s, &l);

	if (!word)
		return STR("");
	e.pattern = true;
	for (const struct shell_part *p = word->first; p && !r->stopped; p = p->next) {
		e.pattern = p->quoted || p->kind == SHELL_PART_TEXT || p->kind == SHELL_PART_TILDE;
		expand_part(&e, p);
	}
	end_field(&e);
	return l.n ? l.item[0].text : STR("");
}

struct str run_capture(struct run *r, struct run_scene *s, const struct shell_list *list)
{
	struct run_scene sub = *s;
	struct run_out *out = run_alloc(r, sizeof(*out));
	struct str text;

	if (!out || !list)
		return STR("");
	*out = run_out_pipe(r, s);
	sub.out[1] = out;
	r->capturing += r->choice != NULL;
	sub.loop = NULL;
	/* $(< file) */
	if (list->first && list->first->first && !list->first->next && !list->first->first->next &&
	    list->first->first->kind == SHELL_SIMPLE &&
	    !list->first->first->words && !list->first->first->assignments && list->first->first->redirections) {
		run_command(r, &sub, list->first->first);
		run_redirect(r, &sub, list->first->first->redirections, &(struct shell_opening *){ NULL });
		text = run_stdin(r, &sub);
	} else {
		sub.traps = NULL;
		run_walk(r, &sub, list);
		run_traps(r, &sub);
		text = run_text_str(&out->text);
	}
	r->capturing -= r->choice != NULL;
	s->status = sub.status;
	while (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	return text;
}
