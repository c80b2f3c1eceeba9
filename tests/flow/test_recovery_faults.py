#!/usr/bin/env python3
# timeout: 9000
"""Backups and drills while the Nth write or network call goes wrong, in every way there is: none is called verified that is not.

A backup that was reported, or lies whole in the vault, has the bytes of an undisturbed dump; what was there before is untouched. A
disturbed drill of a backup that is bad (made to fit by somebody with the key) is never verified, one of a sound backup does not fail by an error
of a call. Nothing is left behind, and the next undisturbed run of each is as it should be. PAWL_TEST_FAULTS: how many faults (12); PAWL_TEST_SEED.
"""
import collections
import hashlib
import mmap
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import postgres  # noqa: E402
import recoveries  # noqa: E402
import source  # noqa: E402

FAULTS = int(os.environ.get("PAWL_TEST_FAULTS", "12"))
SEED = int(os.environ.get("PAWL_TEST_SEED", "20261121"))
SHIM = str(source.BUILD / "tests" / "lib" / "faultat.so")
# Programs left alone; mostly those whose calls are many and of little interest.
SKIPS = ["postgres:initdb:cp"] * 7 + ["postgres:initdb"] * 2 + [""]
MODES = ["EIO", "ENOSPC", "ECONNRESET", "ETIMEDOUT", "EMFILE", "EACCES", "EINTR", "short", "eof", "flip", "lost", "kill"]
SCHEMA = """
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers, total numeric);
CREATE TABLE papers (id int PRIMARY KEY, body text);
INSERT INTO customers (name) SELECT 'name ' || i FROM generate_series(1, 40) i;
INSERT INTO orders SELECT i, 1 + i % 40, i FROM generate_series(1, 300) i;
INSERT INTO papers SELECT i, (SELECT string_agg(encode(sha512((i || '.' || j)::bytea), 'base64'), '') FROM generate_series(1, 20) j)
FROM generate_series(1, 300) i;
"""
END = b"--\n-- PostgreSQL database dump complete\n--\n"


def by_server(statement):
    return lambda f: f.replace(lambda d: d.replace(END, statement + b"\n\n" + END), believe=("tables", "schema"))


# What is wrong with a backup whose every digest and signature is right: only the server, or only the comparison, can tell.
BAD = [
    ("a value is another", by_server(b"UPDATE public.customers SET name = 'x' WHERE id = 7;")),
    ("a row less", by_server(b"DELETE FROM public.papers WHERE id = 300;")),
    ("a table less", by_server(b"DROP TABLE public.papers;")),
    ("a dump that does not fit", lambda f: f.replace(lambda d: re.sub(rb"\n7\tname 7\n", b"\n7\tname 8\n", d))),
    ("half a dump", lambda f: f.replace(lambda d: d[:len(d) // 2])),
    ("an invariant is another", lambda f: f.say(invariants=[dict(i, value="1") for i in f.manifest(f.target, f.id)["invariants"]])),
    ("its bytes are cut", lambda f: os.truncate(f.data, f.data.stat().st_size - 1)),
    ("no signature of the key's", lambda f: f.write(f.manifest(f.target, f.id), key=f.new_key("foreign"))),
]


class World:
    def __init__(self, pg, folder):
        self.pg, self.rng = pg, random.Random(SEED)
        self.v = recoveries.Vault(os.path.join(folder, "w"))
        self.connect = "host=%s port=%d user=postgres dbname=shop" % (pg.host, pg.port)
        self.good = self.v.backup("shop", self.connect, orders="SELECT count(*) FROM orders")
        self.reference = self.plain(self.v.root / "shop" / self.good)
        self.bad = []
        for name, hand in BAD:
            f = self.v.forge("shop", self.good)
            hand(f)
            self.bad.append((name, f))
        self.kept = self.digest()
        self.file = os.path.join(folder, "count")
        with open(self.file, "wb") as f:
            f.write(b"\0" * 8)
        os.chmod(self.file, 0o666)
        with open(self.file, "r+b") as f:
            self.count = mmap.mmap(f.fileno(), 8)
        self.done, self.fired, self.seen = collections.Counter(), 0, collections.Counter()

    def plain(self, folder):
        """The dump in a backup, by zstd's own program, without the word of pg_dump's that differs each time."""
        data = subprocess.run(["zstd", "-dcq", str(folder / "data.zst")], stdout=subprocess.PIPE, check=True).stdout
        return re.sub(rb"(?m)^\\(un)?restrict .*$", b"", data)

    def digest(self):
        """Of all that was in the vault before."""
        h = hashlib.sha256()
        for path in sorted((self.v.root / "shop" / self.good).iterdir()):
            h.update(path.name.encode() + path.read_bytes())
        return h.hexdigest()

    def disturbed(self, words, n, mode, skip, patience="4"):
        self.count[:8] = b"\0" * 8
        self.last = (words[1], n, mode, skip)
        env = dict(os.environ, LD_PRELOAD=SHIM, FAULTAT_COUNT=self.file, FAULTAT_N=str(n), FAULTAT_MODE=mode, FAULTAT_SKIP=skip,
                   ASAN_OPTIONS="verify_asan_link_order=0:detect_leaks=0", RECOVERY_PATIENCE=patience)
        if mode.startswith("E") and mode != "EINTR" and self.rng.random() < 0.3:
            env["FAULTAT_STICKY"] = "1"
        p = subprocess.Popen([str(w) for w in words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             start_new_session=True)
        try:
            out, err = p.communicate(timeout=900)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            p.communicate()
            raise AssertionError("it hangs") from None
        calls = int.from_bytes(self.count[:8], sys.byteorder)
        self.fired += calls >= n > 0
        return p.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), calls

    def drill_words(self, f):
        return [recoveries.TOOL, "drill", f.root, f.key, "shop", f.cache]

    def backup_words(self, target):
        return [recoveries.TOOL, "backup", self.v.root, self.v.key, target, self.connect, "orders=SELECT count(*) FROM orders"]

    def look_at(self, target, status, said):
        """What a disturbed backup left in the vault."""
        folder = self.v.root / target
        ids = sorted(p for p in folder.iterdir() if (p / "manifest.sig").exists() and (p / "manifest.json").exists()) if folder.exists() else []
        if status == 0:
            assert [p.name for p in ids] == [said.strip()], "it was told as taken: %s, there is %s" % (said, ids)
        for p in ids:
            result = self.v.drill(target, id=p.name).result if self.plain_or_none(p) != self.reference else "sound"
            assert result != "verified", "verified, and its dump is another"
            if result != "sound":
                # The disk told a lie: only a drill can find it, and did.
                self.seen["a bad backup that its drill finds"] += 1
        shutil.rmtree(folder, ignore_errors=True)

    def plain_or_none(self, folder):
        try:
            return self.plain(folder)
        except subprocess.CalledProcessError:
            return None

    def one(self, i, calls):
        mode, skip = self.rng.choice(MODES), self.rng.choice(SKIPS)
        if i % 3 == 0:
            name, target = "backup", "t%d" % i
            n = self.rng.randint(1, calls["backup", skip])
            status, out, err, _ = self.disturbed(self.backup_words(target), n, mode, skip)
            self.look_at(target, status, out)
            self.done["backup: " + ("taken" if status == 0 else "refused" if status > 0 else "killed")] += 1
        else:
            name, f = self.bad[(i // 3) % len(self.bad)] if i % 3 == 1 else ("sound", self.v)
            n = self.rng.randint(1, calls["drill", skip])
            status, out, err, _ = self.disturbed(self.drill_words(f), n, mode, skip)
            d = recoveries.Drill(out)
            assert f is self.v or d.result != "verified", "%s: verified" % name
            # What could not be read says nothing of the backup; what was read wrong, or never written, may.
            assert f is not self.v or not mode.startswith("E") or d.result != "failed", "a sound one failed: %s" % d.text
            assert status or d.result != "none", "no result: %s %s" % (out, err)
            assert "Sanitizer" not in err, err
            self.done["drill of a %s one: %s" % ("sound" if f is self.v else "bad", d.result if status == 0 else "ended with %d" % status)] += 1
        assert self.digest() == self.kept, "what was in the vault before was changed"

    def left(self):
        """Processes that were started under the shim, and still run."""
        found = []
        for p in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.file.encode() in (p / "environ").read_bytes():
                    found.append((p / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            except OSError:
                continue
        return found


def undisturbed(w):
    d = w.v.drill("shop")
    assert d.result == "verified" and d.rows == 640, d.text
    for name, f in w.bad:
        d = f.drill("shop")
        assert d.result != "verified", "%s: %s" % (name, d.text)
    id = w.v.backup("next", w.connect, orders="SELECT count(*) FROM orders")
    assert w.plain(w.v.root / "next" / id) == w.reference
    assert w.v.drill("next").result == "verified"
    shutil.rmtree(w.v.root / "next")


def faults(w, notes):
    calls = {}
    for skip in sorted(set(SKIPS)):
        for name, words in (("backup", w.backup_words("counted")), ("drill", w.drill_words(w.v))):
            status, out, err, calls[name, skip] = w.disturbed(words, 0, "EIO", skip, "0")  # nobody is impatient with it
            if status or (name == "drill" and recoveries.Drill(out).result != "verified"):
                yield "the shim alone disturbs the %s: %s %s" % (name, out, err)
    shutil.rmtree(w.v.root / "counted", ignore_errors=True)
    wrong, i = 0, -1
    # How many calls there are hangs on the moment, too: where too few fell on one, some more.
    while i + 1 < FAULTS or (w.fired < FAULTS * 0.6 and i + 1 < FAULTS * 3):
        i += 1
        w.last = ()
        try:
            w.one(i, calls)
            if i % 500 == 499:
                undisturbed(w)
                print("# %d faults: %s" % (i + 1, dict(sorted(w.done.items()))), flush=True)
        except AssertionError as e:
            yield "fault %d, %s: %s" % (i, w.last, e)
            wrong += 1
            if wrong > 20:
                return
    notes.append("%d faults (%d fell on a call), seed %d; a backup makes %d calls, a drill %d" % (
        i + 1, w.fired, SEED, calls["backup", SKIPS[0]], calls["drill", SKIPS[0]]))
    notes.append(", ".join("%s %d" % kv for kv in sorted((w.done + w.seen).items())))
    if w.fired < FAULTS * 0.6:
        yield "only %d of them fell on a call" % w.fired


def nothing_left(w):
    try:
        patience.until(lambda: not w.left())
    except AssertionError:
        yield from w.left()


def must(call, w):
    try:
        call(w)
    except AssertionError as e:
        yield e


def roomy():
    """Memory, if there is room: a scratch server is a thousand files."""
    try:
        s = os.statvfs("/dev/shm")
        return "/dev/shm" if s.f_bavail * s.f_frsize > 1 << 30 and os.access("/dev/shm", os.W_OK) else None
    except OSError:
        return None


def main():
    tap = source.Tap()
    why = postgres.missing() or ("" if shutil.which("zstd") else "no zstd") or ("" if os.path.exists(SHIM) else "the shim is not built")
    if why:
        tap.skip("faults of backups and drills", why)
        return tap.end()
    notes, folder = [], tempfile.mkdtemp(prefix="pawl-faults-", dir=roomy())
    os.chmod(folder, 0o755)
    os.environ["RECOVERY_FOLDER"] = folder
    with postgres.Server() as pg:
        pg.sql("CREATE DATABASE shop")
        pg.sql(SCHEMA, "shop")
        w = World(pg, folder)
        tap.check("undisturbed: what is sound is verified, what is bad is not", must(undisturbed, w))
        tap.check("no fault makes a bad backup a verified one, or harms what was there", faults(w, notes))
        tap.check("afterwards all is as before", must(undisturbed, w))
        tap.check("no server is left", nothing_left(w))
    shutil.rmtree(folder, ignore_errors=True)
    for line in notes:
        print("# note: " + line)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
