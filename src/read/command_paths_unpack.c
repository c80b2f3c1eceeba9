/* Archives that are unpacked: files in the folder may be written over, and nobody knows which. */
#include "read/command_paths.h"

/* Members named on the line, judged as files below ${folder}. */
static void judge_members(struct paths *p, const struct paths_words *o, size_t from, const struct paths_target *folder)
{
	for (size_t i = from; i < o->n; i++) {
		struct paths_target t;
		struct shell_value base = { .text = folder->path, .known = true };

		if (!folder->path.len || folder->pattern.len)
			return;
		t = paths_at(p, &base, o->operand[i]);
		paths_judge(p, &t, PATHS_WRITE);
	}
}

static void judge_folder(struct paths *p, const struct paths_words *o, size_t members, const struct shell_value *into)
{
	struct shell_value here = { .text = STR("."), .known = true };
	struct paths_target t = paths_of(p, into ? *into : here);

	t.slash = t.path.len > 0;
	if (o->n > members)
		judge_members(p, o, members, &t);
	else if (t.path.len)
		paths_judge(p, &t, PATHS_OVERLAY);
}

/* "xzf", "-xzf", "--extract". */
static bool extracts(const struct paths *p, const struct paths_words *o)
{
	struct str first = p->act->n_argv > 1 ? p->act->argv[1].text : STR_NONE;

	if (paths_has(o, 'x', "--extract") || paths_has(o, 0, "--get"))
		return true;
	return first.len && first.ptr[0] != '-' && memchr(first.ptr, 'x', first.len) && str_find_char(first, '.') == SIZE_MAX &&
	       str_find_char(first, '/') == SIZE_MAX;
}

/* What is packed away goes from where it was; the archive is written. */
static void packed(struct paths *p, const struct paths_words *o, size_t from, const struct shell_value *folder)
{
	struct paths_target t = folder ? paths_of(p, *folder) : paths_known(STR_NONE);
	struct shell_value base = { .text = t.path, .known = true };

	for (size_t i = from; i < o->n; i++) {
		struct paths_target one = folder ? paths_at(p, &base, o->operand[i]) : paths_of(p, o->operand[i]);

		paths_judge(p, &one, PATHS_MOVE);
	}
}

static void written(struct paths *p, struct shell_value archive)
{
	struct paths_target t = paths_of(p, archive);

	if (t.path.len && !p->act->remote)
		(void)paths_guard(p, &t, t.path, PATHS_WRITE);
}

/* tar cf A …, tar -cf A --remove-files -C DIR … */
static void pack_tar(struct paths *p, const struct paths_words *o)
{
	struct str first = p->act->argv[1].text;
	bool old_style = first.len && first.ptr[0] != '-', file = old_style && memchr(first.ptr, 'f', first.len);
	struct shell_value archive, into;

	if (paths_has(o, 't', "--list") || (old_style && memchr(first.ptr, 't', first.len)))
		return;
	if (file && o->n > 1)
		written(p, o->operand[1]);
	else if (paths_value(o, 'f', "--file", &archive))
		written(p, archive);
	if (paths_has(o, 0, "--remove-files"))
		packed(p, o, old_style ? 1 + (size_t)file : 0, paths_value(o, 'C', "--directory", &into) ? &into : NULL);
}

static bool read_zip(struct paths *p)
{
	struct paths_words o;

	if (!paths_words(p, 1, "bnxitPZ", " ", &o) || !o.n || paths_has(&o, 0, "--help"))
		return true;
	written(p, o.operand[0]);
	if (paths_has(&o, 'm', "--move"))
		packed(p, &o, 1, NULL);
	return true;
}

static bool read_tar(struct paths *p)
{
	struct paths_words o;
	struct shell_value into;
	size_t members = 0;
	bool old_style;

	if (!paths_words(p, 1, "fCbTXIKNVFHL",
			 " --file --directory --exclude --files-from --transform --strip-components --use-compress-program ", &o))
		return true;
	if (p->act->n_argv > 1 && !extracts(p, &o))
		pack_tar(p, &o);
	if (!extracts(p, &o) || paths_has(&o, 'O', "--to-stdout") || paths_has(&o, 'k', "--keep-old-files") ||
	    paths_has(&o, 0, "--skip-old-files") || paths_has(&o, 0, "--help"))
		return true;
	old_style = p->act->argv[1].text.len && p->act->argv[1].text.ptr[0] != '-';
	if (old_style) {
		members = 1;
		if (memchr(p->act->argv[1].text.ptr, 'f', p->act->argv[1].text.len))
			members = 2;
		if (memchr(p->act->argv[1].text.ptr, 'k', p->act->argv[1].text.len) ||
		    memchr(p->act->argv[1].text.ptr, 'O', p->act->argv[1].text.len))
			return true;
	}
	judge_folder(p, &o, members, paths_value(&o, 'C', "--directory", &into) ? &into : NULL);
	return true;
}

static bool read_unzip(struct paths *p)
{
	struct paths_words o;
	struct shell_value into;

	if (!paths_words(p, 1, "dxP", " ", &o) || o.letter['l'] || o.letter['t'] || o.letter['Z'] || o.letter['p'] ||
	    o.letter['n'] || o.letter['v'])
		return true;
	judge_folder(p, &o, 1, paths_value(&o, 'd', NULL, &into) ? &into : NULL);
	return true;
}

static bool has_word(const struct paths *p, const char *word)
{
	for (size_t i = 1; i < p->act->n_argv; i++)
		if (str_is(p->act->argv[i].text, word))
			return true;
	return false;
}

/* 7z x A -oDIR -y: writes over what is there only when told so. */
static void read_7z(struct paths *p)
{
	struct shell_value into = { .text = STR("."), .known = true };
	bool over = false, unpacks = p->act->n_argv > 1 && paths_listed(" x e ", p->act->argv[1].text);

	for (size_t i = 2; i < p->act->n_argv; i++) {
		struct shell_value v = p->act->argv[i];

		over |= paths_listed(" -y -aoa ", v.text);
		if (!str_starts(v.text, STR("-o")))
			continue;
		into = v;
		into.text = str_sub(v.text, 2, v.text.len);
	}
	if (p->act->n_argv > 2 && paths_listed(" a u d rn ", p->act->argv[1].text)) {
		struct paths_words o;

		if (paths_words(p, 2, "", " ", &o) && o.n) {
			written(p, o.operand[0]);
			if (has_word(p, "-sdel"))
				packed(p, &o, 1, NULL);
		}
	}
	if (unpacks && over)
		judge_folder(p, &(struct paths_words){ 0 }, 0, &into);
}

/* cpio -i, -p: into the folder of -D, of the words, or here. */
static void read_cpio(struct paths *p)
{
	struct paths_words o;
	struct shell_value into;
	bool in, through;

	if (!paths_words(p, 1, "DEFHIMORC", " --directory --pattern-file --file --format --owner --rsh-command --block-size ", &o) ||
	    paths_has(&o, 't', "--list") || paths_has(&o, 0, "--help") || paths_has(&o, 0, "--to-stdout"))
		return;
	in = paths_has(&o, 'i', "--extract");
	through = paths_has(&o, 'p', "--pass-through");
	if (through && o.n)
		judge_folder(p, &(struct paths_words){ 0 }, 0, &o.operand[o.n - 1]);
	else if (in)
		judge_folder(p, &(struct paths_words){ 0 }, 0, paths_value(&o, 'D', "--directory", &into) ? &into : NULL);
}

bool paths_unpack(struct paths *p)
{
	if (str_is(p->program, "cpio"))
		read_cpio(p);
	if (paths_listed(" 7z 7za 7zz 7zr ", p->program))
		read_7z(p);
	if (str_is(p->program, "zip"))
		return read_zip(p);
	if (str_is(p->program, "unzip"))
		return read_unzip(p);
	if (paths_listed(" tar bsdtar gtar ", p->program))
		return read_tar(p);
	return true;
}
