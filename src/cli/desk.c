#include "cli/desk.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "cli/policies.h"
#include "cli/recovery_look.h"
#include "hold/keygen.h"

#define ANSWER_MAX ((size_t)4096)

bool desk_open(struct desk *d, struct err *err)
{
	*d = (struct desk){ .now_us = clock_now_us() };
	if (!places_find(NULL, &d->places, err) || !dir_make(d->places.state, 0700, err))
		return false;
	if (!arena_map(&d->arena, 2 * BOOK_ARENA))
		return err_set(err, ERR_LIMIT, "no memory");
	if (!policies_load(&d->places, &d->arena, &d->policy, err))
		return false;
	d->ledger = ledger_open(d->places.ledger, err);
	if (!d->ledger)
		return false;
	d->host = hosts_hold(d->ledger, &d->places, d->policy);
	hold_index_open(&d->index, &d->places, &d->host);
	return desk_read(d, err);
}

void desk_close(struct desk *d)
{
	hold_index_close(&d->index);
	ledger_close(d->ledger);
	arena_unmap(&d->arena);
}

bool desk_read(struct desk *d, struct err *err)
{
	d->now_us = clock_now_us();
	return book_read(&d->book, &d->host, d->now_us, &d->arena, err);
}

/* The project's policy is that of the folder where it was asked; a folder that is gone has none to add. At the use itself
 * the gate loads it anew. */
static bool policy_of_folder(struct desk *d, const struct book_hold *hold, const struct policy **ret, struct err *err)
{
	struct str folder = arena_str(&d->arena, hold->folder);
	struct places there;

	if (!folder.len || folder.ptr[0] != '/' || !places_find(folder.ptr, &there, NULL)) {
		*ret = d->policy;
		return true;
	}
	return policies_load(&there, &d->arena, ret, err);
}

static bool frozen(const struct desk *d)
{
	char path[PLACES_MAX + 16];

	snprintf(path, sizeof(path), "%s/freeze", d->places.state);
	return file_exists(path);
}

enum hold_state desk_state(struct desk *d, const struct book_hold *hold)
{
	struct weighed *list;
	struct weigh w;

	if (hold->state != HOLD_APPROVED)
		return hold->state;
	if (!weigh_begin(&w, &d->host, NULL, d->now_us, &d->arena, NULL))
		return HOLD_OPEN;
	list = weigh_all(&w, hold);
	return weigh_people(&hold->demands, hold, list) >= hold->demands.approvals ? HOLD_APPROVED : HOLD_OPEN;
}

static bool weigh_case(struct desk *d, struct desk_case *c, struct err *err)
{
	unsigned now = c->judgement.demands.approvals;
	struct weigh w;

	if (!weigh_begin(&w, &d->host, &c->ask, d->now_us, &d->arena, err))
		return false;
	c->approvals = weigh_all(&w, c->hold);
	c->people = weigh_people(&c->hold->demands, c->hold, c->approvals);
	c->needed = c->hold->demands.approvals > now ? c->hold->demands.approvals : now;
	c->state = c->hold->state == HOLD_APPROVED && c->people < c->needed ? HOLD_OPEN : c->hold->state;
	return true;
}

/* "postgres:NAME/HOST/DATABASE": what a gate calls its database. */
static struct str gate_database(const struct request *r)
{
	size_t colon = str_find_char(r->binding.backend, ':');
	struct str name = colon == SIZE_MAX ? STR_NONE : str_sub(r->binding.backend, colon + 1, SIZE_MAX);

	return r->gate == GATE_POSTGRES ? str_sub(name, 0, str_find_char(name, '/')) : STR_NONE;
}

/* Backups as they are known now, where they are: a drill since may have mended what was missing, or failed. */
static void look_again(struct desk *d, struct desk_case *c)
{
	char path[PLACES_MAX];

	recovery_look_config(&d->places, path);
	if (!*path)
		return;
	c->record.evidence.recovery = NULL;
	recovery_look(&d->places, &c->record.request, gate_database(&c->record.request), &d->arena, &c->record.evidence);
	evidence_redact(&c->record.evidence, &d->arena);
}

bool desk_case(struct desk *d, struct str id, struct desk_case *ret, struct err *err)
{
	struct desk_case *c = ret;
	const struct policy *policy;

	*c = (struct desk_case){ .hold = book_find_id(&d->book, id) };
	if (!c->hold)
		return err_set(err, ERR_INPUT, "%.*s: no such hold; `pawl holds --all` lists them", STR_ARG(str_sub(id, 0, 60)));
	if (!policy_of_folder(d, c->hold, &policy, err) || !record_get(&d->host, c->hold->seq, &d->arena, &c->record, err))
		return false;
	d->policy = d->host.policy = policy;
	c->record.evidence.now_us = d->now_us;
	look_again(d, c);
	c->record.evidence.frozen = frozen(d);
	c->record.evidence.level = hold_level(&d->host, &d->arena, c->where, sizeof(c->where));
	judge(policy, &c->record.request, &c->record.evidence, &d->arena, &c->judgement);
	c->ask = (struct hold_request){ .request = &c->record.request, .judgement = &c->judgement,
					.evidence = &c->record.evidence };
	return weigh_case(d, c, err);
}

bool desk_prompt(const char *question, struct buf *ret_answer, struct err *err)
{
	auto_fd tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char byte;

	if (tty < 0)
		return err_set(err, ERR_STATE, "a person must answer on a terminal, and there is none; run this in one (or, with a key "
					       "that is a person's, see --yes)");
	if (!fd_write_all(tty, question, strlen(question), err))
		return false;
	while (ret_answer->len < ANSWER_MAX) {
		ssize_t n = read(tty, &byte, 1);

		if (n < 0)
			return err_sys(err, "/dev/tty");
		if (n == 0 || byte == '\n')
			return true;
		buf_addc(ret_answer, byte);
	}
	return err_set(err, ERR_LIMIT, "the answer is too long");
}

static bool named_key(struct desk *d, const struct signer *list, const char *file, struct str as, struct desk_key *ret,
		      struct err *err)
{
	struct sshkey key;

	if (!keygen_public(file, &d->arena, &key, err))
		return false;
	ret->who = signer_find(list, as, str_from(key.fingerprint));
	if (!ret->who)
		return err_set(err, ERR_DENIED, "%s (%s) is not the key of %s; see pawl approvers", file, key.fingerprint,
			       as.len ? as.ptr : "anybody who may approve");
	if ((size_t)snprintf(ret->file, sizeof(ret->file), "%s", file) >= sizeof(ret->file))
		return err_set(err, ERR_LIMIT, "%s: path too long", file);
	return true;
}

bool desk_key(struct desk *d, const char *file, const char *as, struct desk_key *ret, struct err *err)
{
	struct signer *list;
	struct str name = str_from(as), found;

	if (!signer_list(&d->host, &d->arena, &list, err))
		return false;
	if (!list)
		return err_set(err, ERR_STATE, "nobody may approve yet: make a key (best on hardware: ssh-keygen -t ed25519-sk), then "
					       "`pawl approvers add NAME --key FILE.pub`");
	if (file)
		return named_key(d, list, file, name, ret, err);
	if (!keygen_pick(list, name, &d->arena, &found, &ret->who))
		return err_set(err, ERR_INPUT, "no private key of %s in ~/.ssh; name one with --key FILE",
			       as ? as : "anybody who may approve");
	snprintf(ret->file, sizeof(ret->file), "%.*s", STR_ARG(found));
	return true;
}

const char *desk_level_words(enum enforcement_level level)
{
	switch (level) {
	case ENFORCEMENT_HARDWARE:
		return "hardware key: a touch that no program can give";
	case ENFORCEMENT_OTHER_UID:
		return "other uid: the key is not within the asker's reach, as far as can be seen";
	case ENFORCEMENT_SAME_UID:
		return "same uid: a convenience, not a boundary; whoever asks could sign as well";
	case ENFORCEMENT_UNKNOWN:
		break;
	}
	return "unknown: nobody may approve yet";
}

struct str desk_login(struct arena *arena)
{
	const char *name = getenv("USER");

	if (!name || !*name)
		name = getenv("LOGNAME");
	return name && *name ? arena_str(arena, str_from(name)) : arena_fmt(arena, "uid %u", (unsigned)getuid());
}
