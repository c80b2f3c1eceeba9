"""Real tools before `pawl gate postgres`: how they are had, run, and compared with how they behave without it.

pg_tools.node(w, script)                 # a script of Node with the npm packages at hand, through the gate
pg_tools.held(w, done, before, "words")  # it was held, the card says so, nothing is lost
pg_tools.same(argv, w)                   # URL in argv: as without the gate, to the byte

The npm packages go into a folder that is kept ($PAWL_TEST_DATABASE_TOOLS, else ~/.cache/pawl-test-database-tools); without npm or its
registry what needs them is skipped.
"""
import difflib
import os
import pathlib
import pwd
import re
import subprocess

import holds
import npm as npm_packages
import pg_gate

PACKAGES = ["drizzle-kit@0.31.11", "drizzle-orm@0.45.4", "pg@8.23.1", "knex@3.3.0", "sequelize@6.37.8", "typeorm@1.1.1",
            "reflect-metadata@0.2.2", "pg-cursor@2.22.0", "pg-query-stream@4.17.0", "prisma@6.19.3", "@prisma/client@6.19.3",
            "@prisma/adapter-pg@6.19.3"]
CACHE = pathlib.Path(os.environ.get("PAWL_TEST_DATABASE_TOOLS") or
                     os.path.join(pwd.getpwuid(os.getuid()).pw_dir, ".cache", "pawl-test-database-tools", PACKAGES[0].split("@")[1]))
# By these a tool sees that an agent runs it, and then it may ask the agent instead of doing what it does.
AGENTS = re.compile("CLAUDE|CURSOR_|GEMINI_|CODEX_|REPLIT_|QWEN_|OPENCODE|AIDER_")
_npm = []


def _install():
    return npm_packages.installed(CACHE, PACKAGES, ["node_modules/" + p.rsplit("@", 1)[0] for p in PACKAGES], "--ignore-scripts")


def npm():
    """The npm packages are there, or the test is skipped."""
    if not _npm:
        _npm.append(_install())
    if _npm[0]:
        raise holds.Skip(_npm[0])


def shape(pg, dbname="shop"):
    """Rows and schema of the database, by the server itself; without what the gate keeps."""
    return pg.fingerprint(dbname), plain_schema(pg, dbname)


def plain_schema(pg, dbname="shop"):
    return plain(subprocess.run(["pg_dump", "--schema-only", "--exclude-schema=pawl_trash", pg.url(dbname)], capture_output=True, text=True, check=True).stdout)


def plain(dump):
    return re.sub(r"^\\(un)?restrict.*\n", "", dump, flags=re.M)


def project(w, files, name="tool"):
    """A folder with those files in it, and the npm packages."""
    folder = pathlib.Path(w.dir) / name
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    if not (folder / "node_modules").is_symlink():
        (folder / "node_modules").symlink_to(CACHE / "node_modules")
    return folder


def run(argv, w, url=None, cwd=None, text=None):
    env = {k: v for k, v in w.environ().items() if not AGENTS.match(k)}
    env.update(DATABASE_URL=url or w.url, NO_COLOR="1", CI="1", PYTHONDONTWRITEBYTECODE="1")
    return subprocess.run(argv, cwd=cwd or w.dir, env=env, capture_output=True, text=True, timeout=600,
                          **({"input": text} if text is not None else {"stdin": subprocess.DEVNULL}))


def node(w, script, url=None):
    npm()
    return run(["node", "main.js"], w, url, project(w, {"main.js": script}))


def held(w, done, before, *names):
    """Refused with a hold whose card has those words, and nothing changed. The hold."""
    said = done.stdout + done.stderr
    assert "PW001" in said or "pawl: held as H-" in said, said[-3000:]
    hold = w.hold(said)
    card = w.pawl("show", hold).stdout
    for name in names:
        assert name in card, (name, card)
    after = shape(w.pg)
    assert after == before, "something was lost: " + "\n".join(
        d for i in (0, 1) for d in difflib.unified_diff(*[str(t[i]).replace("), ", "),\n").splitlines() for t in (before, after)], n=0))
    return hold


def direct_and_gate(argv, w, cwd=None, text=None):
    """What it prints without the gate and with it."""
    return [run([a.replace("URL", u) for a in argv], w, u, cwd, text) for u in (w.pg.url("shop"), w.url)]


def alike(one, two):
    assert one.returncode == 0, (one.stdout, one.stderr)
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr), (one, two)


def same(argv, w, **how):
    alike(*direct_and_gate(argv, w, **how))
