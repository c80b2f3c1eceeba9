#!/usr/bin/env python3
"""The plugins for OpenCode and Amp, as `pawl init` writes them, run by node as their hosts load them: a yes lets the call go on; a no, a program
that is gone, killed, silent, or that says something else, stops it."""
import os
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

PAWL = str(source.BUILD / "src" / "cli" / "pawl")
TOOL = str(source.BUILD / "tests" / "lib" / "hook_tool")
HOME = pathlib.Path("home").absolute()
DRIVERS = {
    "opencode": """import { Pawl } from "./plugin.mjs"
const hooks = await Pawl({ directory: "/p" })
try { await hooks["tool.execute.before"]({ tool: "bash", sessionID: "s", callID: "c" }, { args: { command: "terraform destroy" } }); console.log("runs") }
catch (e) { console.log("stopped: " + e.message) }
""",
    "amp": """import plugin from "./plugin.mjs"
let handler
plugin({ on: (name, f) => { if (name === "tool.call") handler = f } })
const r = await handler({ tool: "Bash", input: { cmd: "terraform destroy" }, thread: { id: "T" } }, {})
console.log(r.action === "allow" ? "runs" : r.action === "reject-and-continue" ? "stopped: " + r.message : "?")
""",
}
PROGRAMS = {
    "a yes": ('exec %s run $2 allow' % TOOL, "runs", ""),
    "a no": ('exec %s run $2 hold' % TOOL, "stopped", "pawl HELD H-42: deletes the database \"shop\" of production"),
    "killed": ("kill -KILL $$", "stopped", "could not be asked"),
    "silent": ("exit 0", "stopped", "could not be asked"),
    "another word": ("echo '{\"decision\":\"maybe\"}'", "stopped", "could not be asked"),
    "no JSON": ("echo yes", "stopped", "could not be asked"),
    "a yes with a wrong status": ("echo '{\"decision\":\"allow\"}'; exit 1", "stopped", "could not be asked"),
    "an array": ("echo '[\"allow\"]'", "stopped", "could not be asked"),
}


def wrong(host, body, want, words):
    folder = pathlib.Path("%s-%d" % (host, abs(hash(body)))).absolute()
    folder.mkdir()
    program = folder / "program"
    program.write_text("#!/bin/sh\n%s\n" % body)
    program.chmod(0o755)
    plugin = next(HOME.rglob("pawl.js" if host == "opencode" else "pawl.ts")).read_text()
    if plugin.count('"%s"' % PAWL) != 1:
        yield "the plugin does not name the program: " + plugin[:400]
    (folder / "plugin.mjs").write_text(plugin.replace(PAWL, str(program)))
    (folder / "drive.mjs").write_text(DRIVERS[host])
    p = subprocess.run(["node", "drive.mjs"], cwd=folder, capture_output=True, text=True, timeout=600)
    if not p.stdout.startswith(want) or words not in p.stdout:
        yield p.stdout + p.stderr


def main():
    tap = source.Tap()
    HOME.mkdir(exist_ok=True)
    p = subprocess.run([PAWL, "init", "--yes", "--agent", "opencode", "--agent", "amp"], env=dict(os.environ, HOME=str(HOME)), cwd=HOME,
                       capture_output=True, text=True, stdin=subprocess.DEVNULL)
    tap.check("the plugins are written", [] if p.returncode == 0 else [p.stdout + p.stderr])
    for host in DRIVERS:
        for name, (body, want, words) in PROGRAMS.items():
            if not shutil.which("node"):
                tap.skip("%s: %s" % (host, name), "no node")
            else:
                tap.check("%s: %s" % (host, name), wrong(host, body, want, words))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
