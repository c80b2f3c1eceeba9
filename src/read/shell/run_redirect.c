#include "read/shell/run_parts.h"

struct run_out run_out_pipe(const struct run *r, const struct run_scene *s)
{
	return (struct run_out){ .text = { .arena = r->arena }, .maybe = s->maybe, .leaves = r->leaves, .choice = r->choice };
}

struct run_in *run_in_text(struct run *r, struct str text)
{
	struct run_in *in = run_alloc(r, sizeof(*in));

	if (in)
		*in = (struct run_in){ .kind = SHELL_INPUT_TEXT, .text = text };
	return in;
}

struct run_in *run_in_unknown(struct run *r, const struct shell_act *from)
{
	struct run_in *in = run_alloc(r, sizeof(*in));

	if (in)
		*in = (struct run_in){ .kind = SHELL_INPUT_ACT, .from = from };
	return in;
}

struct run_in *run_in_from(struct run *r, const struct run_out *out)
{
	struct str text = run_text_str(&out->text);
	struct run_in *in;

	if (run_all_unknown(text))
		in = run_in_unknown(r, out->from);
	else
		in = run_in_text(r, text);
	if (in) {
		in->yes = out->yes;
		in->from = out->from;
	}
	return in;
}

static enum shell_mode mode_of(enum shell_redirection_op op)
{
	switch (op) {
	case SHELL_REDIRECT_READ:
	case SHELL_REDIRECT_DUP_IN:
	case SHELL_REDIRECT_HERE_DOCUMENT:
	case SHELL_REDIRECT_HERE_STRING:
		return SHELL_OPEN_READ;
	case SHELL_REDIRECT_WRITE:
	case SHELL_REDIRECT_CLOBBER:
	case SHELL_REDIRECT_BOTH:
	case SHELL_REDIRECT_DUP_OUT:
		return SHELL_OPEN_WRITE;
	case SHELL_REDIRECT_APPEND:
	case SHELL_REDIRECT_BOTH_APPEND:
		return SHELL_OPEN_APPEND;
	case SHELL_REDIRECT_READ_WRITE:
		return SHELL_OPEN_BOTH;
	}
	return SHELL_OPEN_BOTH;
}

static void put_out(struct run_scene *s, int fd, struct run_out *o)
{
	if (fd >= 0 && fd < 10)
		s->out[fd] = o;
}

static void open_file(struct run *r, struct run_scene *s, const struct shell_redirection *d, int fd, struct shell_opening **ret)
{
	struct shell_value path = run_expand_one(r, s, d->target);
	struct shell_opening *o = run_alloc(r, sizeof(*o));
	struct run_out *out;

	if (!o)
		return;
	*o = (struct shell_opening){ .mode = mode_of(d->op), .fd = fd, .path = path, .next = *ret };
	*ret = o;
	if (o->mode == SHELL_OPEN_READ || (o->mode == SHELL_OPEN_BOTH && fd == 0)) {
		struct run_in *in = run_alloc(r, sizeof(*in));

		if (in && fd == 0) {
			*in = (struct run_in){ .kind = SHELL_INPUT_FILE, .text = path.text, .maybe = s->maybe };
			s->in = in;
		}
		return;
	}
	if (str_is(path.text, "/dev/stdout") || str_is(path.text, "/dev/stderr") || str_is(path.text, "/dev/fd/1") ||
			str_is(path.text, "/dev/fd/2")) {
		char last = path.text.ptr[path.text.len - 1];
		put_out(s, fd, s->out[last == 't' || last == '1' ? 1 : 2]);
		return;
	}
	out = run_alloc(r, sizeof(*out));
	if (!out)
		return;
	*out = run_out_pipe(r, s);
	out->path = path.text;
	out->file = true;
	out->append = o->mode == SHELL_OPEN_APPEND;
	out->null = str_is(path.text, "/dev/null") || !run_known(path.text);
	if (!out->null && o->mode == SHELL_OPEN_WRITE)
		run_file_write(r, s, path.text, STR(""), false);
	put_out(s, fd, out);
	if (d->op == SHELL_REDIRECT_BOTH || d->op == SHELL_REDIRECT_BOTH_APPEND)
		put_out(s, 2, out);
}

static void duplicate(struct run *r, struct run_scene *s, const struct shell_redirection *d, int fd, struct shell_opening **ret)
{
	struct str to = run_expand_one(r, s, d->target).text;
	struct str digits = str_ends(to, STR("-")) ? str_sub(to, 0, to.len - 1) : to;
	uint64_t n;

	if (d->op == SHELL_REDIRECT_DUP_IN) {
		if (fd == 0 && to.len && !str_is(to, "0"))
			s->in = run_in_unknown(r, NULL);
		return;
	}
	if (digits.len && str_to_u64(digits, &n)) {
		put_out(s, fd, n < 10 ? s->out[n] : NULL);
	} else if (to.len == 0 || str_is(to, "-")) {
		put_out(s, fd, NULL);
	} else { /* >&file */
		struct shell_redirection both = *d;

		both.op = SHELL_REDIRECT_BOTH;
		open_file(r, s, &both, fd, ret);
	}
}

void run_redirect(struct run *r, struct run_scene *s, const struct shell_redirection *list, struct shell_opening **ret)
{
	for (const struct shell_redirection *d = list; d && run_step(r, 1); d = d->next) {
		bool reads = mode_of(d->op) == SHELL_OPEN_READ || d->op == SHELL_REDIRECT_READ_WRITE;
		int fd = d->fd >= 0 ? d->fd : reads ? 0 : 1;
		struct str text;

		if (d->fd_name.len) {
			run_set_unknown(r, s, d->fd_name);
			fd = 10;
		}
		switch (d->op) {
		case SHELL_REDIRECT_HERE_DOCUMENT:
		case SHELL_REDIRECT_HERE_STRING:
			text = run_expand_one(r, s, d->here ? d->here : d->target).text;
			if (d->op == SHELL_REDIRECT_HERE_DOCUMENT && !d->here)
				text = STR("");
			if (d->op == SHELL_REDIRECT_HERE_STRING)
				text = arena_join(r->arena, text, STR("\n"));
			if (fd == 0) {
				s->in = run_in_text(r, text);
				if (s->in)
					s->in->maybe = s->maybe;
			} else {
				run_file_write(r, s, arena_fmt(r->arena, "/dev/fd/%d", fd), text, false);
			}
			break;
		case SHELL_REDIRECT_DUP_IN:
		case SHELL_REDIRECT_DUP_OUT:
			duplicate(r, s, d, fd, ret);
			break;
		case SHELL_REDIRECT_READ:
		case SHELL_REDIRECT_WRITE:
		case SHELL_REDIRECT_CLOBBER:
		case SHELL_REDIRECT_APPEND:
		case SHELL_REDIRECT_READ_WRITE:
		case SHELL_REDIRECT_BOTH:
		case SHELL_REDIRECT_BOTH_APPEND:
			open_file(r, s, d, fd, ret);
			break;
		}
	}
}
