/* points.h -- the signed statements of point.h as files: kept by the side that takes the backups, published where gates read them.
 * Room: recovery. I/O.
 * What is kept is one file (signature, then JSON), put in place whole: a crash leaves the old statement or the new one. What is
 * published are two, TARGET.json and TARGET.sig; after a crash between them they do not fit, which counts as no statement, until the
 * next points_say or points_publish puts that right.
 */
#ifndef PAWL_RECOVERY_POINTS_H
#define PAWL_RECOVERY_POINTS_H

#include "recovery/point.h"

struct points {
	struct str kept;      /* folder, 0700; STR_NONE: only read what is published */
	struct str published; /* folder, 0755 */
	const uint8_t *key;   /* ED25519_KEY_LEN: whose statements are believed */
	struct str pem;	      /* signs; STR_NONE when only reading */
};

/* The last statement of ${target}. *${ret_there} false: there is none. False with ${err}: there is one, and it is not to be believed. */
bool points_load(const struct points *p, struct str target, struct arena *arena, struct point *ret,
		 bool *ret_there, struct err *err) PAWL_MUST_USE;
/* Whoever changes a statement reads the last, and says the next, while *${ret_fd} is open: none is lost between two runs. Waits. */
bool points_hold(const struct points *p, struct str target, int *ret_fd, struct err *err) PAWL_MUST_USE;
/* Sets serial and said_us, signs, keeps and publishes. ${said}->serial is that of the statement before, 0 for none. */
bool points_say(const struct points *p, struct point *said, struct arena *arena,
		struct err *err) PAWL_MUST_USE;
/* Is what is kept what gates read? True where nothing is kept. Whoever changes it just now is waited for. */
bool points_are_read(const struct points *p, struct str target, struct arena *arena);
/* What is kept, published again where it differs. Best effort. */
void points_publish(const struct points *p, struct str target, struct arena *arena);

#endif
