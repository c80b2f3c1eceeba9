#!/usr/bin/env python3
"""`pawl init` in homes of every kind: empty, with hooks of others, with comments, behind links, read-only, broken; and `--uninit` byte for byte."""
import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import hosts  # noqa: E402
import source  # noqa: E402

PAWL = str(source.BUILD / "src" / "cli" / "pawl")
COUNT = [0]


class Home:
    def __init__(self, files=()):
        COUNT[0] += 1
        self.dir = pathlib.Path("home-%d" % COUNT[0]).absolute()
        self.project = self.dir / "work" / "project"
        self.project.mkdir(parents=True)
        for name, text in dict(files).items():
            p = self.dir / name
            p.parent.mkdir(parents=True, exist_ok=True)
            p.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.env = {"HOME": str(self.dir), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def pawl(self, *words, **how):
        p = subprocess.run([PAWL, *words], env=dict(self.env, **how.pop("env", {})), cwd=self.project, capture_output=True, text=True,
                           stdin=subprocess.DEVNULL, start_new_session=True, **how)
        return p.returncode, p.stdout, p.stderr

    def all(self):
        found = {}
        for p in sorted(self.dir.rglob("*")):
            st = p.lstat()
            found[str(p.relative_to(self.dir))] = (stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode),
                                                   os.readlink(p) if p.is_symlink() else p.read_bytes() if p.is_file() else None)
        return found


def without_comments(text):
    return json.loads(re.sub(r",(\s*[}\]])", r"\1", re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', r"\1", text, flags=re.S)))


def commands_in(text):
    return [c.split("exec ")[-1] for c in re.findall(r'[^"\'\n]*pawl hook [a-z-]+', text)]


OTHERS = {
    ".claude/settings.json": '{\n    // mine\n    "model": "opus",\n    "hooks": {\n        "PreToolUse": [\n            {"matcher": "Bash", "hooks": '
                             '[{"type": "command", "command": "theirs"}]}, /* last */\n        ],\n        "Stop": []\n    },\n}\n',
    ".codex/hooks.json": '{"hooks":{"PreToolUse":[{"hooks":[{"type":"command","command":"theirs"}]}]}}',
    ".codex/config.toml": 'model = "gpt-5"\n\n[features] # on\nweb = true\n\n[tui]\ntheme = "dark"',
    ".gemini/settings.json": '{\r\n\t"theme": "x",\r\n\t"hooks": {}\r\n}\r\n',
    ".cursor/hooks.json": '{"version": 1, "hooks": {"beforeShellExecution": [{"command": "theirs"}]}}\n',
    ".codeium/windsurf/hooks.json": "",
    ".kimi-code/config.toml": 'a = 1\n[[hooks]]\nevent = "Stop"\ncommand = "theirs"\n',
    ".gemini/config/hooks.json": '{"theirs": {"PreToolUse": []}}',
}
AGENTS = [h for h in hosts.HOSTS if h != "vscode"]


def everywhere():
    return [w for h in AGENTS for w in ("--agent", h)]


def empty_home():
    h = Home()
    before = h.all()
    status, out, err = h.pawl("init", "--yes")
    if status != 1 or "no agent found" not in err:
        yield "no agents: %r" % ((status, out, err),)
    if h.all() != before:
        yield "something was written"


def empty_folders():
    """An agent's folder that is there and empty: Gemini's is shared with others, which say by what lies in it that it is theirs."""
    def agents(*folders):
        h = Home()
        for f in folders:
            (h.dir / f).mkdir(parents=True)
        status, out, err = h.pawl("init", "--dry-run", "--json")
        return [f["agent"] for f in json.loads(out)["files"]] if status == 0 else [err]

    wanted = {(".gemini",): ["gemini"], (".gemini/antigravity",): ["antigravity"], (".gemini/tmp",): ["gemini"], (".claude",): ["claude-code"]}
    return ["%s: %s, not %s" % (f, agents(*f), w) for f, w in wanted.items() if agents(*f) != w]


def every_agent(scope):
    h = Home()
    before = h.all()
    status, out, err = h.pawl("init", "--yes", scope, *everywhere())
    if status:
        yield out + err
    written = {}
    for name, (_, mode, data) in h.all().items():
        if data and b"pawl" in data and "/init/" not in name:
            written[name] = data.decode()
    for host in AGENTS:
        if scope == "--project" and host == "kimi":
            continue
        if not any(re.search(r"hook[\", ]+%s\b" % host, t) for t in written.values()):
            yield "no hook for %s" % host
    for name, text in written.items():
        if name.endswith(".json"):
            json.loads(text)
        for command in commands_in(text):
            if not command.startswith("/"):
                yield "%s: %s is not absolute" % (name, command)
    again = h.all()
    status, out, err = h.pawl("init", "--yes", scope, *everywhere())
    if status or h.all() != again:
        yield "a second run changes something: " + out + err
    status, out, err = h.pawl("init", "--uninit", "--yes")
    if status or h.all() != before:
        yield "left behind: %r %s" % (sorted(set(h.all()) ^ set(before)), out + err)


def others_stay():
    h = Home(OTHERS)
    os.chmod(h.dir / ".codex/config.toml", 0o600)
    before = h.all()
    status, out, err = h.pawl("init", "--yes", *everywhere())
    if status:
        yield out + err
    for name, text in OTHERS.items():
        now = (h.dir / name).read_bytes().decode()
        kept = iter(now)
        if not all(c in kept for c in text):
            yield "%s: a byte of theirs is gone: %r" % (name, now)
        if "theirs" in text and now.index("theirs") > now.index("pawl hook"):
            yield "%s: theirs does not stand first" % name
        if name.endswith(".json"):
            v = without_comments(now)
            if text.strip() and "theirs" in text and "theirs" not in json.dumps(v):
                yield "%s: %r" % (name, v)
    toml = (h.dir / ".codex/config.toml").read_text()
    if toml.count("[features]") != 1 or "hooks = true" not in toml or "pre_tool_use:1:0" not in toml:
        yield toml
    if stat.S_IMODE((h.dir / ".codex/config.toml").stat().st_mode) != 0o600:
        yield "the mode changed"
    claude = without_comments((h.dir / ".claude/settings.json").read_text())
    if claude["hooks"]["PreToolUse"][1]["hooks"][0]["onFailure"] != "block":
        yield "no switch: %r" % claude
    if (h.dir / ".claude/settings.json").read_text().count("\n            {\n                \"matcher\": \"*\"") != 1:
        yield "not in their indentation: " + (h.dir / ".claude/settings.json").read_text()
    status, out, err = h.pawl("init", "--uninit", "--yes")
    if status or h.all() != before:
        yield "not as before: %r %s" % ([n for n in h.all() if h.all().get(n) != before.get(n)], out + err)


def changed_since():
    h = Home(OTHERS)
    h.pawl("init", "--yes", *everywhere())
    want = {}
    for name in OTHERS:
        p = h.dir / name
        text = p.read_bytes().decode()
        if name.endswith(".json"):
            text = text.replace("{", '{ "later": "äö",', 1)
        else:
            text += "\n[later]\nx = 1\n"
        p.write_bytes(text.encode())
        want[name] = text
    status, out, err = h.pawl("init", "--uninit", "--yes")
    if status:
        yield out + err
    for name in OTHERS:
        now = (h.dir / name).read_bytes().decode()
        if "pawl" in now or "trusted_hash" in now or "later" not in now or ("theirs" in OTHERS[name] and "theirs" not in now):
            yield "%s: %r" % (name, now)
        if name.endswith(".json"):
            without_comments(now)
    if (h.dir / ".local").exists():
        yield "something is remembered still"


def never_remembered():
    """STATE is lost: pawl's lines are found all the same."""
    h = Home(OTHERS)
    h.pawl("init", "--yes", *everywhere())
    shutil.rmtree(h.dir / ".local")
    status, out, err = h.pawl("init", "--uninit", "--yes")
    left = [n for n, (_, _, data) in h.all().items() if data and b"pawl hook" in data]
    if status or left:
        yield "%r %s" % (left, out + err)


def links():
    h = Home({"dotfiles/claude.json": '{"model":"x"}', ".claude/x": ""})
    os.symlink("../dotfiles/claude.json", h.dir / ".claude/settings.json")
    before = h.all()
    status, out, err = h.pawl("init", "--yes")
    if status or not (h.dir / ".claude/settings.json").is_symlink() or "pawl hook" not in (h.dir / "dotfiles/claude.json").read_text():
        yield "the link: " + out + err
    h.pawl("init", "--uninit", "--yes")
    if h.all() != before:
        yield "not as before"
    h = Home({".claude/x": ""})
    os.symlink("nowhere", h.dir / ".claude/settings.json")
    status, out, err = h.pawl("init", "--yes")
    if status != 1 or "leads nowhere" not in out + err:
        yield "a link to nothing: %r" % ((status, out, err),)


def broken_settings():
    for text in ('{"a": [1, 2}', '[]', '{"hooks": []}', '{"hooks": {"PreToolUse": {}}}', '{} {}', '{"a": "\n"}', '"x"', "{'a': 1}"):
        h = Home({".claude/settings.json": text, ".cursor/hooks.json": "{}"})
        status, out, err = h.pawl("init", "--yes")
        if status != 1 or ".claude/settings.json" not in out or (h.dir / ".claude/settings.json").read_text() != text:
            yield "%r: %r" % (text, (status, out, err))
        if "pawl hook cursor" not in (h.dir / ".cursor/hooks.json").read_text():
            yield "%r: the other agent went without" % text
    h = Home({".codex/config.toml": "[features]\nhooks = false\n"})
    status, out, err = h.pawl("init", "--yes")
    if status != 1 or "features.hooks" not in out:
        yield "codex: %r" % ((status, out, err),)
    h = Home({"Documents/Cline/Hooks/PreToolUse": "#!/bin/sh\ntrue\n"})
    status, out, err = h.pawl("init", "--yes")
    if status != 1 or "somebody else's" not in out:
        yield "cline: %r" % ((status, out, err),)


def read_only():
    h = Home({".claude/settings.json": "{}", ".cursor/hooks.json": "{}"})
    before = h.all()
    if os.getuid() == 0:
        if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
            return "no mount namespaces"
        words = ["unshare", "-m", "sh", "-c", 'mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME" && cd "$HOME/work/project" && exec "$@"',
                 "sh", PAWL, "init", "--yes"]
        p = subprocess.run(words, env=h.env, cwd="/", capture_output=True, text=True, stdin=subprocess.DEVNULL)
    else:
        for d in (h.dir, h.dir / ".claude", h.dir / ".cursor"):
            os.chmod(d, 0o555)
        p = subprocess.run([PAWL, "init", "--yes"], env=h.env, cwd=h.project, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        for d in (h.dir, h.dir / ".claude", h.dir / ".cursor"):
            os.chmod(d, 0o755)
    said = p.stdout + p.stderr
    if p.returncode != 1 or said.count("cannot be written") < 2 or not re.search("Read-only|Permission", said):
        return ["%d: %s" % (p.returncode, said)]
    return [] if h.all() == before else ["something was written"]


def asks():
    h = Home({".claude/settings.json": "{}"})
    before = h.all()
    status, out, err = h.pawl("init")
    if status != 1 or "--yes" not in err or "+" not in out or h.all() != before:
        yield "without a terminal: %r" % ((status, out, err),)
    status, out, err = h.pawl("init", "--dry-run")
    if status or "pawl hook claude-code" not in out or h.all() != before:
        yield "dry run: %r" % ((status, out, err),)
    status, out, err = h.pawl("init", "--dry-run", "--json")
    if [f["what"] for f in json.loads(out)["files"]] != ["changed"]:
        yield out
    for answer, written in (("n\n", False), ("\n", False), ("y\n", True)):
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(h.project)
            os.execve(PAWL, ["pawl", "init"], dict(h.env, TERM="dumb"))
        said = b""
        while b"[y/N]" not in said:
            said += os.read(fd, 4096)
        os.write(fd, answer.encode())
        with contextlib.suppress(OSError):  # its end
            while os.read(fd, 4096):
                pass
        os.waitpid(pid, 0)
        os.close(fd)
        if ("pawl hook" in (h.dir / ".claude/settings.json").read_text()) != written:
            yield "answer %r" % answer


def odd_paths():
    """The program lies where a shell needs quotes."""
    h = Home({".claude/settings.json": "{}", ".config/opencode/x": ""})
    odd = h.dir / "it's a \"place\""
    odd.mkdir()
    for name in ("pawl", "pawl-full"):
        shutil.copy(source.BUILD / "src" / "cli" / name, odd / name)
    p = subprocess.run([str(odd / "pawl"), "init", "--yes"], env=h.env, cwd=h.project, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if p.returncode:
        yield p.stdout + p.stderr
        return
    command = json.loads((h.dir / ".claude/settings.json").read_text())["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    q = subprocess.run(["sh", "-c", command], input="{}", capture_output=True, text=True, env=h.env)
    if not hosts.refused("claude-code", q.returncode, q.stdout, q.stderr):
        yield "%r: %r" % (command, q)
    p = subprocess.run([str(odd / "pawl"), "init", "--uninit", "--yes"], env=h.env, cwd=h.project, capture_output=True, text=True)
    if (h.dir / ".claude/settings.json").read_text() != "{}":
        yield "uninit: " + p.stdout + p.stderr


def main():
    tap = source.Tap()
    tap.check("a home without agents", empty_home())
    tap.check("an agent's empty folder", empty_folders())
    tap.check("every agent, for the user, and back", every_agent("--user"))
    tap.check("every agent, for the project, and back", every_agent("--project"))
    tap.check("what others wrote stays, and comes back byte for byte", others_stay())
    tap.check("files changed since lose only what is pawl's", changed_since())
    tap.check("pawl's lines are found without what was remembered", never_remembered())
    tap.check("links are followed", links())
    tap.check("broken settings are named and left alone", broken_settings())
    why = read_only()
    if isinstance(why, str):
        tap.skip("a home that is read-only", why)
    else:
        tap.check("a home that is read-only", why)
    tap.check("it shows and asks first", asks())
    tap.check("a program whose path needs quotes", odd_paths())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
