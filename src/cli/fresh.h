/* fresh.h -- before a person is asked: a fresh backup of what goes, taken and drilled, where the owner lets that be.
 * Room: cli; for both programs. It is `pawl backup TARGET --drill --within TIME`, run as whoever runs this: who has no right to the vault
 * gets none by it, and is told what to run. What fails or takes too long leaves what was known, and says so.
 */
#ifndef PAWL_CLI_FRESH_H
#define PAWL_CLI_FRESH_H

#include "core/judge.h"

struct fresh_ask {
	const struct evidence *evidence;
	const struct judgement *judgement;
	bool asked; /* by a person, in so many words: of every target that speaks for what goes, however fresh its evidence is */
};

/**
 * fresh_take(ask):
 * Of each target that backup.yaml lets be (`fresh`) and whose evidence is missing, no good, or older than the rules want; nothing where
 * the verdict is neither hold nor a refusal for want of it. Tells on standard error. True: something was tried, look at the
 * statements again. Takes as long as `fresh` says, and half a minute more at the worst.
 */
bool fresh_take(const struct fresh_ask *ask);

#endif
