#include "facts/everyday.h"

#include "base/base.h"

/* Names between blanks. Only what takes nothing away by its own words: what it is redirected to, or starts, is read apart. */
static const struct {
	const char *names, *words;
} rows[] = {
	{ " : true false ", "does nothing" },
	{ " cd pushd popd dirs ", "changes the folder of what follows" },
	{ " echo printf ", "prints its words" },
	{ " export declare typeset local readonly unset let ", "sets or unsets variables of the shell" },
	{ " set shopt ulimit umask enable bind ", "sets how the shell works" },
	{ " test [ [[ ", "tests, and does nothing else" },
	{ " read mapfile readarray getopts ", "reads into variables" },
	{ " alias unalias ", "gives a command a name; it is read where the name is used" },
	{ " trap ", "says what runs later; that is read by itself" },
	{ " source . eval exec command builtin ", "runs what it is given; that is read by itself" },
	{ " exit return break continue shift wait jobs fg bg disown sleep hash type logout ", "steers the shell" },
	{ " cat ls head tail grep egrep fgrep rg ag wc cut tr rev tac nl od strings file stat du df which whereis type pwd whoami id "
	  "groups uname cal uptime ps pgrep pidof lsof printenv diff cmp comm cksum md5sum sha1sum sha256sum sha512sum basename dirname "
	  "realpath readlink seq jq column fold fmt paste join base64 tree bat zcat zgrep ",
	  "reads and prints" },
};

static bool is_listed(struct str list, struct str word)
{
	for (size_t i = 1; word.len && i + word.len < list.len; i++) {
		if (list.ptr[i - 1] == ' ' && list.ptr[i + word.len] == ' ' && memcmp(list.ptr + i, word.ptr, word.len) == 0)
			return true;
	}
	return false;
}

struct str everyday_words(struct str program)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (is_listed(str_from(rows[i].names), program))
			return str_from(rows[i].words);
	}
	return STR_NONE;
}
