#include "shell_print.h"

static void bytes(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("_-./=:@%^,~!#{}[]*?$<>|&;", c ? c : ' '))
			buf_addc(b, (char)c);
		else
			buf_addf(b, "\\x%02x", c);
	}
}

static const char *const op_names[] = {
	[SHELL_OP_NONE] = "",		  [SHELL_OP_DEFAULT] = "-",	     [SHELL_OP_ASSIGN] = "=",
	[SHELL_OP_ERROR] = "?",		  [SHELL_OP_ALTERNATE] = "+",	     [SHELL_OP_SUBSTRING] = "substring",
	[SHELL_OP_REMOVE_PREFIX] = "#",	  [SHELL_OP_REMOVE_PREFIX_LONG] = "##", [SHELL_OP_REMOVE_SUFFIX] = "%",
	[SHELL_OP_REMOVE_SUFFIX_LONG] = "%%", [SHELL_OP_REPLACE] = "/",	     [SHELL_OP_REPLACE_ALL] = "//",
	[SHELL_OP_REPLACE_PREFIX] = "/#", [SHELL_OP_REPLACE_SUFFIX] = "/%",  [SHELL_OP_CASE] = "case",
	[SHELL_OP_TRANSFORM] = "@",	  [SHELL_OP_NAMES] = "names",	     [SHELL_OP_KEYS] = "keys",
	[SHELL_OP_UNKNOWN] = "unknown",
};

static void labelled(struct buf *b, const char *label, const struct shell_word *word)
{
	if (!word)
		return;
	buf_addf(b, " %s", label);
	shell_print_word(b, word);
}

static void parameter(struct buf *b, const struct shell_part *part)
{
	buf_adds(b, "(param ");
	if (part->length)
		buf_adds(b, "length ");
	if (part->indirect)
		buf_adds(b, "indirect ");
	bytes(b, part->text);
	labelled(b, "index=", part->parameter->index);
	if (part->op != SHELL_OP_NONE)
		buf_addf(b, " %s%s", part->colon ? ":" : "", op_names[part->op]);
	if (part->op == SHELL_OP_CASE || part->op == SHELL_OP_TRANSFORM || part->op == SHELL_OP_NAMES || part->op == SHELL_OP_KEYS)
		bytes(b, part->parameter->op_text);
	labelled(b, "", part->parameter->argument);
	labelled(b, "", part->parameter->argument2);
	buf_addc(b, ')');
}

static void words(struct buf *b, const char *name, const struct shell_word *word)
{
	buf_addf(b, "(%s", name);
	for (; word; word = word->next) {
		buf_addc(b, ' ');
		if (word->index_of) {
			buf_addc(b, '[');
			shell_print_word(b, word->index_of);
			buf_adds(b, "]=");
		}
		shell_print_word(b, word);
	}
	buf_addc(b, ')');
}

static void listed(struct buf *b, const char *name, const struct shell_list *list)
{
	buf_addf(b, "(%s", name);
	shell_print_list(b, list);
	buf_addc(b, ')');
}

static void part_body(struct buf *b, const struct shell_part *part)
{
	switch (part->kind) {
	case SHELL_PART_TEXT:
		bytes(b, part->text);
		return;
	case SHELL_PART_PARAMETER:
		parameter(b, part);
		return;
	case SHELL_PART_COMMAND:
		listed(b, "cmd", part->list);
		return;
	case SHELL_PART_ARITHMETIC:
		words(b, "arith", part->words);
		return;
	case SHELL_PART_READ_FROM:
		listed(b, "from", part->list);
		return;
	case SHELL_PART_WRITE_TO:
		listed(b, "to", part->list);
		return;
	case SHELL_PART_GLOB:
		buf_adds(b, "(glob ");
		bytes(b, part->text);
		buf_addc(b, ')');
		return;
	case SHELL_PART_BRACE:
		if (part->words) {
			words(b, "brace", part->words);
		} else {
			buf_adds(b, "(seq ");
			bytes(b, part->text);
			buf_addc(b, ')');
		}
		return;
	case SHELL_PART_TILDE:
		buf_adds(b, "(home ");
		bytes(b, part->text);
		buf_addc(b, ')');
		return;
	case SHELL_PART_ARRAY:
		words(b, "array", part->words);
		return;
	}
}

void shell_print_word(struct buf *b, const struct shell_word *word)
{
	if (!word)
		return;
	for (const struct shell_part *part = word->first; part; part = part->next) {
		if (part->quoted)
			buf_addc(b, '\'');
		part_body(b, part);
		if (part->quoted)
			buf_addc(b, '\'');
		if (part->next)
			buf_addc(b, '+');
	}
}

static const char *const redirect_names[] = {
	[SHELL_REDIRECT_READ] = "<",	    [SHELL_REDIRECT_WRITE] = ">",     [SHELL_REDIRECT_CLOBBER] = ">|",
	[SHELL_REDIRECT_APPEND] = ">>",	    [SHELL_REDIRECT_READ_WRITE] = "<>", [SHELL_REDIRECT_BOTH] = "&>",
	[SHELL_REDIRECT_BOTH_APPEND] = "&>>", [SHELL_REDIRECT_DUP_IN] = "<&", [SHELL_REDIRECT_DUP_OUT] = ">&",
	[SHELL_REDIRECT_HERE_DOCUMENT] = "<<", [SHELL_REDIRECT_HERE_STRING] = "<<<",
};

static void redirections(struct buf *b, const struct shell_redirection *r)
{
	for (; r; r = r->next) {
		buf_adds(b, " (");
		if (r->fd >= 0)
			buf_addf(b, "%d", r->fd);
		if (r->fd_name.len)
			buf_addf(b, "{%.*s}", STR_ARG(r->fd_name));
		buf_addf(b, "%s ", redirect_names[r->op]);
		shell_print_word(b, r->target);
		if (r->op == SHELL_REDIRECT_HERE_DOCUMENT) {
			buf_addf(b, " %s%s:", r->here_quoted ? "quoted" : "body", r->here_unclosed ? " unclosed" : "");
			shell_print_word(b, r->here);
		}
		buf_addc(b, ')');
	}
}

static const char *const kind_names[] = {
	[SHELL_SIMPLE] = "run",	    [SHELL_GROUP] = "group", [SHELL_SUBSHELL] = "subshell", [SHELL_IF] = "if",
	[SHELL_WHILE] = "while",    [SHELL_UNTIL] = "until", [SHELL_FOR] = "for",	    [SHELL_SELECT] = "select",
	[SHELL_FOR_ARITHMETIC] = "for-arith", [SHELL_CASE] = "case", [SHELL_FUNCTION] = "function", [SHELL_COPROC] = "coproc",
	[SHELL_TEST] = "test",	    [SHELL_ARITHMETIC] = "let",
};

static void assignments(struct buf *b, const struct shell_assignment *a)
{
	for (; a; a = a->next) {
		buf_addc(b, ' ');
		bytes(b, a->name);
		if (a->index) {
			buf_addc(b, '[');
			shell_print_word(b, a->index);
			buf_addc(b, ']');
		}
		buf_adds(b, a->append ? "+=" : "=");
		shell_print_word(b, a->value);
	}
}

static void cases(struct buf *b, const struct shell_case *k)
{
	for (; k; k = k->next) {
		buf_addc(b, ' ');
		words(b, "when", k->patterns);
		shell_print_list(b, k->body);
		if (k->end != ';')
			buf_adds(b, k->end == '&' ? " ;&" : " ;;&");
	}
}

static void compound(struct buf *b, const struct shell_compound *m)
{
	labelled(b, "", m->subject);
	if (m->condition) {
		buf_adds(b, " (when");
		shell_print_list(b, m->condition);
		buf_addc(b, ')');
	}
	shell_print_list(b, m->body);
	if (m->otherwise) {
		buf_adds(b, " (else");
		shell_print_list(b, m->otherwise);
		buf_addc(b, ')');
	}
	cases(b, m->cases);
}

static void command(struct buf *b, const struct shell_command *c)
{
	const struct shell_compound *m = c->compound;

	buf_addf(b, " (%s", kind_names[c->kind]);
	if (m && m->name.len) {
		buf_addc(b, ' ');
		bytes(b, m->name);
	}
	assignments(b, c->assignments);
	if (c->has_in)
		buf_adds(b, " in");
	for (const struct shell_word *w = c->words; w; w = w->next) {
		buf_addc(b, ' ');
		shell_print_word(b, w);
	}
	if (m)
		compound(b, m);
	redirections(b, c->redirections);
	buf_addc(b, ')');
}

void shell_print_list(struct buf *b, const struct shell_list *list)
{
	static const char *const joins[] = { [SHELL_THEN] = "", [SHELL_BACKGROUND] = " &", [SHELL_AND] = " &&", [SHELL_OR] = " ||" };

	for (const struct shell_item *item = list ? list->first : NULL; item; item = item->next) {
		if (item->timed)
			buf_adds(b, " time");
		if (item->negated)
			buf_adds(b, " !");
		for (const struct shell_command *c = item->first; c; c = c->next) {
			command(b, c);
			if (c->next)
				buf_adds(b, c->pipe_stderr ? " |&" : " |");
		}
		buf_adds(b, joins[item->then]);
	}
}

void shell_print_tree(struct buf *b, const struct shell_tree *tree)
{
	shell_print_list(b, tree->list);
	if (tree->broken)
		buf_addf(b, "\nbroken: %.*s\nat: %zu\nline: %u", STR_ARG(tree->why), tree->at, tree->line);
	if (tree->rest) {
		buf_adds(b, "\nrest:");
		shell_print_list(b, tree->rest);
	}
	buf_addc(b, '\n');
}
