/* The built-in policies, as people read them: src/core/presets. In order of strictness. */
#include "core/policy.h"

#include "presets.inc"

const char *policy_preset_name(size_t i)
{
	return i < ARRAY_LEN(texts) ? texts[i].name : NULL;
}

struct str policy_preset_text(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (str_is(name, texts[i].name))
			return texts[i].text;
	}
	return STR_NONE;
}
