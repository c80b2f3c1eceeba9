/* hcl.h -- what pawl wants to know of Terraform's configuration text, without evaluating it.
 * Room: read. Pure and total: any bytes give what was found; `understood` is false when brackets, strings or comments do not close.
 * Comments, heredocs, strings and the templates in them are skipped over, so nothing in them is taken for a block.
 * Cost: linear; braces and templates may nest HCL_MAX_DEPTH deep.
 */
#ifndef PAWL_READ_HCL_H
#define PAWL_READ_HCL_H

#include "base/json.h"
#include "read/plan.h"

#define HCL_MAX_DEPTH 200

struct hcl_name {
	struct str name; /* "module.a.aws_db_instance.db": no instance keys */
	struct hcl_name *next;
};

struct hcl_provider {
	struct str source, version; /* "registry.terraform.io/hashicorp/aws", "5.100.0" */
	struct hcl_provider *next;
};

/* Filled by any number of calls over the files of one configuration; start with zeroes and understood = true. */
struct hcl_found {
	struct hcl_name *prevent_destroy; /* resources with lifecycle.prevent_destroy = true */
	size_t n_prevent_destroy;
	struct hcl_provider *providers; /* provider blocks with a label and a version: of the lock file */
	struct str backend;		/* type in terraform { backend "s3" {} }; "cloud" for a cloud block */
	size_t n_resources;
	bool understood;
};

/* One .tf or lock file. ${prefix} is put before addresses: "" or "module.a.module.b." */
void hcl_scan(struct str text, struct str prefix, struct arena *arena, struct hcl_found *found);
/* One .tf.json file. */
void hcl_scan_json(struct str text, struct str prefix, struct arena *arena, struct hcl_found *found);
/* By the file's name: .tf or .tf.json; others are left alone. */
void hcl_scan_file(struct str name, struct str text, struct str prefix, struct arena *arena, struct hcl_found *found);

/* "a.b" (a key of a saved plan's modules) as "module.a.module.b."; "" stays "". */
struct str hcl_module_prefix(struct str key, struct arena *arena);
/* The names, sorted, each once. */
struct str_set hcl_set(const struct hcl_name *names, struct arena *arena);

#endif
