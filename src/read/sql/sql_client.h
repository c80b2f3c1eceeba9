/* sql_client.h -- shared by the readers of text for psql, mysql and sqlite3.
 * Room: read/sql.
 */
#ifndef PAWL_READ_SQL_SQL_CLIENT_H
#define PAWL_READ_SQL_SQL_CLIENT_H

#include "read/sql/inner.h"

/* Takes the first line off ${text}, without its end. */
struct str sql_client_line(struct str *text);
/* Takes the first word off, quotes removed. STR_NONE at the end. */
struct str sql_client_word(struct sql_work *w, struct str *rest);
/* A statement of the client's own: what it hands to a shell, reads as a file, connects to. */
void sql_client_shell(struct sql_work *w, struct str text, struct str command);
void sql_client_script(struct sql_work *w, struct str text, struct str file);
void sql_client_connect(struct sql_work *w, struct str text, struct str target);
void sql_client_note(struct sql_work *w, struct str text, enum sql_meaning means, struct str name);
/* Is ${word} among blank-separated ${words}? */
bool sql_client_among(struct str word, const char *words);

#endif
