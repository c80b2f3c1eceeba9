/* s3.h -- signed requests to one bucket. Room: recovery, inner. I/O.
 * Answered by the cloud's clock, not ours: what is locked, and until when, is counted by the Date that it sends.
 */
#ifndef PAWL_RECOVERY_S3_H
#define PAWL_RECOVERY_S3_H

#include "cloud/http.h"
#include "cloud/sigv4.h"
#include "recovery/vault.h"

#define S3_HEADERS_MAX 8

struct s3; /* opaque */

struct s3_call {
	const char *method;
	struct str key;	  /* below the bucket; STR_NONE: the bucket itself */
	struct str query; /* encoded, without the question mark */
	struct sigv4_header headers[S3_HEADERS_MAX]; /* lower case; those without a value are left out */
	struct str body;
	struct http_header *wanted; /* of the answer */
	size_t n_wanted;
	bool once; /* not tried again when the line breaks or the cloud is busy */
	bool slow; /* the cloud may work on it for minutes without a word */
};

struct s3_answer {
	long status;
	struct str code; /* why it was refused: "AccessDenied"; STR_NONE: it was not */
	struct str body; /* until the next call */
};

/* Finds credentials as src/cloud does. */
bool s3_open(const struct vault_place *place, struct s3 **ret, struct err *err) PAWL_MUST_USE;
/* Without any: as whoever asks. */
bool s3_open_nobody(const struct vault_place *place, struct s3 **ret, struct err *err) PAWL_MUST_USE;
void s3_close(struct s3 *s); /* NULL does nothing */

/* False when there was no answer that can be read. A refusal is an answer. */
bool s3_call(struct s3 *s, const struct s3_call *c, struct s3_answer *ret, struct err *err) PAWL_MUST_USE;
/* The same, where a refusal is a failure: "cannot ${what}: AccessDenied". */
bool s3_must(struct s3 *s, const struct s3_call *c, const char *what, struct s3_answer *ret, struct err *err) PAWL_MUST_USE;
/* Endpoint and region into ${place}, wherever they came from; they live as long as ${s}. */
void s3_where(const struct s3 *s, struct vault_place *place);
/* By the cloud's last answer. */
int64_t s3_now_us(const struct s3 *s);
/* "PREFIX/TARGET/ID/FILE" in ${arena}; parts without bytes are left out, and so is what follows them. */
struct str s3_key(const struct s3 *s, struct arena *arena, struct str target, struct str id, struct str file);
/* For x-amz-checksum-sha256. */
#define S3_SUM 48
void s3_sum(struct str body, char ret[S3_SUM]);
/* And back; false for what is none. */
bool s3_sum_read(const char *sum, struct digest *ret) PAWL_MUST_USE;

/* One version of one key. */
struct s3_version {
	struct str key, id;
	bool marker, latest;
	int64_t modified_us;
	uint64_t bytes;
	struct s3_version *next;
};
/* All versions and delete markers of keys that begin with ${prefix}: by key, the newest first. ${arena} holds them. */
bool s3_versions(struct s3 *s, struct str prefix, struct arena *arena, struct s3_version **ret, struct err *err) PAWL_MUST_USE;
/* Until when it is locked; 0: it is not, or nobody says. ${ret_compliance}: nobody may end that sooner; may be NULL. */
bool s3_locked_until(struct s3 *s, struct str key, struct str version, int64_t *ret_us, bool *ret_compliance,
		     struct err *err) PAWL_MUST_USE;

#endif
