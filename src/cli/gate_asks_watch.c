#include "cli/gate_asks_inner.h"

#include <unistd.h>

#include "base/fd.h"
#include "cli/frozen.h"

#define WATCH_US 200000
#define WATCHES_A_LOOK 5 /* credentials are looked at every so many watches */

/* The marker says it at once. That it is gone is believed once the ledger says so too. */
void gate_asks_look(struct gate_asks *a)
{
	char path[PLACES_MAX + 16];
	struct arena arena;

	snprintf(path, sizeof(path), "%s/freeze", a->o.places->state);
	if (file_exists(path)) {
		atomic_store(&a->frozen, true);
		return;
	}
	if (!atomic_load(&a->frozen) || !arena_map(&arena, (2 * BOOK_ARENA)))
		return;
	atomic_store(&a->frozen, !frozen_agree(&a->holds, false, &arena, NULL));
	arena_unmap(&arena);
}

void *gate_asks_watch(void *asks)
{
	struct gate_asks *a = asks;

	for (unsigned n = 0; !atomic_load(&a->over); n++) {
		gate_asks_look(a);
		if (n % WATCHES_A_LOOK == 0)
			gate_credentials_watch(a->credentials);
		usleep(WATCH_US);
	}
	return NULL;
}
