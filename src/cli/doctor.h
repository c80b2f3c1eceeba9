/* doctor.h -- what `pawl doctor` found, one sentence each.
 * Room: cli, pawl-full.
 */
#ifndef PAWL_CLI_DOCTOR_H
#define PAWL_CLI_DOCTOR_H

#include "cli/desk.h"

struct finding {
	const char *what; /* stable name, for --json */
	bool good;
	char text[700];
};

#define FINDINGS_MAX 32
struct findings {
	struct finding item[FINDINGS_MAX];
	size_t n;
};

/* Its text is the caller's to fill. */
struct finding *doctor_add(struct findings *f, const char *what, bool good);
/* doctor_gate.c: what the database gate sees here. Nothing where none is configured. */
void doctor_gate(struct desk *d, struct findings *f);

#endif
