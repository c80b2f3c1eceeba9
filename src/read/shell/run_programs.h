/* run_programs.h -- programs that start others and need more than a row of facts/wrappers.h.
 * Room: read. Pure.
 */
#ifndef PAWL_READ_SHELL_RUN_PROGRAMS_H
#define PAWL_READ_SHELL_RUN_PROGRAMS_H

#include "read/shell/run_inner.h"

/* run_programs.c: the table of them; false when argv[0] is none, or does not start anything here. */
bool run_programs(struct run *r, struct run_scene *s, struct run_call *call);
/* ${name}=${text} in the environment of a process that is about to start. */
void run_env_put(struct run *r, struct run_scene *p, struct str name, struct str text);
/* Is ${name} one of the words of ${list}, between blanks? */
bool run_listed(const char *list, struct str name);
/* ${word} with every {} (or ${mark}) replaced. */
struct str run_replaced(struct run *r, struct str word, struct str mark, struct str by);

/* run_shell.c: bash, sh -c, -s, a script; env. */
bool run_shell(struct run *r, struct run_scene *s, struct run_call *call);
void run_shell_stdin(struct run *r, struct run_scene *p, struct run_call *call);
bool run_env(struct run *r, struct run_scene *s, struct run_call *call);
/* A file that is run by its name: ./deploy.sh */
bool run_script_file(struct run *r, struct run_scene *s, struct run_call *call);
/* The script ${f} with ${n} arguments, in each of the forms it may have. */
void run_script_forms(struct run *r, struct run_scene *p, const struct run_file *f, struct run_call *call, size_t first);
/* run_find.c */
bool run_find(struct run *r, struct run_scene *s, struct run_call *call);
bool run_xargs(struct run *r, struct run_scene *s, struct run_call *call);
bool run_parallel(struct run *r, struct run_scene *s, struct run_call *call);
/* run_project.c */
bool run_make(struct run *r, struct run_scene *s, struct run_call *call);
bool run_npm(struct run *r, struct run_scene *s, struct run_call *call);
bool run_git(struct run *r, struct run_scene *s, struct run_call *call);
bool run_just(struct run *r, struct run_scene *s, struct run_call *call);
bool run_deno(struct run *r, struct run_scene *s, struct run_call *call);
bool run_task(struct run *r, struct run_scene *s, struct run_call *call);
bool run_rake(struct run *r, struct run_scene *s, struct run_call *call);
/* run_code.c */
/* Does it read code of a language of its own: python3, node … */
bool run_is_interpreter(struct str name);
bool run_interpreter(struct run *r, struct run_scene *s, struct run_call *call);
/* Code of ${language} ("python", "node", "perl", "ruby", "php", "awk"): the calls in it that start or delete something. */
void run_code(struct run *r, struct run_scene *p, const char *language, struct str code, struct run_call *call);

#endif
