/* backend_key.h -- which place a backend's settings name, as one short text without secrets: "s3:bucket/path/key".
 * Room: read. Pure.
 * The workspace is not in it: it is kept beside, since one place holds the states of many workspaces.
 */
#ifndef PAWL_READ_BACKEND_KEY_H
#define PAWL_READ_BACKEND_KEY_H

#include "base/json.h"

/**
 * backend_key(type, config, folder, arena):
 * "local:" and the path of the state file, relative to ${folder} (absolute) where it lies in it, so that the text is the same
 * on two machines and in a private copy that names it absolutely; for other known types the attributes that name the
 * place (the table in backend_key.c); for unknown ones a digest of the settings. ${type} empty is "local".
 */
struct str backend_key(struct str type, const struct json *config, struct str folder, struct arena *arena);

#endif
