/* The table of subcommands. Compiled twice: with PAWL_SMALL for the static program, where rows of CLI_FULL have no code. */
#include "cli/commands.h"

#ifdef PAWL_SMALL
#define FULL(fn) NULL
#else
#define FULL(fn) fn
#endif

static const struct cli_option none[] = { { NULL, 0, NULL, NULL, false } };

static const char completion_help[] =
	"The script is made from the same table as this help. To try it in the shell at hand:\n"
	"\n"
	"    bash: source <(pawl completion bash)\n"
	"    zsh:  source <(pawl completion zsh)     (after compinit)\n"
	"    fish: pawl completion fish | source\n"
	"\n"
	"`make install` puts all three where the shells look.";

static const struct cli_option cleanup_options[] = {
	{ "duplicates", 0, "FILE", "state that the duplicate apply left (default: the state of this folder)", false },
	{ "production", 0, "FILE", "state that knows production", true },
	{ "plan", 0, "FILE", "the plan that was applied, saved or as JSON", false },
	{ "cloudtrail", 0, "FILE", "CloudTrail's records of those hours, JSON or gzip", true },
	{ "since", 0, "TIME", "the apply began not before (default: when the plan was made)", false },
	{ "until", 0, "TIME", "the apply had ended by (default: now)", false },
	{ "config", 0, "DIR", "the configuration with the providers (default: this folder)", false },
	{ "offline", 0, NULL, "do not ask the cloud", false },
	{ "list", 0, NULL, "only tell the objects apart, make no plan", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char cleanup_help[] =
	"For what an interrupted apply from a lost or wrong state left behind. Every object of that apply's state is one of: duplicate\n"
	"(this apply made it, production's state does not know it), adopted (production's state knows it: never deleted), unknown\n"
	"(nothing proves who made it: never deleted). What is alive under this plan's names, was made meanwhile and is in no state is an\n"
	"orphan. The plan that comes of it deletes the proven duplicates and nothing else, in a folder and with a state of its own, and is\n"
	"held like any other: a person approves it, `pawl apply` applies it.\n"
	"\n"
	"    pawl cleanup --production prod.tfstate --duplicates terraform.tfstate --plan applied.tfplan";

static const char pin_help[] =
	"Records which Terraform state is the true one of a folder (default: this one) in pawl.pin.yaml of the project: backend,\n"
	"workspace, account, region, lineage, serial, and every object with its identity in the cloud. Commit the file; `pawl plan` holds\n"
	"every plan against it. A state that is missing, empty, tainted, or shares objects with another state is never pinned. After the\n"
	"state has grown in the normal way, --update records it and says what changed; another lineage, an older serial or an edited\n"
	"content has to be confirmed at a terminal. --check: exit status 0 as pinned, 3 grown or not pinned, 4 another state.";

static const struct cli_option pin_options[] = {
	{ "update", 0, NULL, "record the state as it is now, in place of what is pinned", false },
	{ "check", 0, NULL, "compare only", false },
	{ "dry-run", 'n', NULL, "show what would be pinned, and pin nothing", false },
	{ "environment", 0, "NAME", "the environment it is (default: as pinned, else the tag most objects carry)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option shim_options[] = {
	{ "dir", 0, "DIR", "folder of the links (default: $XDG_DATA_HOME/pawl/shim)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option plan_options[] = {
	{ "live", 0, NULL, "ask the cloud what is alive (the default where credentials are at hand)", false },
	{ "offline", 0, NULL, "ask nobody", false },
	{ "no-hold", 0, NULL, "only say the verdict: open no hold", false },
	{ "folder", 0, "DIR", "where it would act (default: here)", false },
	{ "full", 0, NULL, "every change on the card", false },
	{ "compare", 0, "FILE", "another plan (staging's): say what that one did not do", false },
	{ "fresh", 0, NULL, "first take a fresh backup of what goes, and drill it (docs/backup.md)", false },
	{ "shown", 0, "FILE", "its JSON, by `show -json` elsewhere: for a machine without terraform; opens no hold", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char plan_help[] =
	"A saved plan (decoded by `terraform show -json` or `tofu show -json`) or plan JSON, `-` for standard input. The card says\n"
	"what it touches, whether that can be undone, and whether a backup was restored; a verdict of hold opens a hold.";

static const struct cli_option check_options[] = {
	{ "folder", 0, "DIR", "where it would run (default: here)", false },
	{ "full", 0, NULL, "every change on the card", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char check_help[] =
	"One word is shell text, as an agent would give it to a shell; `-` reads it from standard input; words behind `--` are an argv.\n"
	"Nothing is run, kept, held or recorded: this is what `pawl hook` would answer. Exit status is the verdict's.\n"
	"\n"
	"    pawl check 'cd infra && terraform destroy -auto-approve'\n"
	"    pawl check -- rm -rf build";

static const char explain_help[] =
	"What every part of the text was read as: the words that would run, through what (sudo, bash -c, a function …), and what they\n"
	"would do. Exit status 0.";

static const struct cli_option apply_options[] = {
	{ "approval", 0, "FILE", "an approval that travelled as a file (`pawl approve --out`), verified offline", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char apply_help[] =
	"Applies exactly that saved plan, from the private copy of the configuration in which pawl planned it. At the last moment\n"
	"the plan's digest, the state's lineage, serial and bytes, the AWS account and the findings are looked at again; the\n"
	"state is copied into pawl's keeping; the start is in the ledger before terraform runs, the end after it. A plan that\n"
	"pawl did not make is refused: plan with `pawl terraform plan -out=FILE`. See docs/apply.md.";

static const char terraform_help[] =
	"Give this to an agent in place of terraform. What only reads runs untouched. `plan -out=FILE` is made by pawl in\n"
	"a private copy of the configuration, so that `pawl apply FILE` can act on it. `apply`, `destroy` and `refresh` become a\n"
	"plan, a verdict and, where the verdict is hold, a hold that a person answers. What goes round the plan (state rm, import,\n"
	"-lock=false, init -migrate-state …, also from TF_CLI_ARGS) is refused with the safer way. Exit status: terraform's own\n"
	"where it ran, 1 for everything that did not pass. A convenience, not a boundary: docs/apply.md.";

static const char log_help[] =
	"Every request, verdict, approval and change, in order. --kind takes `*`: --kind 'apply.*'. With --json one object; with\n"
	"--json --follow one line an entry. The whole of an entry is in --json and in `pawl log export`.";

static const struct cli_option log_options[] = {
	{ "since", 0, "DURATION|TIME", "only entries from then on: 24h, 2026-11-21T09:15:00Z", false },
	{ "kind", 0, "KIND", "only entries of this kind", true },
	{ "follow", 'f', NULL, "go on, as entries come", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char log_verify_help[] =
	"Computes every chain anew and names the first entry that is not what it was, with its file and offset. An unfinished\n"
	"write at the end (a power cut, a killed process) is said but is no damage: nobody was told that it was written. Entries\n"
	"cut off clean at the end are seen only with a checkpoint kept elsewhere. Exit status 0 intact, 1 not.";

static const struct cli_option log_verify_options[] = {
	{ "checkpoint", 0, "FILE", "one that `pawl log checkpoint --to` made, kept elsewhere", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option log_export_options[] = {
	{ "format", 0, "jsonl|ocsf", "JSON lines (default), or OCSF events, one a line", false },
	{ "since", 0, "DURATION|TIME", "only entries from then on", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option log_checkpoint_options[] = {
	{ "to", 0, "FILE", "write it there (default: standard output)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char init_help[] =
	"Finds the agents that are here (by their folders in the home folder, and by their programs on PATH), shows what would\n"
	"be written into their settings as a diff, asks, and writes it: the hook with this program's absolute path, and the\n"
	"switch that makes the agent refuse when the hook fails, where it has one. What stands there keeps its bytes and its\n"
	"order. --uninit puts every file back byte for byte; one that was changed since loses only what is pawl's.";

static const struct cli_option init_options[] = {
	{ "user", 0, NULL, "into this user's settings (the default)", false },
	{ "project", 0, NULL, "into this project's settings", false },
	{ "agent", 0, "NAME", "for this agent, found or not: claude-code, codex, gemini, cursor …", true },
	{ "yes", 'y', NULL, "do not ask", false },
	{ "dry-run", 'n', NULL, "only show", false },
	{ "uninit", 0, NULL, "take it back, in both scopes", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char doctor_hooks_help[] =
	"Reads each agent's settings, runs the hook that stands there with what the agent would send it, and looks at the\n"
	"answer: a canary that must be refused, and `true`, which must pass. Says which are closed, which refuse but let the\n"
	"tool run when the hook itself fails, which are broken and which agents nobody asks for. Exit status 1 when one is\n"
	"broken or not covered.";

static const char hook_help[] =
	"For the hook of an agent's host, as `pawl init` writes it down: takes the host's JSON on standard input, answers\n"
	"in exactly the host's words and exit status. HOST: claude-code, codex, gemini, cursor, copilot, opencode, windsurf,\n"
	"cline, kiro, amp, antigravity, kimi or vscode. Whatever cannot be read or judged in five seconds is refused.\n"
	"docs/hooks.md says what each host makes of it.";

static const char notify_help[] =
	"Whom to tell stands in the policy (`notify`). What is told is worked out from the ledger: holds that wait, elevations,\n"
	"break-glass, freezes, alarms, interrupted applies; each once to each. The outbox survives crashes; what failed is tried\n"
	"again, later and later, and both are in the ledger. pawl does this in the background by itself; --now does not wait.";

static const struct cli_option notify_flush_options[] = {
	{ "wait", 0, "DURATION", "stay, and try again what fails, for that long", false },
	{ "now", 0, NULL, "try at once what would be tried later", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option undo_options[] = {
	{ "to", 0, "DIR", "put the files there, an empty or new folder, and leave the project alone", false },
	{ "dry-run", 0, NULL, "only say what would be put back", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char undo_help[] =
	"What a command would discard inside a project (rm -r, git reset --hard, clean, checkout, stash drop, branch -D, mv and > over\n"
	"files) is kept outside of it before the command runs. ITEM is K-n. It comes back byte for byte, with modes, times, links and the\n"
	"state of git; what stands there now and differs is kept first, as an item of its own. What the PostgreSQL gate let destroy comes\n"
	"back in its database, or the answer says what stands in the way: nothing is overwritten there. docs/undo.md.";

static const struct cli_option freeze_options[] = {
	{ "reason", 0, "TEXT", "why, for everybody who meets it", false },
	{ "status", 0, NULL, "only say whether it is frozen", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option unfreeze_options[] = {
	{ "reason", 0, "TEXT", "why, for the ledger", false },
	{ "key", 0, "FILE", "private key to sign with (default: the first in ~/.ssh that may)", false },
	{ "as", 0, "NAME", "the approver to be, where a key could be several", false },
	{ "yes", 0, "WORD", "the word that would be typed, unfreeze, without asking; only with --key", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char policy_check_help[] =
	"Without FILE the policy in force here: /etc/pawl/policy.yaml, $XDG_CONFIG_HOME/pawl/policy.yaml and the project's pawl.yaml,\n"
	"which may only tighten. Says what is wrong with line and column, and what is said without effect. A FILE called pawl.yaml is\n"
	"checked as a project's, any other as a user's. docs/policy.md has every key.";

static const char policy_explain_help[] =
	"Which rule, in which file and line, answers a change, in the policy in force here. Say the change by options, or give a\n"
	"FILE (- is standard input) with a request or a card in JSON, as `pawl plan --json` prints it. Exit status is the verdict's.\n"
	"With `--gate postgres` also how many rows of the table NAME (schema.table) may be changed.\n"
	"\n"
	"    pawl policy explain --kind delete --type aws_db_instance --environment staging";

static const char policy_test_help[] =
	"Runs the `cases` written in the policy files in force, or in each FILE alone. Exit status 1 when one fails.";

static const struct cli_option policy_explain_options[] = {
	{ "kind", 0, "KIND", "read, create, update, delete, replace, forget, destroy-backup, weaken-protection …", false },
	{ "type", 0, "TYPE", "resource type: aws_db_instance", false },
	{ "name", 0, "NAME", "address: aws_db_instance.db", false },
	{ "title", 0, "NAME", "the name people know it by", false },
	{ "environment", 0, "NAME", "name or kind of an environment, instead of where it is", false },
	{ "reversible", 0, "yes|window|no", "default: unknown", false },
	{ "holds-data", 0, "yes|no", "default: unknown", false },
	{ "finding", 0, "CODE", "state.swapped, protection.retention-zero …", false },
	{ "rows", 0, "N", "rows lost", false },
	{ "principal", 0, "agent|person|pipeline", "who asks (default: agent)", false },
	{ "gate", 0, "GATE", "hook, exec, terraform (default), postgres, aws, mcp", false },
	{ "tool", 0, "TOOL", "\"terraform 1.11.4\"", false },
	{ "account", 0, "ID", "where it is: cloud account", false },
	{ "region", 0, "REGION", "… region", false },
	{ "workspace", 0, "NAME", "… terraform workspace", false },
	{ "backend", 0, "BACKEND", "… backend: s3:bucket/key", false },
	{ "path", 0, "DIR", "… folder", false },
	{ "tag", 0, "TAG", "… environment tag", false },
	{ "host", 0, "HOST", "… database host", false },
	{ "database", 0, "NAME", "… database", false },
	{ "evidence", 0, "FILE", "evidence in JSON, as on a card", false },
	{ "card", 0, NULL, "print the card a person would see", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option gate_postgres_options[] = {
	{ "config", 0, "FILE", "what stands behind it (default: postgres.yaml of pawl's configuration)", false },
	{ "listen", 0, "ADDRESS:PORT", "instead of the configuration's; port 0: any", false },
	{ "rehearse", 0, NULL, "run COMMAND against a scratch copy, show all it would do, and hold it as one", false },
	{ "upstream", 0, "NAME", "--rehearse: before which one (default: the first)", false },
	{ "service", 0, NULL, "print a systemd unit", false },
	{ "permissive", 0, NULL, "judge and say, but let everything pass: for conformance tests alone", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char gate_postgres_help[] =
	"Runs in the foreground until SIGTERM; prints one line once it listens. Agents log in with session keys (`pawl postgres keys new`),\n"
	"the database's credential stays with pawl. What only reads is run read-only by the server; writes are looked at before they commit;\n"
	"what destroys waits for a person, with what it would take away on the card. docs/postgres.md.\n"
	"\n"
	"    pawl gate postgres                                      (in one terminal)\n"
	"    DATABASE_URL=$(pawl postgres keys new) claude           (in another)\n"
	"    pawl gate postgres --rehearse -- npx prisma migrate deploy";

static const struct cli_option postgres_roles_options[] = {
	{ "check", 0, NULL, "connect as the gate does, and list what that role could do", false },
	{ "upstream", 0, "NAME", "--check: which one (default: the first)", false },
	{ "config", 0, "FILE", "--check: the gate's configuration (default: postgres.yaml of pawl's configuration)", false },
	{ "database", 0, "NAME", "the database (default: the one the SQL is run in)", false },
	{ "schema", 0, "NAME", "a schema that agents work in (default: public)", true },
	{ "owner", 0, "ROLE", "whose tables of tomorrow agents see too, and all that they make is its own too", true },
	{ "login", 0, "ROLE", "also a role for the gate to log in as, and the schema pawl_trash for it", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char postgres_roles_help[] =
	"Prints SQL for psql: pawl_agent_read sees, pawl_agent_migrate also writes rows, and makes and alters what is its own; neither owns,\n"
	"so neither drops, what is there now. The gate is one wall, the server's own rights are the other. --check connects by the gate's\n"
	"credential, changes nothing, and lists what that role could do if the gate were not there: exit status 0 nothing, 3 something,\n"
	"1 it could not look.\n"
	"\n"
	"    pawl postgres roles --login pawl_gate --owner app | psql -X -v ON_ERROR_STOP=1 shop\n"
	"    pawl postgres roles --check";

static const struct cli_option postgres_keys_options[] = {
	{ "name", 0, "NAME", "new: whose key it is (default: agent)", false },
	{ "for", 0, "DURATION", "new: how long it is good (default: 8h); `ever`: no end", false },
	{ "database", 0, "NAME", "new: the upstream in the URL (default: the first)", false },
	{ "config", 0, "FILE", "the gate's configuration (default: postgres.yaml of pawl's configuration)", false },
	{ "lift", 0, "ID", "let a tightened credential ask for everything again; a person approves that", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char postgres_keys_help[] =
	"An agent logs in to `pawl gate postgres` with a session key; the database's own credential stays with pawl. `new` prints the URL\n"
	"for the agent, once: only a SCRAM verifier is kept. After a refusal or a passed row budget a key is tightened: it may read and make\n"
	"bounded writes, over new connections too, until a person lifts that. --lift opens a hold; once it is approved (`pawl approve`), the\n"
	"same command lifts. docs/postgres.md.\n"
	"\n"
	"    export DATABASE_URL=$(pawl postgres keys new --name agent --for 8h)";

static const struct cli_option holds_options[] = {
	{ "all", 0, NULL, "also those that are answered, used or expired", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option approve_options[] = {
	{ "key", 0, "FILE", "private key to sign with (default: the first in ~/.ssh that may)", false },
	{ "as", 0, "NAME", "the approver to be, where a key could be several", false },
	{ "fresh", 0, NULL, "first take a fresh backup of what goes, and drill it (docs/backup.md)", false },
	{ "out", 0, "FILE", "also write the approval as a file, for a pipeline", false },
	{ "yes", 0, "NAME", "what would be typed, without asking; only with --key", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char approve_help[] =
	"Shows the full card, says what speaks against it, asks on the terminal for the name of what dies (or a plain yes), and\n"
	"signs that with ssh-keygen -Y. The approval is for exactly this request, for one use, for a time. docs/approvals.md.";

static const struct cli_option reason_options[] = {
	{ "reason", 0, "TEXT", "why; shown to whoever asked, and on the next card like it", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option grant_options[] = {
	{ "for", 0, "DURATION", "how long, such as 30m; 8h at most", false },
	{ "scope", 0, "SCOPE", "ENVIRONMENT/TYPE/KIND, globs: 'staging/*/*'", true },
	{ "reason", 0, "TEXT", "why", false },
	{ "key", 0, "FILE", "private key to sign with (default: the first in ~/.ssh that may)", false },
	{ "as", 0, "NAME", "the approver to be, where a key could be several", false },
	{ "yes", 0, "WORD", "what would be typed, without asking; only with --key", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option glass_options[] = {
	{ "reason", 0, "TEXT", "why; needed", false },
	{ "for", 0, "DURATION", "how long; 15m unless said, 1h at most", false },
	{ "key", 0, "FILE", "private key to sign with (default: the first in ~/.ssh that may)", false },
	{ "as", 0, "NAME", "the approver to be, where a key could be several", false },
	{ "yes", 0, "WORDS", "what would be typed, without asking; only with --key", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option approvers_add_options[] = {
	{ "key", 0, "FILE", "public key", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char grant_help[] =
	"What is held within the scope passes without a further question until the time is up. A wildcard never covers production,\n"
	"nor destroy-backup, weaken-protection, change-state-identity and opaque: write those out. Every use goes into the ledger.";

static const struct cli_option backup_options[] = {
	{ "drill", 0, NULL, "restore it at once and compare: exit status of `pawl drill`", false },
	{ "within", 0, "DURATION", "no longer than that, drills included: what is not done by then is no backup, or could not verify", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char backup_help[] =
	"Of each TARGET of backup.yaml (default: all): read once, in one snapshot with the owner's questions, packed, put into its vaults and\n"
	"signed for. What is half done is no backup; the next run clears it away. Exit status 0 when every one was taken, 1 when one was not.\n"
	"docs/backup.md.";

static const struct cli_option backup_wal_options[] = {
	{ "once", 0, NULL, "what the server has written by now, and end", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char backup_wal_help[] =
	"What a physical TARGET's server writes between two backups, into its vaults as it is written: with it `pawl restore TARGET\n"
	"--until` brings back any moment. Pulled by the replication protocol through a slot of its own, pawl_TARGET, which keeps on the\n"
	"server what was not fetched yet. Runs until it is stopped; with --once (all TARGETs that backup.yaml gives a `wal`) it takes what\n"
	"there is. Exit status 1 when something was not kept, or when WAL is missing for good and a new backup is due. docs/backup.md.";

static const struct cli_option backup_init_options[] = {
	{ "vault", 0, "DIR", "the vault's folder (default: vault in pawl's state folder)", false },
	{ "empty", 0, NULL, "key, vault and backup.yaml alone: targets of other kinds are added by hand", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char backup_init_help[] =
	"CONNECT is what libpq takes: \"host=db dbname=shop user=backup\", \"service=shop\", postgres://…; no password. Without one, where\n"
	"libpq's environment leads: that database, or every database of that server. Makes the signing key, and writes backup.yaml; where\n"
	"that is there, adds what is not yet in it. It asks nothing.\n"
	"\n"
	"    pawl backup init \"host=localhost dbname=shop user=shop\"\n"
	"    pawl backup --drill\n"
	"    pawl schedule\n"
	"    pawl status";

static const char drill_help[] =
	"The newest backup of each TARGET (default: all) is restored into a scratch server that pawl starts itself and removes again, and\n"
	"compared with what was read when it was taken: a dump by every table's rows and values, files by their checksums and the number of\n"
	"rows of each table; then the owner's questions, the time and the age. It says what it compared. Exit status 0 verified, 3 failed,\n"
	"1 could not verify; nothing that went wrong, no matter what, ends in verified.";

static const struct cli_option drill_options[] = {
	{ "backup", 0, "ID", "not the newest, but this one: what is found speaks for it alone", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char status_help[] =
	"Last backup, last drill that verified one, rows, age (RPO) and time to restore (RTO) against the objectives, what was tried on the\n"
	"vault, the next run. Red: no backup or one too old, never or too long ago restored and found right, a drill or backup that failed, a\n"
	"way to harm the vault that worked, a statement that is not to be believed or that gates cannot read, a backup that is gone. What\n"
	"counts is the newest backup, whatever was drilled beside it. Exit status 0 all green, 3 something is red. Below the targets: that\n"
	"nobody is told, where the policy's `notify` names nobody.";

static const struct cli_option schedule_options[] = {
	{ "systemd", 0, NULL, "by systemd's timers (the default where systemd runs)", false },
	{ "cron", 0, NULL, "by lines in the crontab", false },
	{ "print", 0, NULL, "only print them, and change nothing", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char schedule_help[] =
	"Every 15 minutes `pawl schedule run` takes the backups and drills that are due by backup.yaml's `every` and `drill`; on its own,\n"
	"`pawl schedule check` looks whether any was missed or failed, or is gone from its vault, and tells whom the policy's\n"
	"`notify` names, once a day while it is so. A failed backup is tried again at the next run; where the newest backup is\n"
	"gone or no good, another is taken then, at most once an hour.";

static const struct cli_option vault_init_options[] = {
	{ "user", 0, "NAME", "the unix user whose it is (default: pawl-vault; made where there is none)", false },
	{ "directory", 0, "DIR", "its folder (default: /var/lib/pawl-vault)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char vault_init_help[] =
	"Run by root: makes a user for the vault, a folder 0700 that only it can name, the key that signs, a folder with signed statements\n"
	"that gates read, and /etc/pawl/backup.yaml. From then on root's `pawl backup` and `pawl drill` become that user before they\n"
	"open anything, and everybody else can only read `pawl status`.";
static const struct cli_option vault_prove_options[] = {
	{ "as", 0, "USER", "the unix user that the agent runs as (default: whoever called sudo, or this user)", false },
	{ "process", 0, "PID", "a process of the agent's: its user, groups, capabilities and environment, with the credentials in it", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char vault_prove_help[] =
	"Puts a canary into each VAULT of backup.yaml (default: all), becomes the agent and tries to harm it in every way that docs/vault.md\n"
	"lists; nothing but the canary is touched, and nothing stays. The result is signed into the statements that gates read, and in the\n"
	"ledger as vault.proved. Who keeps the vault tries himself where he names no agent: that proves and disproves nothing, and what was\n"
	"found before stands. Exit status 0 no way worked, 3 one did or there is no boundary, 1 it could not be tried.\n"
	"\n"
	"    sudo pawl vault prove --as agent";

static const struct cli_option scratch_options[] = {
	{ "for", 0, "DURATION", "how long it lives (default 4h)", false },
	{ "vault", 0, "NAME", "from this one (default: the target's first)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const struct cli_option scratch_stop_options[] = {
	{ "all", 0, NULL, "every one", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char scratch_help[] =
	"In place of production: a PostgreSQL server of its own on 127.0.0.1, with what backup.yaml's `mask` names masked before anybody can\n"
	"log in; one column that cannot be masked, and there is no copy. The URL's role owns the database and is no superuser. It ends by\n"
	"itself when its time is up, whatever became of who had its URL, and nothing of it stays. docs/backup.md.\n"
	"\n"
	"    DATABASE_URL=$(pawl scratch shop --for 4h) claude";

static const struct cli_option restore_options[] = {
	{ "backup", 0, "ID", "this one (default: the newest whole one)", false },
	{ "into", 0, "NAME", "database to make, or an empty one (default: TARGET's with the backup's time behind it)", false },
	{ "server", 0, "CONNECT", "the server to restore into, in words as the target's own have them (default: that)", false },
	{ "table", 0, "SCHEMA.NAME", "the rows of this table alone", false },
	{ "rows", 0, "FILE", "with --table: write the rows that only the backup has to this new file, for psql", false },
	{ "out", 0, "FILE", "restore nothing: write what was backed up to this new file, unpacked; for any kind of target", false },
	{ "vault", 0, "NAME", "from this one (default: the target's first)", false },
	{ "no-diff", 0, NULL, "do not compare with the live database", false },
	{ "to", 0, "DIR", "physical targets: a new data folder, with the WAL behind the backup, to be started beside the old one", false },
	{ "until", 0, "TIME|LSN", "with --to: as of then (2026-11-21T09:15:00Z, 0/3000148; default: to the end of the archive)", false },
	{ NULL, 0, NULL, NULL, false },
};

static const char restore_help[] =
	"Signature and every part are checked as they are read; each table is compared with the manifest; then, row by row, with the live\n"
	"one: what only the backup has, what only the live table has. A database that holds anything is never restored into, and the live\n"
	"one is only read: to put the restored one in its place, rename both through the gate, where a person says yes. In the ledger as\n"
	"restore.finished. docs/backup.md.\n"
	"\n"
	"    pawl restore shop\n"
	"    pawl restore shop --table public.users --rows lost-users.sql\n"
	"    pawl restore shop --until 2026-11-21T09:14:59Z --to /srv/shop-0914";

const struct cli_command cli_commands[] = {
	{ "version", "", "print the version", NULL, none, CLI_SMALL, false, cmd_version },
	{ "completion", "bash|zsh|fish", "print a completion script for a shell", completion_help, none, CLI_SMALL, false, cmd_completion },
	{ "man", "", "print the manual page pawl(1), in mdoc", NULL, none, CLI_SMALL, false, cmd_man },
	{ "plan", "FILE|-", "the verdict on a Terraform or OpenTofu plan", plan_help, plan_options, CLI_SMALL, false, cmd_plan },
	{ "check", "TEXT|-|-- WORDS …", "the verdict on a command, and the card", check_help, check_options, CLI_SMALL, false, cmd_check },
	{ "explain", "TEXT|-|-- WORDS …", "say what every part of a command was read as", explain_help, check_options, CLI_SMALL, false, cmd_explain },
	{ "apply", "PLAN", "apply exactly what was approved", apply_help, apply_options, CLI_FULL, false, FULL(cmd_apply) },
	{ "init", "", "put pawl's hook into the settings of the agents that are here", init_help, init_options, CLI_FULL, false, FULL(cmd_init) },
	{ "hook", "HOST", "answer an agent's host before a tool runs", hook_help, none, CLI_SMALL, false, cmd_hook },
	{ "terraform", "WORDS …", "terraform, with pawl in the way", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "tofu", "WORDS …", "OpenTofu, with pawl in the way", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "terragrunt", "WORDS …", "terragrunt, with pawl in the way: reads pass, the rest is refused", terraform_help, none, CLI_SMALL, true, cmd_terraform },
	{ "cleanup", "", "tell what a duplicate apply made from what is production's, and plan to delete only the former", cleanup_help, cleanup_options, CLI_FULL, false, FULL(cmd_cleanup) },
	{ "pin", "[DIR]", "record which Terraform state is the true one, or compare with it", pin_help, pin_options, CLI_FULL, false, FULL(cmd_pin) },
	{ "policy check", "[FILE …]", "say whether the policy is sound, and what in it has no effect", policy_check_help, none, CLI_SMALL, false, cmd_policy_check },
	{ "policy explain", "[FILE|-]", "name the rule, file and line behind a verdict", policy_explain_help, policy_explain_options, CLI_SMALL, false, cmd_policy_explain },
	{ "policy test", "[FILE …]", "run the cases written beside the rules", policy_test_help, none, CLI_SMALL, false, cmd_policy_test },
	{ "shim install", "", "put links named terraform, tofu and terragrunt to pawl into a folder for PATH", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_install) },
	{ "shim uninstall", "", "take the links away", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_uninstall) },
	{ "shim status", "", "say whether the links are there and met first on PATH", NULL, shim_options, CLI_FULL, false, FULL(cmd_shim_status) },
	{ "log", "", "what was asked, answered and done", log_help, log_options, CLI_FULL, false, FULL(cmd_log) },
	{ "log verify", "", "check that nothing in the ledger was changed", log_verify_help, log_verify_options, CLI_FULL, false, FULL(cmd_log_verify) },
	{ "log export", "", "the ledger for other programs, on standard output", NULL, log_export_options, CLI_FULL, false, FULL(cmd_log_export) },
	{ "log checkpoint", "", "sign how far the ledger has come, to be kept elsewhere", NULL, log_checkpoint_options, CLI_FULL, false, FULL(cmd_log_checkpoint) },
	{ "notify flush", "", "deliver what waits in the outbox", notify_help, notify_flush_options, CLI_FULL, false, FULL(cmd_notify_flush) },
	{ "notify list", "", "what was and will be told to whom", NULL, none, CLI_FULL, false, FULL(cmd_notify_list) },
	{ "notify test", "", "tell everybody the policy names that this is a test", NULL, none, CLI_FULL, false, FULL(cmd_notify_test) },
	{ "undo", "[ITEM]", "put back what a command discarded; without ITEM the same as undo list", undo_help, undo_options, CLI_FULL, false, FULL(cmd_undo) },
	{ "undo list", "", "what was discarded and is kept, newest first", NULL, none, CLI_FULL, false, FULL(cmd_undo_list) },
	{ "undo prune", "", "drop what is older or more than the policy's keep allows", NULL, none, CLI_FULL, false, FULL(cmd_undo_prune) },
	{ "scars", "", "what was denied or had to be undone in this project, and never passes unasked again", NULL, none, CLI_FULL, false, FULL(cmd_scars) },
	{ "freeze", "", "stop every change but a restore", NULL, freeze_options, CLI_FULL, false, FULL(cmd_freeze) },
	{ "unfreeze", "", "let changes pass again; a person signs", NULL, unfreeze_options, CLI_FULL, false, FULL(cmd_unfreeze) },
	{ "live-check", "", "for pawl itself: asks the cloud what is alive, JSON in and out", NULL, none, CLI_FULL, true, FULL(cmd_live_check) },
	{ "command-use", "", "for pawl itself: a command that may have been approved, JSON in and out", NULL, none, CLI_FULL, true, FULL(cmd_command_use) },
	{ "holds", "", "list what waits for a person", NULL, holds_options, CLI_FULL, false, FULL(cmd_holds) },
	{ "show", "HOLD", "show the full card of a hold", NULL, none, CLI_FULL, false, FULL(cmd_show) },
	{ "approve", "HOLD", "say yes to a hold, signed", approve_help, approve_options, CLI_FULL, false, FULL(cmd_approve) },
	{ "deny", "HOLD", "say no to a hold", NULL, reason_options, CLI_FULL, false, FULL(cmd_deny) },
	{ "revoke", "HOLD|GRANT", "take an approval or a grant back", NULL, reason_options, CLI_FULL, false, FULL(cmd_revoke) },
	{ "grant", "", "let a scope pass for a time, signed", grant_help, grant_options, CLI_FULL, false, FULL(cmd_grant) },
	{ "grants", "", "list the grants for a time in force", NULL, holds_options, CLI_FULL, false, FULL(cmd_grants) },
	{ "break-glass", "", "let everything that is held pass for a short time: signed, loud, in the ledger", NULL, glass_options, CLI_FULL, false, FULL(cmd_break_glass) },
	{ "approvers", "", "list who may approve, with which keys", NULL, none, CLI_FULL, false, FULL(cmd_approvers) },
	{ "approvers add", "NAME", "let somebody approve: a key into this user's allowed_signers", NULL, approvers_add_options, CLI_FULL, false, FULL(cmd_approvers_add) },
	{ "doctor", "", "say how much of a boundary stands here, and what goes round it", NULL, none, CLI_FULL, false, FULL(cmd_doctor) },
	{ "doctor hooks", "", "ask every agent's own hook, as the agent would, and say which are closed", doctor_hooks_help, none, CLI_FULL, false, FULL(cmd_doctor_hooks) },
	{ "gate postgres", "[-- COMMAND …]", "stand before PostgreSQL: every statement of an agent is judged", gate_postgres_help, gate_postgres_options, CLI_FULL, false, FULL(cmd_gate_postgres) },
	{ "postgres roles", "", "least-privilege roles for agents, as SQL; --check: what the role in use could do beside the gate", postgres_roles_help, postgres_roles_options, CLI_FULL, false, FULL(cmd_postgres_roles) },
	{ "postgres keys", "[list|new|revoke ID …]", "session keys for the database gate", postgres_keys_help, postgres_keys_options, CLI_FULL, false, FULL(cmd_postgres_keys) },
	{ "backup", "[TARGET …]", "take backups, into vaults that the agent cannot reach", backup_help, backup_options, CLI_FULL, false, FULL(cmd_backup) },
	{ "backup init", "[CONNECT …]", "begin: find the databases, make the key, write backup.yaml", backup_init_help, backup_init_options, CLI_FULL, false, FULL(cmd_backup_init) },
	{ "backup list", "[TARGET …]", "what lies in the vaults, and whether it can be believed", NULL, none, CLI_FULL, false, FULL(cmd_backup_list) },
	{ "backup wal", "[TARGET …]", "keep the WAL between physical backups: any moment can be brought back", backup_wal_help, backup_wal_options, CLI_FULL, false, FULL(cmd_backup_wal) },
	{ "drill", "[TARGET …]", "restore the newest backup and compare it with what was taken", drill_help, drill_options, CLI_FULL, false, FULL(cmd_drill) },
	{ "status", "[TARGET …]", "each protected database at a glance: backup, drill, vault, next run", status_help, none, CLI_FULL, false, FULL(cmd_status) },
	{ "schedule", "", "let backups and drills run by themselves", schedule_help, schedule_options, CLI_FULL, false, FULL(cmd_schedule) },
	{ "schedule run", "", "take the backups and drills that are due", NULL, none, CLI_FULL, false, FULL(cmd_schedule_run) },
	{ "schedule check", "", "page when one was missed, failed or is gone; exit status 3 then", NULL, none, CLI_FULL, false, FULL(cmd_schedule_check) },
	{ "schedule off", "", "take the timers away", NULL, schedule_options, CLI_FULL, false, FULL(cmd_schedule_off) },
	{ "vault init", "", "make a vault of a unix user of its own", vault_init_help, vault_init_options, CLI_FULL, false, FULL(cmd_vault_init) },
	{ "vault prove", "[VAULT …]", "become the agent and try to harm a backup in every way known", vault_prove_help, vault_prove_options, CLI_FULL, false, FULL(cmd_vault_prove) },
	{ "restore", "TARGET", "bring a backup back, beside what is live, and say what it would bring", restore_help, restore_options, CLI_FULL, false, FULL(cmd_restore) },
	{ "scratch", "TARGET", "a running copy of the newest verified backup, for agents to work on; prints its URL", scratch_help, scratch_options, CLI_FULL, false, FULL(cmd_scratch) },
	{ "scratch list", "", "the copies that run, and how long yet", NULL, none, CLI_FULL, false, FULL(cmd_scratch_list) },
	{ "scratch stop", "[ID]", "end a copy and remove it", NULL, scratch_stop_options, CLI_FULL, false, FULL(cmd_scratch_stop) },
	{ NULL, NULL, NULL, NULL, NULL, 0, false, NULL },
};
