/* commands.h -- the functions behind the table, one file each.
 * Room: cli. Each returns an exit status (enum cli_exit).
 */
#ifndef PAWL_CLI_COMMANDS_H
#define PAWL_CLI_COMMANDS_H

#include "cli/command.h"

int cmd_version(struct cli *c);
int cmd_completion(struct cli *c);
int cmd_man(struct cli *c);
int cmd_pin(struct cli *c);
int cmd_cleanup(struct cli *c);
int cmd_command_use(struct cli *c); /* for pawl itself */
int cmd_live_check(struct cli *c); /* for pawl itself */
int cmd_plan(struct cli *c);
int cmd_check(struct cli *c);
int cmd_explain(struct cli *c);
int cmd_apply(struct cli *c);
int cmd_terraform(struct cli *c); /* and tofu, terragrunt: by the row's name */
int cmd_policy_check(struct cli *c);
int cmd_policy_explain(struct cli *c);
int cmd_policy_test(struct cli *c);
int cmd_shim_install(struct cli *c);
int cmd_shim_uninstall(struct cli *c);
int cmd_shim_status(struct cli *c);
int cmd_log(struct cli *c);
int cmd_notify_flush(struct cli *c);
int cmd_notify_list(struct cli *c);
int cmd_notify_test(struct cli *c);
int cmd_freeze(struct cli *c);
int cmd_unfreeze(struct cli *c);
int cmd_log_verify(struct cli *c);
int cmd_log_export(struct cli *c);
int cmd_log_checkpoint(struct cli *c);
int cmd_holds(struct cli *c);
int cmd_show(struct cli *c);
int cmd_approve(struct cli *c);
int cmd_deny(struct cli *c);
int cmd_revoke(struct cli *c);
int cmd_grant(struct cli *c);
int cmd_grants(struct cli *c);
int cmd_break_glass(struct cli *c);
int cmd_approvers(struct cli *c);
int cmd_approvers_add(struct cli *c);
int cmd_doctor(struct cli *c);
int cmd_hook(struct cli *c);
int cmd_init(struct cli *c);
int cmd_doctor_hooks(struct cli *c);
int cmd_scars(struct cli *c);
int cmd_undo(struct cli *c);
int cmd_undo_list(struct cli *c);
int cmd_undo_prune(struct cli *c);
int cmd_gate_postgres(struct cli *c);
int cmd_postgres_roles(struct cli *c);
int cmd_postgres_keys(struct cli *c);
int cmd_backup(struct cli *c);
int cmd_backup_init(struct cli *c);
int cmd_backup_list(struct cli *c);
int cmd_backup_wal(struct cli *c);
int cmd_drill(struct cli *c);
int cmd_status(struct cli *c);
int cmd_schedule(struct cli *c);
int cmd_schedule_run(struct cli *c);
int cmd_schedule_check(struct cli *c);
int cmd_schedule_off(struct cli *c);
int cmd_vault_init(struct cli *c);
int cmd_vault_prove(struct cli *c);
int cmd_restore(struct cli *c);
int cmd_scratch(struct cli *c);
int cmd_scratch_list(struct cli *c);
int cmd_scratch_stop(struct cli *c);

#endif
