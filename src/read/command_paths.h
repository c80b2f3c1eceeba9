/* command_paths.h -- what the files of command_paths share: one act's words as paths, and what a loss at a path means.
 * Room: read; only command_paths*.c include it. Pure.
 */
#ifndef PAWL_READ_COMMAND_PATHS_H
#define PAWL_READ_COMMAND_PATHS_H

#include "read/command_work.h"

struct paths {
	struct command_work *w;
	const struct shell_act *act;
	struct arena *arena;
	struct str program; /* base name of the first word */
	bool brings_in;	    /* mv into the workspace */
	bool writes;	    /* what is judged is written over or edited, and is there afterwards */
	bool hides;	    /* what is judged is there afterwards, under another name or beneath something */
	bool has_reader;    /* its words are read one by one by a reader below */
	const struct shell_act *found; /* what is judged is what that find finds; NULL */
	unsigned judged, asked, n_asked; /* bits of enum paths_how: all of it was judged, or asked for pawl's own; parts that were */
	bool found_own;			 /* there was some */
	const struct world_repository *tracked; /* only what is tracked there goes; NULL: everything */
};

enum paths_how {
	PATHS_WRITE,   /* its content is replaced; through a link */
	PATHS_EDIT,    /* its content is changed in place */
	PATHS_APPEND,  /* grows: matters for state files and the guard's own alone */
	PATHS_OVERLAY, /* a folder: files in it may be written over, which is not known */
	PATHS_REMOVE,  /* a file, a link */
	PATHS_TREE,    /* a folder and all below it */
	PATHS_MOVE,    /* goes from where it is, lives on elsewhere */
	PATHS_MODE,    /* its mode or owner */
	PATHS_MODE_TREE,
};

struct paths_target {
	struct str path;    /* absolute, normal; STR_NONE: nobody knows */
	struct str pattern; /* what below it: a glob, unknown parts as '*', a leading double star any depth; STR_NONE: itself */
	struct str words;   /* as written */
	bool slash;	    /* ends in one: a link is gone through */
	bool deep;	    /* something unknown in it may hold slashes */
	bool maybe;
};

/* Where ${v} is, seen from ${cwd}. */
struct paths_target paths_at(struct paths *p, const struct shell_value *cwd, struct shell_value v);
struct paths_target paths_of(struct paths *p, struct shell_value v);
struct paths_target paths_known(struct str path);
/* A file called as the last part of ${from} in the folder ${to}. */
struct paths_target paths_into(struct paths *p, const struct paths_target *to, const struct paths_target *from);
/* Add the changes of such a loss; none when it is nothing. */
void paths_judge(struct paths *p, const struct paths_target *t, enum paths_how how);
/* Does a folder, or a link to one, stand there? */
bool paths_is_folder(struct paths *p, const struct paths_target *t);
bool paths_is_null(struct str path);
bool paths_in_workspace(const struct paths *p, struct str path);
bool paths_is_regenerable(const struct paths *p, struct str path);

struct paths_saying {
	enum change_kind kind;
	const char *finding, *type, *reason, *safer;
};
struct change *paths_say(struct paths *p, const struct paths_saying *s, struct str name);
void paths_discard(struct paths *p, enum discard_kind kind, struct str path, struct str ref);

/* --- words: GNU options --- */

struct paths_option {
	struct str name; /* "--target-directory", without its value */
	struct shell_value value;
	bool has_value;
};

struct paths_words {
	struct shell_value *operand;
	size_t n;
	bool letter[128];
	struct shell_value value[128]; /* of letters with one */
	struct paths_option *option;   /* long ones */
	size_t n_options;
	bool ended; /* by "--" */
	size_t end; /* operands before it */
};

/* Read words from argv[${from}]. ${values}: letters that take a value, with '?' behind
 * those that take it in the same word alone; ${longs}: long options that take it from the next word, each
 * with a blank before and behind. */
bool paths_words(struct paths *p, size_t from, const char *values, const char *longs, struct paths_words *ret) PAWL_MUST_USE;
/* Is the letter or the long option (or what it may be shortened to) given? */
bool paths_has(const struct paths_words *o, char letter, const char *name);
bool paths_value(const struct paths_words *o, char letter, const char *name, struct shell_value *ret);
bool paths_listed(const char *list, struct str word); /* blank before and behind each */
/* Index of the first mark of an unknown part or, for a glob, of a glob character; SIZE_MAX. */
size_t paths_open_at(const struct shell_value *v);

/* --- the readers --- */

bool paths_guard(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how);
/* Below a folder nobody knows: is it called as one of them? */
bool paths_guard_anywhere(struct paths *p, const struct paths_target *t);
/* Is it in a vault of pawl's? Said either way where a vault goes: only what holds one is to be judged as what else it is. */
bool paths_vault(struct paths *p, const struct paths_target *t, struct str path, enum paths_how how);
/* A vault goes, whatever takes it. */
void paths_vault_goes(struct paths *p, const struct world_vault *v, struct str name);
struct paths_untracked {
	bool plain, ignored; /* which of it goes */
	bool folders;	     /* also those of which nothing is tracked */
};
/* What git does not track goes, below ${folder} or, of that, as the operands from ${from} name it: the vaults in it. */
void paths_vault_untracked(struct paths *p, const struct paths_words *o, size_t from, struct str folder,
			   const struct paths_untracked *which);
/* Is a file of a backup called so? */
bool paths_vault_file(struct str name);
/* Is there a reader for the words of that program? */
bool paths_is_read(struct str program);
/* Pawl's own places as words of whatever program; and as what is taken where nobody knows what that is: false when it is none. */
void paths_named(struct paths *p);
/* The same in inline code; it names ${folder}. */
void paths_code(struct paths *p, struct str folder);
bool paths_is_interpreter(struct str program);
bool paths_taken(struct paths *p, const struct paths_target *t, enum paths_how how);
/* The same in a container or on another machine: true when that is said. HOST:PATH of scp, rsync. */
bool paths_elsewhere(struct paths *p, const struct paths_target *t, enum paths_how how);
bool paths_far_operand(struct paths *p, struct str operand, enum paths_how how);
/* Containers that they are mounted in, mounts. */
void paths_elsewhere_act(struct paths *p);
/* By restic, by rclone. */
void paths_keeper_act(struct paths *p);
/* By a tool of S3; and is BUCKET/KEY in the vault, or ${above} it? */
void paths_bucket_act(struct paths *p);
bool paths_bucket_meets(const struct world_vault *v, struct str place, bool above);
/* Attempts on the guard that are no paths. */
void paths_guard_act(struct paths *p);
void paths_guard_agents(struct paths *p);
/* What runs pawl by itself: the crontab, services, who may linger. */
void paths_guard_schedule(struct paths *p);
/* Is it a unit of systemd's of pawl, or a folder of one? */
bool paths_is_unit(struct str path, struct str pattern);
bool paths_remove(struct paths *p);
/* By a program that takes what is old, or there twice, below the folders it is given. */
void paths_swept(struct paths *p);
bool paths_copy(struct paths *p);
bool paths_editor(struct paths *p);
bool paths_unpack(struct paths *p);
bool paths_mode(struct paths *p);
bool paths_git(struct paths *p);
/* Behind `git … push`: its words from argv[${from}]; seen from ${folder}. */
void paths_git_push(struct paths *p, size_t from, struct str folder);
#endif
