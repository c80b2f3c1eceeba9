/* shell_print.h -- a shell tree as a line of text, for cases, fuzzing and people.
 * Words are parts joined by +. A part is: text (bytes that are no letter, digit or one of _-./=:@%^,~!#{}[]*? as \xHH), ? for a glob (?{text}),
 * (param …), (cmd …), (arith word), (from …), (to …), (brace word …), (seq text), (home user), (array word …); quoted parts stand in '…'.
 * Commands: (run A=word word… redirections), (group …), (subshell …), (if …) and so on; items of a list are followed by ; & && ||.
 */
#ifndef PAWL_TESTS_LIB_SHELL_PRINT_H
#define PAWL_TESTS_LIB_SHELL_PRINT_H

#include "base/buf.h"
#include "read/shell/tree.h"

void shell_print_tree(struct buf *b, const struct shell_tree *tree);
void shell_print_list(struct buf *b, const struct shell_list *list);
void shell_print_word(struct buf *b, const struct shell_word *word);

#endif
