/* Inline code that names one of pawl's own places. What it computes from there is known by what it is called with alone: a call that is not
 * known to look may take it, and so does one that deletes what nobody knows (paths_taken).
 */
#include "read/command_paths.h"

#define FARTHEST 4096 /* a call that begins farther before its argument is not looked for */

bool paths_is_interpreter(struct str program)
{
	static const char names[] = " node nodejs bun deno tsx ts-node ruby perl php lua luajit Rscript julia elixir groovy awk gawk mawk ";

	return paths_listed(names, program) || str_starts(program, STR("python")) || str_starts(program, STR("pypy"));
}

/* Calls that only look, hand a path on, make a folder, or that the interpreter of texts follows word by word. */
static const char looks[] =
	" open read readlines read_text read_bytes readFile readFileSync readdir readdirSync readlink listdir scandir walk glob "
	"iglob rglob stat lstat statSync lstatSync exists isfile isdir islink getsize getmtime getctime existsSync access "
	"accessSync createReadStream Path PurePath PosixPath join resolve abspath realpath expanduser basename dirname relpath "
	"load loads print println printf log info debug warn warning error puts pp say echo format str repr len sorted list set "
	"tuple dict sum max min any all enumerate cat size file_get_contents fopen file is_file is_dir filesize opendir "
	"closedir entries children each_child foreach forEach map filter new File Dir require import copy copy2 copyfile "
	"copytree copyFile copyFileSync cpSync cp cp_r system run call check_call check_output Popen popen getoutput "
	"getstatusoutput exec execSync spawn spawnSync execFile execFileSync capture2 capture3 shell_exec passthru qx "
	"add_argument get getenv setdefault startswith startsWith endswith endsWith includes split match test search append "
	"push extend add chdir disk_usage statvfs makedirs mkdir mkdirSync mkdir_p find file_exists md5_file sha1_file "
	"hash_file exist ";

static bool in_name(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* What the literal around ${at} is an argument of: "truncate" of os.truncate("/srv/vault/x", 0); STR_NONE: of no call. */
static struct str called_with(struct str text, size_t at)
{
	size_t i = at, depth = 0, end;

	for (size_t n = 0; i > 0 && n < FARTHEST; n++) {
		char c = text.ptr[--i];

		if (c == ';' || c == '\n')
			return STR_NONE;
		if (c == ')')
			depth++;
		if (c != '(' || (depth && depth--))
			continue;
		for (end = i; i > 0 && in_name(text.ptr[i - 1]);)
			i--;
		return str_sub(text, i, end - i);
	}
	return STR_NONE;
}

/* truncate "/srv/vault/x", 0: of perl and ruby a call needs no brackets. The word before the literal around ${at}; STR_NONE: none. */
static struct str word_before(struct str text, size_t at)
{
	static const char joins[] = " and or not if unless eq ne lt gt cmp x return use in do when then else elsif while until die warn "
				    "raise qw q qq my our local ";
	size_t i = at, end;
	struct str word;

	while (i > 0 && text.ptr[i - 1] != '"' && text.ptr[i - 1] != '\'' && text.ptr[i - 1] != '\n')
		i--;
	if (i < 2 || text.ptr[i - 2] != ' ')
		return STR_NONE;
	for (i--; i > 0 && text.ptr[i - 1] == ' ';)
		i--;
	for (end = i; i > 0 && in_name(text.ptr[i - 1]);)
		i--;
	word = str_sub(text, i, end - i);
	return (i && memchr("-$@%", text.ptr[i - 1], 4)) || paths_listed(joins, word) ? STR_NONE : word;
}

/* open(…, O_WRONLY | O_TRUNC) */
static bool opens_to_write(struct str text, struct str call)
{
	return str_is(call, "open") && (str_find(text, STR("O_WRONLY")) != SIZE_MAX || str_find(text, STR("O_RDWR")) != SIZE_MAX ||
					str_find(text, STR("O_TRUNC")) != SIZE_MAX);
}

/* Is it a word that ends there, or a path below it? */
static bool ends_there(struct str text, size_t end)
{
	return end >= text.len || !(in_name(text.ptr[end]) || text.ptr[end] == '-' || text.ptr[end] == '.');
}

/* Does the text name the folder, whole or from home on, and give it to a call that is not known to look? */
static bool names(struct paths *p, struct str text, struct str folder, bool *ret_takes)
{
	struct str home = p->w->world->home, name = folder, call;
	size_t from = 0, at;
	bool any = false;

	if (home.len && world_within(folder, home) && folder.len > home.len + 2)
		name = str_sub(folder, home.len, SIZE_MAX);
	while ((at = str_find(str_sub(text, from, SIZE_MAX), name)) != SIZE_MAX) {
		at += from;
		from = at + 1;
		if (!ends_there(text, at + name.len))
			continue;
		any = true;
		call = called_with(text, at);
		if (!call.len && paths_listed(" perl ruby ", p->program))
			call = word_before(text, at);
		*ret_takes = *ret_takes || (call.len && (!paths_listed(looks, call) || opens_to_write(text, call)));
	}
	return any;
}

void paths_code(struct paths *p, struct str folder)
{
	const struct shell_act *a = p->act;
	struct paths_target t = paths_known(folder);
	bool takes = false, in_script = false, any = names(p, a->script, folder, &in_script);

	if (a->input == SHELL_INPUT_TEXT)
		any = names(p, a->input_text.text, folder, &takes) || any;
	for (size_t i = 1; i < a->n_argv; i++)
		any = names(p, a->argv[i].text, folder, &takes) || any;
	if (any)
		p->w->looked = folder;
	if (takes)
		(void)paths_guard(p, &t, folder, PATHS_WRITE);
}
