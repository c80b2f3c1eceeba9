#include "facts/terraform_commands.h"

#include "base/base.h"

/* clang-format off */
#define TF (TERRAFORM_TOOL_TERRAFORM | TERRAFORM_TOOL_TOFU)
#define TG TERRAFORM_TOOL_TERRAGRUNT
#define ALL TERRAFORM_TOOL_ALL
#define S(x) STR_INIT(x)
#define NONE { NULL, 0 }
#define PASS(name, command, why, yes, no) \
	{ S(name), ALL, S(command), NONE, FLAG_ANY, NONE, TERRAFORM_WAY_PASS, S(why), NONE, S(yes), S(no) },
#define DOES(name, tools, command, way, why, safer, yes, no) \
	{ S(name), tools, S(command), NONE, FLAG_ANY, NONE, TERRAFORM_WAY_##way, S(why), S(safer), S(yes), S(no) },
#define FLAG(name, tools, command, flag, value, way, why, safer, yes, no) \
	{ S(name), tools, S(command), S(flag), FLAG_##value, NONE, TERRAFORM_WAY_##way, S(why), S(safer), S(yes), S(no) },
#define SET(name, tools, command, variable, way, why, safer, yes, no) \
	{ S(name), tools, S(command), NONE, FLAG_ANY, S(variable), TERRAFORM_WAY_##way, S(why), S(safer), S(yes), S(no) },

#define FORWARD "change the definition, `pawl terraform plan -out=FILE`, read the plan, `pawl apply FILE`"
#define ONE_STATE "work in the folder whose backend holds the right state, and let `pawl plan` name that state first"

/* Seen in terraform's internal/command and commands.go (1.5 to 1.14) and in OpenTofu's; what the words do was tried on
 * terraform 1.11. Terragrunt: its documentation, command and flag reference. */
static const struct terraform_rule rules[] = {
	/* reads, or prepares the folder */
	PASS("usage", "", "prints usage", "terraform", "terraform apply")
	PASS("show", "show", "reads", "terraform show -json plan.bin", "terraform apply plan.bin")
	PASS("validate", "validate", "reads", "terraform validate", "terraform test")
	PASS("fmt", "fmt", "writes nothing but the layout of configuration files", "terraform fmt -recursive", "terraform taint aws_instance.a")
	PASS("output", "output|output *", "reads", "terraform output -json", "terraform refresh")
	PASS("providers", "providers|providers lock|providers mirror|providers schema", "reads, or writes the lock file", "terraform providers schema -json", "terraform state replace-provider a b")
	PASS("version", "version", "reads", "terraform version -json", "terraform destroy")
	PASS("graph", "graph|modules|metadata|metadata functions|query|console|get", "reads", "terraform graph", "terraform import a b")
	PASS("help", "help", "prints help", "terraform apply -help", "terraform apply")
	PASS("state-read", "state|state list|state show|state pull|state identities", "reads", "terraform state list", "terraform state rm aws_instance.a")
	PASS("workspace-read", "workspace|workspace list|workspace show|workspace select|workspace new|env|env list|env select|env new",
	     "chooses which state later commands act on; each plan is judged for the state it would act on", "terraform workspace select staging", "terraform workspace delete staging")
	PASS("init", "init", "prepares the folder; questions about moving state are answered no", "terraform init", "terraform init -migrate-state")
	{ S("plan"), ALL, S("plan"), NONE, FLAG_ANY, NONE, TERRAFORM_WAY_PLAN, S("reads; with -out the plan is made by pawl in a private copy"), NONE, S("terraform plan -out=p"), S("terraform apply p") },

	/* acts: becomes a plan, a verdict and a hold */
	DOES("apply", TF, "apply", APPLY, "apply without a plan acts on what nobody has read", FORWARD, "terraform apply", "terraform plan")
	FLAG("apply-destroy", TF, "apply", "destroy", TRUE, APPLY, "apply -destroy destroys everything the state holds",
	     "remove the definition of what should go, plan, review, apply; never destroy", "terraform apply -destroy", "terraform apply -destroy=false")
	FLAG("apply-replace", TF, "apply", "replace", ANY, APPLY, "-replace destroys the object and makes an empty one in its place",
	     "`pawl terraform plan -replace=ADDR -out=FILE`, read what dies with it, `pawl apply FILE`", "terraform apply -replace=aws_db_instance.db", "terraform apply")
	FLAG("apply-auto-approve", TF, "apply", "auto-approve", TRUE, APPLY, "-auto-approve answers for the person", FORWARD, "terraform apply -auto-approve", "terraform plan -var x=1")
	DOES("destroy", TF, "destroy", APPLY, "destroy deletes everything the selected state holds, whatever the configuration says",
	     "remove the definition of what should go, plan, review, apply (forward evolution); never destroy. To clear away duplicates: `pawl cleanup`", "terraform destroy", "terraform plan -destroy -out=p")
	DOES("refresh", TF, "refresh", APPLY, "refresh writes the state without asking: with the wrong account or region it forgets everything",
	     "`pawl terraform plan -refresh-only -out=FILE`, read it, `pawl apply FILE`", "terraform refresh", "terraform plan -refresh-only")

	/* acts on the record of what exists, or on what pawl could not watch */
	DOES("state-rm", ALL, "state rm", REFUSE, "state rm makes terraform forget a living object: the next apply makes a second one",
	     "a `removed` block with destroy = false, plan, review, apply", "terraform state rm aws_db_instance.db", "terraform state list")
	DOES("state-mv", ALL, "state mv", REFUSE, "state mv changes the state outside any plan", "a `moved` block, plan, review, apply", "terraform state mv a.b a.c", "terraform state show a.b")
	DOES("state-push", ALL, "state push", REFUSE, "state push overwrites the record of what exists",
	     "leave the state alone: `pawl plan` says which state is the right one; a person restores it and pins it", "terraform state push old.tfstate", "terraform state pull")
	DOES("state-replace-provider", ALL, "state replace-provider", REFUSE, "state replace-provider rewrites the state outside any plan",
	     "a person does this once, with a copy of the state kept", "terraform state replace-provider a b", "terraform providers")
	DOES("force-unlock", ALL, "force-unlock", REFUSE, "force-unlock breaks the lock of an apply that may still be running",
	     "wait, find who holds the lock (`terraform plan` names them), let a person break it", "terraform force-unlock -force 1234", "terraform plan")
	DOES("workspace-delete", ALL, "workspace delete|env delete", REFUSE, "workspace delete removes a state; with -force also one that holds living objects",
	     "plan the removal of what the workspace holds, review, apply; a person removes the empty workspace", "terraform workspace delete -force staging", "terraform workspace list")
	DOES("import", ALL, "import", REFUSE, "import takes an object under this state outside any plan: a later apply or destroy then acts on it",
	     "an `import` block, plan, review, apply", "terraform import aws_s3_bucket.b courses-prod-files", "terraform plan -generate-config-out=x.tf")
	DOES("taint", ALL, "taint|untaint", REFUSE, "taint makes the next apply destroy and remake the object",
	     "`pawl terraform plan -replace=ADDR -out=FILE`, read what dies with it, `pawl apply FILE`", "terraform taint aws_db_instance.db", "terraform plan -replace=aws_db_instance.db")
	DOES("test", ALL, "test", REFUSE, "test really creates and destroys objects in whatever account the credentials open",
	     "`terraform validate` and `terraform plan`; a person runs the tests in a scratch account", "terraform test", "terraform validate")
	DOES("login", ALL, "login|logout", REFUSE, "login and logout change the credentials that every later command uses", "a person does that", "terraform login", "terraform version")

	/* options that turn a harmless command into another */
	FLAG("lock-false", ALL, "*", "lock", FALSE, REFUSE, "-lock=false acts while another apply may be writing the same state",
	     "leave the lock on; wait, or -lock-timeout=5m", "terraform plan -lock=false", "terraform plan -lock=true")
	FLAG("state-option", ALL, "plan|apply|destroy|refresh|import|taint|untaint|state mv|state rm|state push|state replace-provider|workspace new|env new", "state", ANY, REFUSE,
	     "-state acts on another state than the folder's backend", ONE_STATE, "terraform apply -state=old.tfstate", "terraform state list -state=old.tfstate")
	FLAG("state-out", ALL, "*", "state-out", ANY, REFUSE, "-state-out leaves the folder's own state behind: the next apply does everything twice", ONE_STATE, "terraform apply -state-out=x", "terraform apply")
	FLAG("backup", ALL, "*", "backup", ANY, REFUSE, "-backup moves or turns off the copy of the state that terraform keeps", "leave -backup away", "terraform apply -backup=-", "terraform apply")
	FLAG("backup-out", ALL, "*", "backup-out", ANY, REFUSE, "-backup-out moves the copy of the state that terraform keeps", "leave -backup-out away", "terraform state mv -backup-out=x a b", "terraform apply")
	FLAG("ignore-remote-version", ALL, "*", "ignore-remote-version", TRUE, REFUSE, "-ignore-remote-version writes a state in a format that the others cannot read",
	     "use the version of terraform that the workspace uses", "terraform workspace new -ignore-remote-version x", "terraform workspace new x")
	FLAG("init-migrate-state", ALL, "init", "migrate-state", TRUE, REFUSE, "init -migrate-state copies this folder's state over another one, of another lineage too",
	     "a person moves state, after comparing lineage and resources before and after", "terraform init -migrate-state", "terraform init -upgrade")
	FLAG("init-force-copy", ALL, "init", "force-copy", TRUE, REFUSE, "init -force-copy answers yes to overwriting another state",
	     "a person moves state, after comparing lineage and resources before and after", "terraform init -force-copy", "terraform init")
	FLAG("init-reconfigure", ALL, "init", "reconfigure", TRUE, REFUSE, "init -reconfigure binds the folder to another state and forgets the one it had", ONE_STATE, "terraform init -reconfigure", "terraform init -backend=false")
	FLAG("init-backend-config", ALL, "init", "backend-config", ANY, REFUSE, "init -backend-config can bind the folder to another state",
	     "write the backend into the configuration, where a review sees it; a person runs this init", "terraform init -backend-config=key=prod.tfstate", "terraform init -input=false")
	SET("reattach", ALL, "plan|apply|destroy|refresh", "TF_REATTACH_PROVIDERS", REFUSE, "TF_REATTACH_PROVIDERS puts an unknown running program in the provider's place",
	    "unset TF_REATTACH_PROVIDERS", "TF_REATTACH_PROVIDERS={} terraform plan", "terraform plan")

	/* terragrunt */
	DOES("terragrunt-read", TG, "graph-dependencies|terragrunt-info|info|info *|hclfmt|hclvalidate|hcl|hcl *|format|render|render-json|render *|list|find|dag|dag *|output-module-groups|validate-inputs|help|version|stack output|stack generate|stack clean",
	     PASS, "reads", "", "terragrunt hclfmt", "terragrunt run --all apply")
	DOES("terragrunt-apply", TG, "apply|destroy|refresh", REFUSE, "terragrunt applies by itself, and with run --all it answers yes for every unit below the folder",
	     "one unit at a time: in the unit's generated folder, `pawl terraform plan -out=FILE`, read it, `pawl apply FILE`", "terragrunt run-all destroy --terragrunt-non-interactive", "terragrunt run-all plan")
	DOES("terragrunt-exec", TG, "exec", REFUSE, "terragrunt exec runs any program with the unit's credentials", "run what is meant, by its own name", "terragrunt exec -- bash", "terragrunt plan")
	DOES("terragrunt-backend", TG, "backend|backend *", REFUSE, "terragrunt backend moves or deletes the place where states lie", "a person does that", "terragrunt backend delete --force", "terragrunt plan")
	FLAG("terragrunt-tf-path", TG, "*", "tf-path", ANY, REFUSE, "another program would be run in terraform's place", "leave it away: terragrunt finds terraform on PATH", "terragrunt plan --tf-path /opt/terraform", "terragrunt plan")
	FLAG("terragrunt-tfpath", TG, "*", "terragrunt-tfpath", ANY, REFUSE, "another program would be run in terraform's place", "leave it away: terragrunt finds terraform on PATH", "terragrunt plan --terragrunt-tfpath=/opt/terraform", "terragrunt plan")
	SET("terragrunt-tg-tf-path", TG, "*", "TG_TF_PATH", REFUSE, "another program would be run in terraform's place", "unset TG_TF_PATH", "TG_TF_PATH=/opt/tf terragrunt plan", "terragrunt plan")
	SET("terragrunt-tfpath-variable", TG, "*", "TERRAGRUNT_TFPATH", REFUSE, "another program would be run in terraform's place", "unset TERRAGRUNT_TFPATH", "TERRAGRUNT_TFPATH=/opt/tf terragrunt plan", "terragrunt plan")
};

/* Options whose value may be the next word. */
static const struct str with_value[] = {
	S("var"), S("var-file"), S("target"), S("exclude"), S("target-file"), S("exclude-file"), S("replace"), S("state"), S("state-out"), S("backup"),
	S("backup-out"), S("parallelism"), S("lock-timeout"), S("out"), S("generate-config-out"), S("backend-config"), S("from-module"),
	S("plugin-dir"), S("test-directory"), S("filter"), S("json-into"),
	/* terragrunt */
	S("terragrunt-working-dir"), S("terragrunt-config"), S("terragrunt-tfpath"), S("terragrunt-iam-role"), S("terragrunt-source"),
	S("terragrunt-parallelism"), S("terragrunt-include-dir"), S("terragrunt-exclude-dir"), S("terragrunt-log-level"), S("terragrunt-download-dir"),
	S("working-dir"), S("config"), S("tf-path"), S("iam-assume-role"), S("source"), S("queue-include-dir"), S("queue-exclude-dir"), S("log-level"),
	S("log-format"), S("download-dir"),
};
static const struct str apply_only[] = { S("auto-approve"), S("state-out"), S("backup") };
static const struct str groups[] = { S("state"), S("workspace"), S("env"), S("providers"), S("metadata"), S("stack"), S("backend"), S("hcl"), S("dag"), S("stacks") };
/* clang-format on */

const struct terraform_rule *terraform_rule_nth(size_t i)
{
	return i < ARRAY_LEN(rules) ? &rules[i] : NULL;
}

static bool is_one_of(struct str s, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_eq(s, list[i]))
			return true;
	}
	return false;
}

bool terraform_flag_takes_value(struct str flag)
{
	return is_one_of(flag, with_value, ARRAY_LEN(with_value));
}

bool terraform_flag_apply_only(struct str flag)
{
	return is_one_of(flag, apply_only, ARRAY_LEN(apply_only));
}

bool terraform_command_group(struct str word)
{
	return is_one_of(word, groups, ARRAY_LEN(groups));
}
