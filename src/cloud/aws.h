/* aws.h -- one signed request to AWS. Room cloud itself only reads; what writes is said where it is asked (recovery/rds.h).
 * Room: cloud.
 */
#ifndef PAWL_CLOUD_AWS_H
#define PAWL_CLOUD_AWS_H

#include "cloud/answer.h"
#include "cloud/credentials.h"
#include "cloud/http.h"

struct aws {
	struct http *http;
	struct credentials credentials;
	struct arena scratch; /* of one exchange */
	size_t questions;
};

struct aws_question {
	const struct aws_service *service;
	struct str operation;
	struct str request;	   /* template of the row */
	struct answer_names names; /* region is where it is asked */
};

/* The answer's tree, in aws->scratch until the next question. ret_code: the error's code when AWS refused, else STR_NONE.
 * False when there was no answer that can be read. */
bool aws_ask(struct aws *aws, const struct aws_question *q, const struct json **ret_root,
	     struct str *ret_code, struct err *err) PAWL_MUST_USE;

/* "aws", "aws-cn", "aws-us-gov"; and the region that global services are signed for. */
struct str aws_partition(struct str region);
struct str aws_global_region(struct str region);
/* Scheme and host (and path) to ask; from AWS_ENDPOINT_URL_<service>, AWS_ENDPOINT_URL, the profile, else AWS itself. */
struct str aws_endpoint(const struct aws_service *s, struct str region, struct str profile_endpoint,
			struct arena *arena);

#endif
