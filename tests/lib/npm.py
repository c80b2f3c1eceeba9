"""npm packages that tests drive, in a folder that is kept between runs.

npm.installed(folder, packages, ["node_modules/knex"], "--ignore-scripts")    # None, or why there are none

Tests run side by side and share the folder: one of them installs, the others wait for it, and nobody sees half of it.
"""
import fcntl
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

SECONDS = 400
DONE = "packages"  # in the folder, once all is there: what was asked for, a line each


def installed(folder, packages, needs, *flags):
    if not shutil.which("npm"):
        return None if _is_there(folder, packages, needs) else "no npm"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(str(folder) + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return None if _is_there(folder, packages, needs) else _install(folder, packages, needs, flags)


def _is_there(folder, packages, needs):
    try:
        said = (folder / DONE).read_text().splitlines()
    except OSError:
        return False
    return said == packages and not _missing(folder, needs)


def _missing(folder, needs):
    return [n for n in needs if not (folder / n).exists()]


def _install(folder, packages, needs, flags):
    with tempfile.TemporaryDirectory(prefix=folder.name + ".", dir=folder.parent) as made:
        new = pathlib.Path(made) / "new"
        new.mkdir()
        env = dict(os.environ, HOME=pwd.getpwuid(os.getuid()).pw_dir)
        try:
            p = subprocess.run(["npm", "install", "--prefix", str(new), "--no-audit", "--no-fund", "--loglevel=error", *flags, *packages], env=env,
                               stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "npm took too long"
        missing = _missing(new, needs)
        if p.returncode or missing:
            return "npm could not install %s: %s" % (missing or packages, p.stderr.strip().splitlines()[-1:])
        (new / DONE).write_text("".join(one + "\n" for one in packages))
        if folder.exists():
            folder.rename(pathlib.Path(made) / "old")
        new.rename(folder)
    return None
