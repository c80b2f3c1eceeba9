/* threats.h -- what goes round the parts that stand: the marked list of docs/threats.md, made into text at build time.
 * Room: cli. Made by tools/gen_threats.py; ends with NULL.
 */
#ifndef PAWL_CLI_THREATS_H
#define PAWL_CLI_THREATS_H

extern const char *const threats_text[];

#endif
