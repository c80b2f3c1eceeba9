/* run_parts.h -- the interpreter's files to each other.
 * Room: read. Pure. Every function bears a full arena: it then returns something empty, and run->stopped is set.
 */
#ifndef PAWL_READ_SHELL_RUN_PARTS_H
#define PAWL_READ_SHELL_RUN_PARTS_H

#include "read/shell/run_inner.h"

/* run_map.c: maps that never change in place; a put gives another map. */
const void *run_map_get(const struct run_map *m, struct str key);
const struct run_map *run_map_put(struct arena *a, const struct run_map *m, struct str key, const void *value);

/* run_text.c */
void run_text_add(struct run_text *t, struct str s);
void run_text_addc(struct run_text *t, char c);
struct str run_text_str(const struct run_text *t);
/* Has it no unknown part? */
bool run_known(struct str s);
/* One unknown part and nothing else (blanks around it aside)? */
bool run_all_unknown(struct str s);
/* For a parser: unknown parts as RUN_MARK. */
struct str run_mask(struct run *r, struct str s);
struct shell_value run_value(struct str text, struct shell_span span);
void run_list_add(struct run *r, struct run_list *l, struct shell_value v);
void *run_alloc(struct run *r, size_t size);
/* Numbers of a value: "-12". False when it is none. */
bool run_number(struct str s, int64_t *ret);
/* Next line of ${s} from *${at}, without its newline; false at the end. */
bool run_line(struct str s, size_t *at, struct str *ret);

/* run_scene.c */
/* ${a} becomes what holds whether ${a} or ${b} was the way. With ${widen}: what differs is unknown at once. */
void run_scene_join(struct run *r, struct run_scene *a, const struct run_scene *b, bool widen);
/* A new process: exported variables alone, no functions, no arguments of ours. */
struct run_scene run_scene_process(struct run *r, const struct run_scene *s, const char *via, const struct run_call *call);
bool run_scene_maybe(const struct run *r, const struct run_scene *s);
void run_via(struct run *r, struct run_scene *s, struct str name);

/* run_variables.c */
const struct run_variable *run_get(struct run *r, const struct run_scene *s, struct str name);
/* The same before any of its alternatives is taken. */
const struct run_variable *run_get_all(struct run *r, const struct run_scene *s, struct str name);
void run_put(struct run *r, struct run_scene *s, struct str name, const struct run_variable *v);
void run_set(struct run *r, struct run_scene *s, struct str name, struct str text);
void run_set_unknown(struct run *r, struct run_scene *s, struct str name);
void run_unset(struct run *r, struct run_scene *s, struct str name);
void run_set_element(struct run *r, struct run_scene *s, struct str name, struct str key, struct str text);
void run_export(struct run *r, struct run_scene *s, struct str name, const struct run_variable *v);
bool run_is_name(struct str s);
/* x=…, x+=…, x[i]=…, x=(…) of a command or of a declaring builtin's word. */
void run_assign(struct run *r, struct run_scene *s, const struct shell_assignment *as);

/* run_expand.c */
void run_expand_words(struct run *r, struct run_scene *s, const struct shell_word *words, struct run_list *ret);
/* Without splitting and globbing: values of assignments, here-documents, subjects. */
struct shell_value run_expand_one(struct run *r, struct run_scene *s, const struct shell_word *word);
/* The same as a pattern: what was quoted stands behind a backslash. */
struct str run_expand_pattern(struct run *r, struct run_scene *s, const struct shell_word *word);
/* Text of the output of ${list}, newlines at the end taken off. */
struct str run_capture(struct run *r, struct run_scene *s, const struct shell_list *list);
/* run_brace.c: the words of {1..9} by what stands between the braces; NULL: too many, or none. */
struct shell_word *run_range(struct run *r, struct str text);

/* run_parameter.c: "$@" and arrays are lists. */
struct run_parameter {
	struct run_list list;
	struct str text;
	bool is_list, star; /* "$*" joins */
	bool open;	    /* the list may be longer */
	bool sparse;	    /* places are not the indices */
	bool set, maybe_set, single;
};
void run_parameter(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *ret);
void run_parameter_look(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *ret);
/* run_operator.c */
void run_parameter_operator(struct run *r, struct run_scene *s, const struct shell_part *p, struct run_parameter *v);
/* run_pattern.c: does ${s} match? Neither may have unknown parts. */
bool run_pattern_match(struct str pattern, struct str s);
/* run_arithmetic.c: false when it is not known; variables it may have written are then unknown. */
bool run_arithmetic(struct run *r, struct run_scene *s, struct str text, int64_t *ret);

/* run.c */
/* Leave a loop or a function: ${s} is dead, what it holds comes back where ${l} ends. */
void run_leave_to(struct run *r, struct run_scene *s, struct run_leave *l);
void run_come_back(struct run *r, struct run_scene *s, struct run_leave *l);
/* An expansion that fails (${x?}, ${!x}) may end the line: what follows on it may not run, the next line may follow from here. */
void run_expansion_error(struct run *r, struct run_scene *s);
void run_traps(struct run *r, struct run_scene *s);
bool run_step(struct run *r, size_t n);
void run_opaque(struct run *r, const struct run_scene *s, const struct shell_act *act, const char *why);
/* Unknown text stands inside shell code: the rest was read. */
void run_opaque_part(struct run *r, const struct run_scene *s, const struct shell_act *act, const char *why);
void run_walk(struct run *r, struct run_scene *s, const struct shell_list *list);
void run_command(struct run *r, struct run_scene *s, const struct shell_command *c);
/* Read ${text} as a script in ${s}. */
void run_script(struct run *r, struct run_scene *s, struct str text, const struct shell_act *act);
/* run_flow.c */
void run_flow(struct run *r, struct run_scene *s, const struct shell_command *c);
/* run_redirect.c: false when ${c} opens nothing. */
void run_redirect(struct run *r, struct run_scene *s, const struct shell_redirection *list, struct shell_opening **ret);
struct run_out run_out_pipe(const struct run *r, const struct run_scene *s);
struct run_in *run_in_text(struct run *r, struct str text);
struct run_in *run_in_unknown(struct run *r, const struct shell_act *from);
struct run_in *run_in_from(struct run *r, const struct run_out *out);
/* run_simple.c */
/* The next way through the alternatives that a command looked at; false: all were taken. */
bool run_next_choice(struct run_choice *c);
void run_simple(struct run *r, struct run_scene *s, const struct shell_command *c);
void run_call(struct run *r, struct run_scene *s, struct run_call *call);
/* A program ${argv} started by ${by}: its own act, in the scene as it is. */
void run_argv(struct run *r, struct run_scene *s, const struct shell_value *argv, size_t n, const struct run_call *by);
/* run_builtin.c: false when argv[0] is none. */
bool run_builtin(struct run *r, struct run_scene *s, struct run_call *call);
/* run_declare.c, run_read.c */
void run_export_builtin(struct run *r, struct run_scene *s, struct run_call *call);
void run_declare(struct run *r, struct run_scene *s, struct run_call *call);
void run_unset_builtin(struct run *r, struct run_scene *s, struct run_call *call);
void run_set_builtin(struct run *r, struct run_scene *s, struct run_call *call);
void run_shift(struct run *r, struct run_scene *s, struct run_call *call);
void run_alias(struct run *r, struct run_scene *s, struct run_call *call);
void run_read(struct run *r, struct run_scene *s, struct run_call *call);
void run_mapfile(struct run *r, struct run_scene *s, struct run_call *call);
void run_getopts(struct run *r, struct run_scene *s, struct run_call *call);
/* The words from ${from} on, joined by blanks: what eval, ssh and watch make of them. */
struct str run_joined(struct run *r, const struct run_call *call, size_t from);
/* run_output.c: what a program is known to print; false when it is not known here. */
bool run_output(struct run *r, struct run_scene *s, struct run_call *call);
void run_print(struct run *r, struct run_scene *s, struct str text);
void run_print_unknown(struct run *r, struct run_scene *s, const struct shell_act *from);
/* All of standard input, read to its end. */
struct str run_stdin(struct run *r, struct run_scene *s);
bool run_printf(struct run *r, const struct run_call *call, size_t from, struct run_text *ret);
void run_decode(struct run_text *t, struct str s, bool octal_zero);
/* run_filter.c */
bool run_filter(struct run *r, struct run_scene *s, struct run_call *call);
/* run_files.c: files as the commands before left them. */
struct str run_path(struct run *r, const struct run_scene *s, struct str path);
/* What ${path} may hold, alternatives by ->other; NULL with why in *ret_seen. */
const struct run_file *run_file(struct run *r, const struct run_scene *s, struct str path, enum run_seen *ret_seen);
void run_file_write(struct run *r, const struct run_scene *s, struct str path, struct str text, bool append);
/* Is ${program}, named by a path, a file that this text made: no more what its name says. */
bool run_made_here(struct run *r, const struct run_scene *s, struct str program);
void run_file_unknown(struct run *r, const struct run_scene *s, struct str path);
/* Programs whose writing matters: tee, cp, mv, ln, curl -o …; false when it is none. */
bool run_file_program(struct run *r, struct run_scene *s, struct run_call *call);
/* run_unwrap.c: wrappers and interpreters; false when argv[0] is none. */
bool run_unwrap(struct run *r, struct run_scene *s, struct run_call *call);

#endif
