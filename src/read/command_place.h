/* command_place.h -- where a command acts: the database behind a URL, an environment file, a cluster, an account.
 * Room: read; only command*.c include it.
 */
#ifndef PAWL_READ_COMMAND_PLACE_H
#define PAWL_READ_COMMAND_PLACE_H

#include "read/command_words.h"

/* A database as far as it is known. */
struct command_database {
	struct str host, database;
	struct str file;  /* of SQLite: as written */
	bool known;	  /* somebody said which */
	bool local;	  /* this machine, or a container of it */
	bool scratch;	  /* said to be made to be thrown away by more than its name: RAILS_ENV=test */
};

/* Does a part of the name say test, dev, ci …, and none production? */
bool command_scratch_name(struct str name);
bool command_local_host(struct command_work *w, struct str host);
/* Value of a variable for this act: its own, else the world's. False when it is not set; *ret with unknown parts when nobody knows. */
bool command_env(const struct command_work *w, struct str name, struct str *ret) PAWL_MUST_USE;
/* The path seen from the act's folder; STR_NONE where that is not known. */
struct str command_path(const struct command_work *w, struct str path);

/* postgres://…, jdbc:…, sqlite:…, file:…, "host=… dbname=…". False when it is none. */
bool command_database_url(struct command_work *w, struct str url, struct command_database *ret) PAWL_MUST_USE;
/* The first of ${files} (by blanks, from the act's folder) that sets ${name}: KEY=VALUE, export KEY='VALUE'. */
bool command_dotenv(struct command_work *w, const char *files, struct str name, struct str *ret) PAWL_MUST_USE;
/* The text of a file seen from the act's folder; STR_NONE when there is none, or nobody may look. */
struct str command_file(const struct command_work *w, struct str path, bool *ret_found);
/* The database an ORM would reach by this kind of place. */
void command_orm(struct command_work *w, const struct command_words *s, enum command_place how, struct command_database *ret);

/* Write down on ${c} where it acts. */
void command_at_database(struct command_work *w, const struct command_database *d, struct change *c);
void command_where(struct command_work *w, const struct command_words *s, enum command_place how, struct change *c);

#endif
