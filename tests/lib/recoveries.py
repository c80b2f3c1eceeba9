"""Backups, drills and forged backups, for tests: through recovery_tool and recovery_forge.

v = Vault(folder)                       # makes folder/vault and folder/key
v.backup("shop", connect, n="select …") # the id; raises with its words when there is none
v.drill("shop", "rpo=5")                # Drill(result, codes, text)
f = v.forge("shop", id)                 # a copy of that backup in a vault of its own, to be tampered with
"""
import json
import os
import pathlib
import shutil
import subprocess

import source

TOOL = str(source.BUILD / "tests" / "lib" / "recovery_tool")
FORGE = str(source.BUILD / "tests" / "lib" / "recovery_forge")
LINE = 64 << 10


class Drill:
    def __init__(self, text):
        lines = text.splitlines()
        self.text = text
        self.result = next((r for r in ("verified", "failed", "could not verify") if lines and lines[0].startswith(r)), "none")
        words = lines[0][len(self.result):].split() if self.result != "none" else ["0"] * 4
        self.tables, self.rows = int(words[0]), int(words[2])
        self.beside = int(words[6]) if len(words) > 6 else 0
        self.codes = [line.split(" ", 1)[0] for line in lines[1:]]


def run(*words, text=None, **env):
    done = subprocess.run([str(w) for w in words], input=text, stdin=None if text is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ, **env))
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace") or "status %d" % done.returncode)
    return done.stdout


class Vault:
    def __init__(self, folder, key=None, cache=None):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "vault"
        self.root.mkdir(mode=0o700, parents=True)
        self.cache = pathlib.Path(cache or self.folder / "cache")
        self.key = key or self.new_key("key")
        self.forged = 0

    def new_key(self, name):
        run(TOOL, "key", self.folder / name)
        return self.folder / name

    def backup(self, target, connect, env=None, **questions):
        words = ["%s=%s" % q for q in questions.items()]
        return run(TOOL, "backup", self.root, self.key, target, connect, *words, **(env or {})).decode().strip()

    def drill(self, target, *options, id=None):
        return Drill(run(TOOL, "drill", self.root, self.key, target, self.cache, *([id] if id else []), *options).decode())

    def manifest(self, target, id):
        return json.loads((self.root / target / id / "manifest.json").read_text())["manifest"]

    def forge(self, target, id):
        self.forged += 1
        f = Forged(self.folder / ("forged-%d" % self.forged), self, target, id)
        f.copy(target, id)
        return f


class Forged(Vault):
    """One backup that can be changed. `here` is its folder."""

    def __init__(self, folder, honest, target, id):
        super().__init__(folder, honest.key, honest.cache)
        self.honest, self.target, self.id = honest, target, id
        self.here = self.root / target / id

    def copy(self, target, id, to_target=None, to_id=None):
        to = self.root / (to_target or target) / (to_id or id)
        shutil.copytree(self.honest.root / target / id, to)
        for f in to.iterdir():
            f.chmod(0o600)
        for folder in (to, to.parent):
            folder.chmod(0o700)
        return to

    @property
    def data(self):
        return self.here / "data.zst"

    def flip(self, name, at, bit=1):
        with open(self.here / name, "r+b") as f:
            size = f.seek(0, os.SEEK_END)
            f.seek(at if at >= 0 else size + at)
            byte = f.read(1)[0]
            f.seek(-1, os.SEEK_CUR)
            f.write(bytes([byte ^ bit]))

    def plain(self):
        return run(FORGE, "plain", self.data)

    def pack(self, dump, form="postgres"):
        """Other data; and what an honest manifest would say of it."""
        return json.loads(run(FORGE, "pack", form, self.data, text=dump))

    def say(self, **members):
        """The manifest with other members, signed by the right key."""
        m = self.manifest(self.target, self.id)
        m.update(members)
        self.write(m)

    def write(self, manifest, key=None):
        (self.here / "manifest.json").write_text(json.dumps({"format": "pawl-backup-2", "manifest": manifest}))
        run(FORGE, "sign", key or self.key, self.here / "manifest.json", self.here / "manifest.sig")

    def replace(self, change, form="postgres", believe=(), **members):
        """The dump changed by `change`, packed and signed for; of what an honest manifest would say of it, that in `believe` too."""
        was = self.plain()
        now = change(was)
        if now == was:
            raise RuntimeError("nothing was changed")
        says = self.pack(now, form)
        file = {"name": "data.zst", "bytes": says["bytes"], "digest": says["digest"], "parts": says["parts"]}
        members.update({name: says[name] for name in believe})
        self.say(files=[file], plain=says.get("plain", "0" * 64), plain_bytes=says["plain_bytes"], **members)
