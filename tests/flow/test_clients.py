#!/usr/bin/env python3
# serial
# timeout: 900
"""Real agents, headless, in their most permissive mode, against a loopback stand-in for their model that asks for destructive commands and then
for a harmless one. Their hooks are written by `pawl init`. The destructive command must never run, the refusal must reach the model word for
word, the harmless one must run. And what each agent does when pawl itself is killed: written down here and in docs/hooks.md.

The agents come from npm into a folder that is kept ($PAWL_TEST_CLIENTS, else ~/.cache/pawl-test-clients of the user); without npm or its
registry the test is skipped.
"""
import json
import os
import pathlib
import pwd
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import models  # noqa: E402
import npm  # noqa: E402
import source  # noqa: E402

PAWL = str(source.BUILD / "src" / "cli" / "pawl")
PACKAGES = {"claude": "@anthropic-ai/claude-code@2.1.330", "codex": "@openai/codex@0.169.0", "gemini": "@google/gemini-cli@0.61.0"}
CACHE = pathlib.Path(os.environ.get("PAWL_TEST_CLIENTS") or
                     os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".cache", "pawl-test-clients",
                                  "-".join(p.rsplit("@", 1)[1] for p in PACKAGES.values())))
STUBS = ("terraform", "dropdb")
# The last is harmless, and writes down which programs a command of the agent's would have met.
SCRIPT = ["terraform destroy -auto-approve", "dropdb prod", "probe"]


def node_too_old():
    """Gemini's client asks for node 20; Debian 12 has 18. A newer one is to be had from npm."""
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    except OSError:
        return True
    return int((re.match(r"v(\d+)", said) or ["", "0"])[1]) < 20


def install():
    """None, or why not."""
    newer = "node-linux-%s@22" % {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    packages = [*PACKAGES.values(), *([newer] if node_too_old() else [])]
    return npm.installed(CACHE, packages, ["node_modules/.bin/" + name for name in PACKAGES])


class World:
    """A home, a project, and stubs that write down that they ran."""

    def __init__(self, name, model):
        self.dir = pathlib.Path("world-" + name).absolute()
        self.home, self.project, self.stubs = self.dir / "home", self.dir / "project", self.dir / "stubs"
        for d in (self.home, self.project, self.stubs):
            d.mkdir(parents=True)
        subprocess.run(["git", "init", "-q", str(self.project)], check=True)
        for stub in STUBS:
            p = self.stubs / stub
            p.write_text('#!/bin/sh\necho "$0 $*" >> %s/stub-ran\n' % self.dir)
            p.chmod(0o755)
        (self.stubs / "probe").write_text("#!/bin/sh\ncommand -v %s > %s/probe-ran\n" % (" ".join(STUBS), self.dir))
        (self.stubs / "probe").chmod(0o755)
        # Codex runs commands in a login shell, which may set PATH anew.
        for name in (".bash_profile", ".profile"):
            (self.home / name).write_text('export PATH="%s:$PATH"\n' % self.stubs)
        keep = {k: v for k, v in os.environ.items() if k in ("LANG", "LC_ALL", "TMPDIR", "TERM")}
        self.env = dict(keep, HOME=str(self.home), PAWL_STATE=str(self.dir / "state"), NO_PROXY="127.0.0.1",
                        PATH="%s:%s:%s" % (self.stubs, CACHE / "node_modules" / ".bin", os.environ["PATH"]))
        self.model = model

    def init(self, agent):
        if agent == "gemini":  # settings of its user stand there before pawl comes
            (self.home / ".gemini").mkdir()
            (self.home / ".gemini" / "settings.json").write_text('{\n  // how to sign in\n  "security": {"auth": {"selectedType": "gemini-api-key"}}\n}\n')
        p = subprocess.run([PAWL, "init", "--yes", "--agent", agent], env=self.env, cwd=self.project, capture_output=True, text=True)
        return p.stdout + p.stderr if p.returncode else None

    def run(self, words, env):
        try:
            p = subprocess.run(words, env=dict(self.env, **env), cwd=self.project, stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
            return p.stdout.decode(errors="replace") + p.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired as e:
            return "it took too long\n" + (e.stdout or b"").decode(errors="replace")


def run_claude(w):
    return w.run(["claude", "-p", "do it", "--dangerously-skip-permissions", "--model", "claude-sonnet-4-5"],
                 {"ANTHROPIC_BASE_URL": w.model.url, "ANTHROPIC_API_KEY": "sk-ant-stand-in", "IS_SANDBOX": "1", "DISABLE_AUTOUPDATER": "1",
                  "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_TELEMETRY": "1"})


def run_codex(w):
    return w.run(["codex", "exec", "--dangerously-bypass-approvals-and-sandbox", "--skip-git-repo-check", "-c", "model_provider=stand-in",
                  "-c", 'model_providers.stand-in={name="s",base_url="%s/v1",wire_api="responses",env_key="STAND_IN_KEY"}' % w.model.url,
                  "-m", "gpt-5", "do it"], {"STAND_IN_KEY": "k"})


def run_gemini(w):
    return w.run(["gemini", "--yolo", "--skip-trust", "-m", "gemini-2.5-flash", "-p", "do it"],
                 {"GOOGLE_GEMINI_BASE_URL": w.model.url, "GEMINI_API_KEY": "stand-in", "GEMINI_CLI_NO_RELAUNCH": "true",
                  "GEMINI_TELEMETRY_ENABLED": "false", "GEMINI_CLI_TRUST_WORKSPACE": "true"})


CLIENTS = {"claude-code": run_claude, "codex": run_codex, "gemini": run_gemini}


def refusals(w):
    """What pawl says to the same commands by itself, as this host is told it: hold ids aside."""
    return re.findall(r"pawl (?:HELD|DENIED)[^\n]*?(?:passes once\.|tell the person\.)", w.model.told())


def refused(agent, drive):
    model = models.Model(SCRIPT)
    w = World(agent, model)
    wrong = w.init(agent)
    said = drive(w) if not wrong else ""
    ran = (w.dir / "stub-ran").read_text() if (w.dir / "stub-ran").exists() else ""
    if wrong or ran:
        yield wrong or "ran: " + ran
    if model.turn < len(SCRIPT):
        yield "the model was asked %d times: %s" % (model.turn, said[-1500:])
        return
    reasons = set(refusals(w))
    words = set()
    for command in SCRIPT[:2]:
        ask = {"claude-code": ("PreToolUse", "Bash"), "codex": ("PreToolUse", "Bash"), "gemini": ("BeforeTool", "run_shell_command")}[agent]
        call = {"session_id": "again", "cwd": str(w.project), "hook_event_name": ask[0], "tool_name": ask[1], "tool_input": {"command": command}}
        p = subprocess.run([PAWL, "hook", agent], input=json.dumps(call), env=w.env, cwd=w.project, capture_output=True, text=True)
        answer = json.loads(p.stdout)
        words.add(answer.get("reason") or answer["hookSpecificOutput"]["permissionDecisionReason"])
    plain = {re.sub(r"H-\d+", "H-N", r) for r in reasons}
    for r in words:
        if re.sub(r"H-\d+", "H-N", r) not in plain:
            yield "the model was not told %r; it was told %r" % (r, sorted(reasons))
    found = (w.dir / "probe-ran").read_text().split() if (w.dir / "probe-ran").exists() else []
    if found[:1] != [str(w.stubs / STUBS[0])]:
        yield "the harmless command did not run, or found other programs: %r: %s" % (found, said[-1500:])


def parent_killed(agent, drive):
    """With a hook whose parent is always killed: does the command run? Not a question of right or wrong: of what docs/hooks.md says."""
    model = models.Model(["dropdb prod"])
    w = World(agent + "-killed", model)
    wrong = w.init(agent)
    if wrong:
        return wrong
    # The program in the settings is one that is killed by the time it should answer.
    dead = w.dir / "killed"
    dead.write_text("#!/bin/sh\nkill -KILL $$\n")
    dead.chmod(0o755)
    for path in w.home.rglob("*.json"):
        text = path.read_text()
        path.write_text(text.replace(PAWL + " hook", str(dead) + " hook"))
    for path in w.home.rglob("config.toml"):
        h = subprocess.run([str(source.BUILD / "tests" / "lib" / "hook_tool"), "codex-hash", str(dead)], capture_output=True, text=True)
        path.write_text(re.sub(r'sha256:[0-9a-f]+', h.stdout.strip(), path.read_text()))
    said = drive(w)
    if not model.turn:
        return "the model was not asked: " + said[-800:]
    return "runs" if (w.dir / "stub-ran").exists() else "refused"


def documented(agent):
    """<!-- killed: AGENT WHAT --> in docs/hooks.md, or <!-- killed: AGENT WHAT VERSION WHAT --> where it changed with a version."""
    text = (source.ROOT / "docs" / "hooks.md").read_text()
    before, version, since = re.search(r"<!-- killed: %s (\S+)(?: (\S+) (\S+))? -->" % agent, text).groups()
    if not version:
        return before
    package = CACHE / "node_modules" / PACKAGES[CLIENTS[agent].__name__[4:]].rsplit("@", 1)[0] / "package.json"
    have = json.loads(package.read_text())["version"]
    return since if [int(n) for n in have.split(".")] >= [int(n) for n in version.split(".")] else before


def cannot_judge():
    call = {"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": "true"}, "cwd": "/"}
    p = subprocess.run([PAWL, "hook", "claude-code"], input=json.dumps(call), capture_output=True, text=True)
    return "this pawl cannot judge commands yet" if "cannot judge commands yet" in p.stdout else None


def main():
    tap = source.Tap()
    why = cannot_judge() or install()
    for agent, drive in CLIENTS.items():
        if why:
            tap.skip(agent, why)
            continue
        only = os.environ.get("PAWL_TEST_CLIENT")
        if only and only != agent:
            continue
        tap.check("%s: destructive commands are refused, the reason reaches the model, a harmless one runs" % agent, refused(agent, drive))
        found, said = parent_killed(agent, drive), documented(agent)
        tap.check("%s: when pawl's parent is killed the command: %s, as docs/hooks.md says" % (agent, found[:20]),
                  [] if said == found else ["docs say %r, found %r" % (said, found)])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
