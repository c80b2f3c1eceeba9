/* cloudtrail.h -- AWS CloudTrail's log as proof of who made what, when.
 * Room: read. Pure. Strict: a record that cannot be read makes the whole file no evidence.
 * Takes a log file's {"Records":[…]}, the answer of lookup-events ({"Events":[{"CloudTrailEvent":"…"}]}), or one record a line.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
 */
#ifndef PAWL_READ_CLOUDTRAIL_H
#define PAWL_READ_CLOUDTRAIL_H

#include "base/json.h"

#define CLOUDTRAIL_MAX_EVENTS 1000000

struct cloudtrail_event {
	struct str name, source; /* "CreateVpc", "ec2.amazonaws.com" */
	struct str who;		 /* ARN of the caller */
	struct str agent;
	int64_t time_us;
};

/* One value in the answer of a creating call. */
struct cloudtrail_made {
	struct str value; /* an id, a name or an ARN */
	const struct cloudtrail_event *event;
};

struct cloudtrail {
	size_t n_events, n_creating;
	struct cloudtrail_made *made; /* sorted by value once cloudtrail_sort was called */
	size_t n_made, cap_made;
};

/* Add the records of one file. ${text} and the results live with ${arena}. */
bool cloudtrail_read(struct str text, struct arena *arena, struct cloudtrail *trail,
		     struct err *err) PAWL_MUST_USE;
void cloudtrail_sort(struct cloudtrail *trail);

/* A call that made the object of this id or ARN within the time (0, 0: any time), or NULL. Calls that give back what is
 * there already (creating a cluster, a queue, a topic anew) prove nothing and are not among them. */
const struct cloudtrail_event *cloudtrail_creation(const struct cloudtrail *trail, struct str id,
						   int64_t from_us, int64_t to_us);

#endif
