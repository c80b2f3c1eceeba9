/* find -exec, xargs, parallel: commands with words that come from elsewhere. */
#include "read/shell/run_parts.h"
#include "read/shell/run_programs.h"

/* What find finds: below its one starting point, else not known. */
static struct str found(struct run *r, const struct run_call *call)
{
	struct str start = STR(".");
	size_t n = 0;

	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;

		if (run_listed("-H -L -P", a))
			continue;
		if (a.len && memchr("-(!", a.ptr[0], 3))
			break;
		start = a;
		n++;
	}
	if (str_is(start, ".")) /* "./a.c": no name that begins with a dot */
		start = STR("./");
	return n > 1 ? (struct str){ "", 1 } : arena_join(r->arena, start, (struct str){ "", 1 });
}

/* What fd finds: below the one path behind its pattern, else below here; not known where there are more. */
static struct str fd_found(struct run *r, const struct run_call *call, size_t to)
{
	static const char valued[] = "-e --extension -E --exclude -t --type -d --max-depth --min-depth --exact-depth -S --size "
				     "--changed-within --changed-before -o --owner -j --threads -c --color --max-results "
				     "--ignore-file --and --format --path-separator --base-directory";
	struct str start = STR(".");
	size_t operands = 0, n = 0;

	for (size_t i = 1; i + 1 < to; i++) {
		struct str a = call->argv[i].text;
		bool below = str_is(a, "--search-path");

		if (run_listed(valued, a) || below) {
			i++;
			if (!below || i + 1 >= to)
				continue;
		} else if ((a.len && a.ptr[0] == '-') || operands++ == 0) {
			continue;
		}
		start = call->argv[i].text;
		n++;
	}
	return n > 1 ? (struct str){ "", 1 } : arena_join(r->arena, start, (struct str){ "", 1 });
}

/* find DIR -name NAME -exec sh {} \;: most likely DIR/NAME, which can be read. */
static void found_script(struct run *r, struct run_scene *p, struct run_call *call, const struct run_list *argv)
{
	struct run_list likely = { 0 };
	struct str path = found(r, call);

	for (size_t i = 1; i + 1 < call->n; i++) {
		struct str name = call->argv[i + 1].text;

		if (!str_is(call->argv[i].text, "-name") || call->argv[i + 1].glob || !run_known(name) ||
		    str_find_char(name, '*') != SIZE_MAX || str_find_char(name, '?') != SIZE_MAX || path.len < 2)
			continue;
		for (size_t k = 0; k < argv->n; k++) {
			struct shell_value v = argv->item[k];

			if (str_eq(v.text, path))
				v = run_value(arena_fmt(r->arena, "%.*s/%.*s", STR_ARG(str_sub(path, 0, path.len - 1)),
							STR_ARG(name)), v.span);
			run_list_add(r, &likely, v);
		}
		if (likely.n)
			run_argv(r, p, likely.item, likely.n, call);
		return;
	}
}

static void find_exec(struct run *r, struct run_scene *s, struct run_call *call, size_t from, size_t to)
{
	struct run_scene p = run_scene_process(r, s, "find -exec", call);
	struct run_list argv = { 0 };
	bool fd = run_listed("fd fdfind", str_base_name(call->argv[0].text)), placed = false;
	struct str path = fd ? fd_found(r, call, from) : found(r, call);

	for (size_t i = from; i < to; i++) {
		struct shell_value v = call->argv[i];

		if (str_find(v.text, STR("{")) != SIZE_MAX)
			placed |= fd;
		if (str_find(v.text, STR("{}")) != SIZE_MAX) {
			v = run_value(run_replaced(r, v.text, STR("{}"), path), v.span);
			v.many = str_is(call->argv[i].text, "{}") && to < call->n && str_is(call->argv[to].text, "+");
		}
		run_list_add(r, &argv, v);
	}
	if (fd && !placed) /* fd puts what it found behind the words */
		run_list_add(r, &argv, run_value(path, call->span));
	p.maybe++;
	p.cwd = str_starts(call->argv[from - 1].text, STR("-execdir")) || str_starts(call->argv[from - 1].text, STR("-okdir"))
			? run_value((struct str){ "", 1 }, p.span) : p.cwd;
	run_argv(r, &p, argv.item, argv.n, call);
	if (argv.n && run_listed("bash sh dash zsh source . python python3 node psql", str_base_name(argv.item[0].text)))
		found_script(r, &p, call, &argv);
}

static void find_delete(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "find -delete", call);
	struct shell_value argv[3] = { run_value(STR("rm"), call->span), run_value(STR("-rf"), call->span),
			run_value(found(r, call), call->span) };

	argv[2].many = true;
	p.maybe++;
	run_argv(r, &p, argv, 3, call);
}

bool run_find(struct run *r, struct run_scene *s, struct run_call *call)
{
	for (size_t i = 1; i < call->n; i++) {
		struct str a = call->argv[i].text;
		size_t end = i + 1;

		if (str_is(a, "-delete"))
			find_delete(r, s, call);
		if (!run_listed("-exec -execdir -ok -okdir -x -X --exec --exec-batch", a))
			continue;
		while (end < call->n && !str_is(call->argv[end].text, ";") &&
		       !(str_is(call->argv[end].text, "+") && str_is(call->argv[end - 1].text, "{}")))
			end++;
		if (end > i + 1)
			find_exec(r, s, call, i + 1, end);
		i = end;
	}
	run_print_unknown(r, s, call->act);
	return true;
}

struct xargs {
	struct str replace; /* -I */
	bool odd;	    /* quotes, other separators, another file: words are not known */
	bool lines;
	size_t from;
	int64_t most; /* -n */
};

static struct xargs xargs_options(const struct run_call *call)
{
	struct xargs x = { .from = 1 };

	for (; x.from < call->n; x.from++) {
		struct str a = call->argv[x.from].text;
		struct str next = x.from + 1 < call->n ? call->argv[x.from + 1].text : STR_NONE;

		if (a.len < 2 || a.ptr[0] != '-')
			break;
		if (str_is(a, "--")) {
			x.from++;
			break;
		}
		if (a.ptr[1] == 'I') {
			x.replace = a.len > 2 ? str_sub(a, 2, a.len) : next;
			x.from += a.len == 2;
		} else if (a.ptr[1] == 'i' || str_starts(a, STR("--replace"))) {
			x.replace = STR("{}");
		} else if (a.ptr[1] == 'n' || a.ptr[1] == 'L') {
			x.lines |= a.ptr[1] == 'L';
			if (!run_number(a.len > 2 ? str_sub(a, 2, a.len) : next, &x.most))
				x.odd = true;
			x.from += a.len == 2;
		} else if (run_listed("-P -s -R --max-procs", a)) {
			x.from++;
		} else if (run_listed("-d -a -E -J --delimiter --arg-file", a)) {
			x.odd = true;
			x.from++;
		} else if (a.ptr[1] != 't' && a.ptr[1] != 'r' && a.ptr[1] != 'p' && a.ptr[1] != 'P' && !str_is(a,
				"--no-run-if-empty")) {
			x.odd = true;
		}
	}
	return x;
}

static void xargs_run(struct run *r, struct run_scene *p, struct run_call *call, const struct xargs *x,
		const struct run_list *words)
{
	struct run_list argv = { 0 };

	for (size_t i = x->from; i < call->n; i++)
		run_list_add(r, &argv, call->argv[i]);
	if (argv.n == 0)
		run_list_add(r, &argv, run_value(STR("echo"), call->span));
	for (size_t i = 0; i < words->n; i++)
		run_list_add(r, &argv, words->item[i]);
	run_argv(r, p, argv.item, argv.n, call);
}

static void xargs_replace(struct run *r, struct run_scene *p, struct run_call *call, const struct xargs *x, struct str line)
{
	struct run_list argv = { 0 };

	for (size_t i = x->from; i < call->n; i++) {
		struct shell_value v = call->argv[i];

		if (str_find(v.text, x->replace) != SIZE_MAX)
			v = run_value(run_replaced(r, v.text, x->replace, line), v.span);
		run_list_add(r, &argv, v);
	}
	run_argv(r, p, argv.item, argv.n, call);
}

bool run_xargs(struct run *r, struct run_scene *s, struct run_call *call)
{
	struct run_scene p = run_scene_process(r, s, "xargs", call);
	struct xargs x = xargs_options(call);
	struct str text = run_stdin(r, s), line;
	struct run_list words = { 0 };
	size_t at = 0;
	bool any = false;

	p.in = run_in_unknown(r, NULL);
	if (!run_known(text) || x.odd || str_find_char(text, '\\') != SIZE_MAX || str_find_char(text, '"') != SIZE_MAX ||
	    str_find_char(text, '\'') != SIZE_MAX || text.len > 65536 || (x.lines && x.most != 1)) {
		struct shell_value v = { .text = { "", 1 }, .many = !x.replace.len, .span = call->span };

		p.maybe++;
		if (x.replace.len) {
			xargs_replace(r, &p, call, &x, v.text);
		} else {
			run_list_add(r, &words, v);
			xargs_run(r, &p, call, &x, &words);
		}
		return true;
	}
	while (run_line(text, &at, &line) && run_step(r, 1)) {
		size_t from = 0;

		line = str_trim(line);
		if (x.replace.len && line.len)
			xargs_replace(r, &p, call, &x, line);
		for (size_t i = 0; i <= line.len && !x.replace.len; i++) {
			if (i < line.len && line.ptr[i] != ' ' && line.ptr[i] != '\t')
				continue;
			if (i > from)
				run_list_add(r, &words, run_value(str_sub(line, from, i - from), call->span));
			any |= i > from;
			from = i + 1;
			if (x.most > 0 && !x.lines && (int64_t)words.n == x.most) {
				xargs_run(r, &p, call, &x, &words);
				words = (struct run_list){ 0 };
			}
		}
		if (x.lines && words.n) {
			xargs_run(r, &p, call, &x, &words);
			words = (struct run_list){ 0 };
		}
	}
	if (!x.replace.len && (words.n || !any))
		xargs_run(r, &p, call, &x, &words);
	return true;
}

/* parallel CMD ::: a b; the words make a shell text. */
static void parallel_one(struct run *r, struct run_scene *s, struct run_call *call, struct str text, struct str arg)
{
	struct run_scene p = run_scene_process(r, s, "parallel", call);
	struct str one = run_replaced(r, text, STR("{}"), arg);

	p.maybe += !run_known(arg);
	if (str_find(text, STR("{}")) == SIZE_MAX)
		one = text.len ? arena_fmt(r->arena, "%.*s ", STR_ARG(text)) : STR("");
	if (str_find(text, STR("{}")) == SIZE_MAX)
		one = arena_join(r->arena, one, arg);
	run_script(r, &p, one, call->act);
}

bool run_parallel(struct run *r, struct run_scene *s, struct run_call *call)
{
	size_t i = 1, end;
	struct run_call words = *call;
	struct str text, line;
	size_t at = 0;

	for (; i < call->n && call->argv[i].text.len > 1 && call->argv[i].text.ptr[0] == '-'; i++)
		i += run_listed("-j --jobs -n -N --delay --joblog --timeout -S -a --arg-file -d --colsep -C -I --results",
				call->argv[i].text);
	for (end = i; end < call->n && !str_starts(call->argv[end].text, STR("::")); end++)
		;
	words.n = end;
	text = run_joined(r, &words, i);
	if (end < call->n) {
		for (size_t k = end + 1; k < call->n && run_step(r, 1); k++)
			parallel_one(r, s, call, text, str_starts(call->argv[k].text, STR("::")) ? (struct str){ "",
					1 } : call->argv[k].text);
		return true;
	}
	line = run_stdin(r, s);
	if (!run_known(line)) {
		parallel_one(r, s, call, text, (struct str){ "", 1 });
		return true;
	}
	for (struct str all = line; run_line(all, &at, &line) && run_step(r, 1);)
		parallel_one(r, s, call, text, line);
	return true;
}
