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

/* From their manual pages. What is not here may write what it is given. */
static const struct everyday_looker lookers[] = {
	{ " more most pg zless zmore zegrep zfgrep bzcat xzcat zstdcat lz4cat zstdless bzgrep xzgrep zstdgrep zdiff xzdiff look pr expand "
	  "unexpand tsort vdir dir exa eza lsd duf dust hexdump hd sum b2sum b3sum crc32 shasum md5 md5deep sha1deep sha256deep sha224sum "
	  "sha384sum gron fx pygmentize delta difft sdiff colordiff icdiff vimdiff mediainfo ffprobe tokei cloc scc loc pv findmnt "
	  "mountpoint lsblk lsattr getfacl getfattr namei getcap readelf objdump nm ldd size yamllint jsonlint shellcheck hexyl xclip pbcopy "
	  "wl-copy minisign signify pg_verifybackup man info mkdir inotifywait zipinfo age-inspect borg kopia tarsnap bup rdiff-backup ",
	  "", "", "" },
	{ " less ", "", "", " -o -O --log-file --LOG-FILE " },
	{ " tree ", "", "", " -o " },
	{ " rhash ", " -u --update ", "", " -o --output -l --log " },
	{ " hashdeep ", "", "", " -W " },
	{ " age gpg gpg2 ", "", "", " -o --output " },
	{ " openssl ", "", "", " -out -keyout -writerand " },
	{ " psql ", "", "", " -o -L --output --log-file " },
	{ " pg_restore ", "", "", " -f --file " },
	{ " yq ", " -i --inplace --in-place ", "", "" },
	{ " ncdu ", " -e --enable-delete ", "", " -o " },
	{ " ssh-keygen ", " -t -p -A -K -R -H -G ", "", "" },
	{ " zstd unzstd lz4 unlz4 brotli ", " --rm -j ", "", " -o " },
	{ " sqlite3 duckdb ", "", " -readonly --readonly ", "" },
	{ " gzip gunzip bzip2 bunzip2 xz unxz lzma unlzma pigz unpigz pbzip2 lzip ", "",
	  " -c -k -t -l --stdout --to-stdout --keep --test --list ", "" },
};

static const char copiers[] =
	" scp sftp aws gcloud gsutil az azcopy mc mcli s3cmd s4cmd s5cmd kubectl oc docker podman nerdctl duplicity lftp xxd ";

static bool is_listed(struct str list, struct str word)
{
	for (size_t i = 1; word.len && i + word.len < list.len; i++) {
		if (list.ptr[i] == word.ptr[0] && list.ptr[i - 1] == ' ' && list.ptr[i + word.len] == ' ' &&
		    memcmp(list.ptr + i, word.ptr, word.len) == 0)
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

const struct everyday_looker *everyday_looker(struct str program)
{
	static const struct everyday_looker plain = { "", "", "", "" };

	for (size_t i = 0; i < ARRAY_LEN(lookers); i++) {
		if (is_listed(str_from(lookers[i].names), program))
			return &lookers[i];
	}
	return everyday_words(program).len ? &plain : NULL;
}

bool everyday_copies(struct str program)
{
	return is_listed(str_from(copiers), program);
}
