#!/usr/bin/env python3
# timeout: 600
"""`pawl backup wal` as words: who runs for good ends once its target has no physical backups any more, and a target may be called wal. Without a server."""
import os
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import patience  # noqa: E402
import source  # noqa: E402

PAWL = str(source.BUILD / "pawl")
HOME = pathlib.Path(os.environ["HOME"])
CONFIG = HOME / ".config/pawl/backup.yaml"


def pawl(*words):
    p = subprocess.run([PAWL, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    return p.returncode, p.stdout + p.stderr


def ends(told):
    """Started for good beside a server that is not there; then backup.yaml takes `physical: true` away."""
    with told.open("w") as f:
        p = subprocess.Popen([PAWL, "backup", "wal", "wal"], stdin=subprocess.DEVNULL, stdout=f, stderr=f)
    patience.until(lambda: "it is tried again" in told.read_text() or p.poll() is not None, words=told.read_text)
    began = p.poll() is None
    CONFIG.write_text(CONFIG.read_text().replace("physical: true, wal: 1s, ", ""))
    try:
        status = p.wait(patience.LIMIT)
    except subprocess.TimeoutExpired:
        p.terminate()
        status = patience.wait(p)
    said = told.read_text()
    return [] if began and status == 1 and "this target has none ('physical: true')" in said else ["began: %s, status %s: %s" % (began, status, said)]


def main():
    tap = source.Tap()
    subprocess.run([PAWL, "backup", "init", "--empty", "--vault", str(HOME / "vault")], check=True, capture_output=True)
    with CONFIG.open("a") as f:
        f.write("targets:\n  - {name: wal, postgres: \"host=127.0.0.1 port=1 dbname=x\", physical: true, wal: 1s, every: 24h, vault: local}\n")
    status, said = pawl("backup", "--drill", "wal")
    tap.check("a target called wal is drilled", [] if status == 1 and "unknown option" not in said and "wal" in said else [status, said])
    status, said = pawl("backup", "--json", "list")
    tap.check("options that both have stand between a command's words", [] if status == 0 and '"backups"' in said else [status, said])
    status, said = pawl("backup", "--once", "wal")
    tap.check("so do those of the longer one alone", [] if "unknown option" not in said and "WAL" in said else [status, said])
    tap.check("without physical backups any more it ends", ends(HOME / "told"))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
