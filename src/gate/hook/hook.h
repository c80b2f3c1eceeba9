/* hook.h -- what an agent's host asks before a tool runs, and what it is told: one struct for every host.
 * Room: gate/hook. Reading and answering are pure functions over bytes; guard.h does the processes.
 * Total: any bytes give a call; what cannot be read is its trouble, and trouble is refused.
 */
#ifndef PAWL_GATE_HOOK_HOOK_H
#define PAWL_GATE_HOOK_HOOK_H

#include "base/arena.h"
#include "base/buf.h"
#include "core/verdict.h"
#include "gate/hook/host.h"

#define HOOK_MAX_INPUT ((size_t)64 << 20) /* bytes on standard input; more is refused */
#define HOOK_MAX_ITEMS 2000		  /* to judge in one call; more is refused */
#define HOOK_MAX_TEXT 600		  /* characters of a refusal */

enum hook_tool {
	HOOK_TOOL_UNKNOWN = 0, /* searched for texts that look like something to judge */
	HOOK_TOOL_SHELL,
	HOOK_TOOL_EDIT,
	HOOK_TOOL_MCP,
	HOOK_TOOL_WEB,
	HOOK_TOOL_READ, /* looks only: files, lists, the agent's own notes */
	HOOK_TOOL_COUNT
};

enum hook_event {
	HOOK_EVENT_TOOL = 1,   /* before a tool runs; also where the event has no name or one that is not known */
	HOOK_EVENT_PERMISSION, /* the host is about to ask its user */
	HOOK_EVENT_OTHER,      /* after a tool, a session's start …: nothing to judge */
};

enum hook_item_kind {
	HOOK_ITEM_COMMAND = 1, /* text: a shell text */
	HOOK_ITEM_ARGV,	       /* argv: words that need no shell */
	HOOK_ITEM_SQL,	       /* text */
	HOOK_ITEM_EDIT,	       /* text: the path written; content where it is given; deletes */
	HOOK_ITEM_URL,	       /* text; method: STR_NONE is GET */
};

/* One thing in a call that is to be judged. A call is as strict as its strictest item. */
struct hook_item {
	enum hook_item_kind kind;
	struct str field; /* where it stood: "command", "edits.path" */
	struct str text;
	struct str *argv;
	size_t n_argv;
	struct str cwd;	    /* of this item, as written; may be relative to that of the call; STR_NONE: the call's */
	struct str content; /* EDIT; STR_NONE: not given whole */
	bool deletes;	    /* EDIT: the path goes */
	struct str method;  /* URL */
	struct hook_item *next;
};

struct hook_call {
	enum hook_host host;
	enum hook_event event;
	struct str event_name; /* as the host says; STR_NONE: it does not */
	enum hook_tool tool;
	struct str tool_name;
	struct str server;  /* MCP */
	bool destructive;   /* MCP or unknown: its name says delete, drop, destroy … */
	struct str arguments; /* of a destructive one, as JSON: what an approval is for */
	struct str cwd;	    /* absolute; STR_NONE: not said */
	struct str session;
	struct str mode;    /* permission mode, as the host says */
	struct hook_item *items, *last;
	size_t n_items;
	struct str trouble; /* one sentence; STR_NONE: read as it should be */
};

/* What was decided, for one call. */
struct hook_verdict {
	enum verdict verdict;
	struct str hold;   /* "H-42" */
	struct str reason; /* a sentence */
	struct str safer;
};

/* A command that asks only whether hooks are asked: this, and 32 hexadecimal digits. Always refused, with the digits in the reason. */
#define HOOK_CANARY "pawl-canary "

/* Who judges. Called only for calls with something to judge and no trouble. */
struct hook_judge {
	void *ctx;
	/* False: could not; refused as such. */
	bool (*judge)(void *ctx, const struct hook_call *call, struct arena *arena, struct hook_verdict *ret);
};

/* Bytes for the host. */
struct hook_answer {
	struct buf out, err;
	int exit;
};

/* Read ${bytes} as ${host} sends them. They must outlive *${ret}. Linear in the bytes. */
void hook_call_read(enum hook_host host, struct str bytes, struct arena *arena, struct hook_call *ret);

/* Trouble refuses; what is no tool call, only looks, or holds nothing to judge passes; the rest is for ${judge}. */
void hook_decide(const struct hook_call *call, const struct hook_judge *judge, struct arena *arena, struct hook_verdict *ret);

/**
 * hook_answer_write(call, verdict, ret):
 * The host's exact bytes, exit status and stream. Allow is silence, or the host's neutral word where silence refuses: never an approval
 * that would switch the host's own question off. A refusal is never empty. False when memory ran out.
 */
bool hook_answer_write(const struct hook_call *call, const struct hook_verdict *verdict, struct hook_answer *ret) PAWL_MUST_USE;
void hook_answer_free(struct hook_answer *a);
/* Is what a hook said a refusal, or an allow, exactly as the host wants it? For those who ask a hook as its host does. */
bool hook_answer_refuses(enum hook_host host, int exit, struct str out, struct str err);
bool hook_answer_allows(enum hook_host host, int exit, struct str out, struct str err);

/* The words of a refusal: the hold, the reason, the safer way, not to retry. At most HOOK_MAX_TEXT characters on one line, nothing hidden
 * in them. */
void hook_words(const struct hook_verdict *verdict, struct buf *out);

#endif
