#!/usr/bin/env python3
"""`pawl doctor hooks`: every agent's own hook is asked; closed, fails open, broken and not covered are told apart."""
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import hosts  # noqa: E402
import source  # noqa: E402

PAWL = str(source.BUILD / "src" / "cli" / "pawl")
AGENTS = [h for h in hosts.HOSTS if h != "vscode"]
CLOSED = {"claude-code", "cursor", "copilot", "opencode", "amp"}
HOME = pathlib.Path("home").absolute()
ENV = {"HOME": str(HOME), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def pawl(*words):
    p = subprocess.run([PAWL, *words], env=ENV, cwd=HOME / "work", capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return p.returncode, p.stdout, p.stderr


def states():
    status, out, err = pawl("doctor", "hooks", "--json")
    return status, {h["agent"]: (h["state"], h.get("why", "")) for h in json.loads(out)["hooks"]}


def change(name, how):
    """Runs doctor with one settings file changed, and puts it back."""
    path = HOME / name
    before = path.read_bytes()
    mode = path.stat().st_mode
    path.write_text(how(before.decode()))
    try:
        return states()
    finally:
        path.write_bytes(before)
        path.chmod(mode)


def wrong(name, agent, want, words, how):
    status, found = change(name, how)
    if found[agent][0] != want or words not in found[agent][1] or (status == 0) != (want in ("closed", "fails-open")):
        yield "%s: %r, exit %d" % (agent, found[agent], status)
    others = {a: s[0] for a, s in found.items() if a != agent and s[0] != ("closed" if a in CLOSED else "fails-open")}
    if others:
        yield "the others: %r" % others


def cannot_judge():
    p = subprocess.run([PAWL, "hook", "amp"], input='{"tool":"Bash","input":{"cmd":"true"},"cwd":"/"}', capture_output=True, text=True, env=ENV)
    return "cannot judge commands yet" in p.stdout


def main():
    tap = source.Tap()
    (HOME / "work").mkdir(parents=True)
    if cannot_judge():
        tap.skip("hooks are asked", "this pawl cannot judge commands yet")
        return tap.end()
    status, found = states()
    tap.check("nobody is here", [] if status == 0 and {s for s, _ in found.values()} == {"absent"} else [status, found])
    (HOME / ".claude").mkdir()
    status, found = states()
    tap.check("an agent without a hook", [] if status == 1 and found["claude-code"][0] == "not-covered" else [status, found])
    tap.check("hooks are written", [] if pawl("init", "--yes", *[w for a in AGENTS for w in ("--agent", a)])[0] == 0 else ["no"])
    status, found = states()
    tap.check("every agent is asked, and told as it is",
              ["%s: %r" % (a, found[a]) for a in AGENTS if found[a][0] != ("closed" if a in CLOSED else "fails-open")] + ([status] if status else []))
    yes = HOME / "yes"
    yes.write_text("#!/bin/sh\ncat > /dev/null\n")
    yes.chmod(0o755)
    no = HOME / "no"
    no.write_text("#!/bin/sh\nexec %s hook claude-code < /dev/null\n" % PAWL)
    no.chmod(0o755)
    claude = ".claude/settings.json"
    tap.check("a hook that says yes to everything", wrong(claude, "claude-code", "broken", "canary",
                                                         lambda t: t.replace(PAWL, str(yes))))
    tap.check("a hook that refuses, but not this", wrong(claude, "claude-code", "broken", "canary", lambda t: t.replace(PAWL, str(no))))
    tap.check("a program that is gone", wrong(".cursor/hooks.json", "cursor", "broken", "canary", lambda t: t.replace(PAWL, "/nowhere/pawl")))
    tap.check("hooks switched off", wrong(claude, "claude-code", "broken", "disableAllHooks",
                                         lambda t: t.replace("{", '{ "disableAllHooks": true,', 1)))
    tap.check("without the switch", wrong(claude, "claude-code", "fails-open", "onFailure",
                                          lambda t: re.sub(r',\s*"onFailure": "block"', "", t)))
    tap.check("codex: the hook is not trusted", wrong(".codex/config.toml", "codex", "broken", "trusted",
                                                     lambda t: re.sub(r"\[hooks.state[^\[]*", "", t)))
    tap.check("codex: the hook is another than was trusted", wrong(".codex/config.toml", "codex", "broken", "trusts another",
                                                                  lambda t: re.sub("sha256:.", "sha256:x", t)))
    tap.check("codex: hooks are off", wrong(".codex/config.toml", "codex", "broken", "features.hooks",
                                           lambda t: t.replace("hooks = true", "hooks = false")))
    tap.check("the hook is taken out", wrong(".codeium/windsurf/hooks.json", "windsurf", "not-covered", "pawl init", lambda t: "{}"))
    old = HOME / "bin"
    old.mkdir()
    (old / "claude").write_text("#!/bin/sh\necho '2.1.294 (Claude Code)'\n")
    (old / "claude").chmod(0o755)
    ENV["PATH"] = "%s:/usr/bin:/bin" % old
    status, found = states()
    tap.check("a version that does not know the switch", [] if status == 0 and found["claude-code"][0] == "fails-open" else [found["claude-code"]])
    (old / "claude").write_text("#!/bin/sh\necho '2.1.295 (Claude Code)'\n")
    status, found = states()
    tap.check("a version that does", [] if found["claude-code"][0] == "closed" else [found["claude-code"]])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
