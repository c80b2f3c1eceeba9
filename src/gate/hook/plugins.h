/* plugins.h -- our plugins for the hosts that run them in their own process, as text; @PAWL_JS@ stands for the program's path.
 * Room: gate/hook.
 */
#ifndef PAWL_GATE_HOOK_PLUGINS_H
#define PAWL_GATE_HOOK_PLUGINS_H

extern const char plugin_opencode_js[];
extern const char plugin_amp_ts[];

#endif
