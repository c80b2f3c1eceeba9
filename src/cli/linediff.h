/* linediff.h -- what changes in a text, line by line, for a person to read.
 * Room: cli.
 */
#ifndef PAWL_CLI_LINEDIFF_H
#define PAWL_CLI_LINEDIFF_H

#include "base/buf.h"

/* Lines that go (-), come (+), and three around them; control characters escaped. */
void linediff(struct str before, struct str after, bool colour, struct buf *out);

#endif
