/* aws_lookups.h -- how to ask AWS, reading only, whether something of a name is alive.
 * Room: facts. Pure: rows, no logic. One row a Terraform type; the service's own facts stand in a second table.
 * Templates: {name} is the name looked for, escaped as its place demands; {filter} the same with the wildcards of EC2
 * filters made literal; {account}, {region}, {partition} are the caller's; {id} is what the row's `id` path found.
 * Paths: element names joined by dots; a list on the way means every one of its items.
 */
#ifndef PAWL_FACTS_AWS_LOOKUPS_H
#define PAWL_FACTS_AWS_LOOKUPS_H

#include "base/str.h"

enum aws_protocol {
	AWS_QUERY = 1, /* form in, XML out; EC2 too */
	AWS_JSON,      /* X-Amz-Target, JSON both ways */
	AWS_REST,      /* GET path, XML or JSON out */
};

struct aws_service {
	struct str name; /* in the scope of a signature */
	struct str env;	 /* AWS_ENDPOINT_URL_<env> */
	struct str host; /* before ".REGION.amazonaws.com" */
	enum aws_protocol protocol;
	struct str version; /* query: Version; JSON: prefix of X-Amz-Target */
	struct str json;    /* "1.0" or "1.1" for AWS_JSON */
	bool global;	    /* one endpoint for all regions, signed for the partition's first one */
};

/* Which of the names of a planned resource the look-up goes by, and whether that name can be had once or many times. */
enum aws_by { AWS_BY_TITLE = 1, AWS_BY_SHARED_TITLE, AWS_BY_TAG_NAME };

struct aws_lookup {
	struct str type; /* Terraform resource type */
	struct str service;
	struct str operation; /* starts with Get, List or Describe: a test says so for every row */
	enum aws_by by;
	struct str request;  /* query: form behind Action and Version; JSON: body; REST: path and query */
	struct str items;    /* path to what was found; "": the answer itself */
	struct str match;    /* path in an item that must equal the name (case and a final dot apart); "": the request was exact */
	struct str id;	     /* path in an item to the id Terraform knows it by */
	struct str identity; /* path to the ARN, or a template with {id} */
	struct str created;  /* path to when it was made; "": the answer does not say */
	struct str dead;     /* "path=value,value": items that are no longer alive */
	struct str absent;   /* error codes that mean "there is none", by commas */
	struct str why;	     /* for people: what this tells and what it does not */
};

const struct aws_service *aws_service_find(struct str name);
const struct aws_service *aws_service_nth(size_t i); /* NULL past the end */
/* The row of a Terraform type, or NULL. */
const struct aws_lookup *aws_lookup_find(struct str type);
const struct aws_lookup *aws_lookup_nth(size_t i); /* NULL past the end */

/* Does ${id} have the form of one the cloud mints anew at every creation, for this Terraform type? Then whoever holds it
 * in a state either created or imported it; names can be adopted, minted ids cannot. */
bool aws_id_is_minted(struct str type, struct str id);

#endif
