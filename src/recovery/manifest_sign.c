#include "recovery/manifest.h"

bool manifest_sign(struct str pem, struct str json, struct arena *arena,
		   struct manifest_signature *ret, struct err *err)
{
	struct str text = arena_join(arena, STR(MANIFEST_SIGNED_AS), json);

	if (!text.ptr)
		return err_set(err, ERR_LIMIT, "no memory to sign");
	return ed25519_sign(pem, text, ret->key, ret->bytes) ||
	       err_set(err, ERR_INPUT, "the backup key is no Ed25519 key");
}
