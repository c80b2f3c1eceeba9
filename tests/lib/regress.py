"""PostgreSQL's own regression suite, run by its own pg_regress against any address: a server, or a gate before it.

regress.source() -> (folder of src/test/regress, why not);   regress.missing() says why the suite cannot be run, for a SKIP; else "".
with regress.Suite(schedule) as suite:      # a folder of its own, with regress.so in it
    suite.run(Place(…))                     # {name of a test: what psql printed}
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile


LIB = pathlib.Path("/usr/lib/postgresql/15")
PG_REGRESS = LIB / "lib/pgxs/src/test/regress/pg_regress"
# What pg_regress sets for databases that it makes itself.
SETTINGS = ["lc_messages = 'C'", "lc_monetary = 'C'", "lc_numeric = 'C'", "lc_time = 'C'", "bytea_output = 'hex'",
            "timezone_abbreviations = 'Default'"]
CONF = {"max_prepared_transactions": "2", "max_connections": "100", "shared_buffers": "128MB", "track_counts": "on"}


def missing():
    for path, what in ((LIB / "bin/postgres", "no PostgreSQL 15 server"), (PG_REGRESS, "no pg_regress (Debian: postgresql-server-dev-15)"),
                       (LIB / "lib/refint.so", "no contrib/spi (Debian: postgresql-15)")):
        if not path.exists():
            return what
    return "" if shutil.which("cc") else "no C compiler"


def prepare(pg):
    """The database that the suite runs in, made anew."""
    pg.sql("DROP DATABASE IF EXISTS regression WITH (FORCE)")
    pg.sql("CREATE DATABASE regression TEMPLATE template0")
    for one in SETTINGS:
        pg.sql("ALTER DATABASE regression SET " + one)


class Suite:
    def __init__(self, source):
        self.source = pathlib.Path(source)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-regress-", dir="/tmp"))
        self.folder.chmod(0o755)
        lib = self.folder / "lib"
        lib.mkdir()
        include = subprocess.run([LIB / "bin/pg_config", "--includedir-server"], capture_output=True, text=True, check=True).stdout.strip()
        subprocess.run(["cc", "-O1", "-w", "-fPIC", "-shared", "-I" + include, "-o", lib / "regress.so", self.source / "regress.c"], check=True)
        for name in ("refint", "autoinc"):
            (lib / (name + ".so")).symlink_to(LIB / "lib" / (name + ".so"))
        for name in ("sql", "expected", "data"):
            shutil.copytree(self.source / name, self.folder / name)
        shutil.copy(self.source / "resultmap", self.folder)

    def schedule(self, wanted=None):
        """parallel_schedule, whole or only the lines of it that have something of ${wanted}."""
        lines = []
        for line in (self.source / "parallel_schedule").read_text().splitlines():
            names = [n for n in line.partition(":")[2].split() if wanted is None or n in wanted]
            if line.startswith("test:") and names:
                lines.append("test: " + " ".join(names))
        path = self.folder / "schedule"
        path.write_text("\n".join(lines) + "\n")
        return path

    def run(self, host, port, user, password=None, wanted=None, name="out", timeout=1500):
        out = self.folder / name
        (out / "results").mkdir(parents=True)
        # The server writes there, and reads what psql wrote.
        for folder in (out, out / "results"):
            folder.chmod(0o777)
        home = pwd.getpwuid(os.getuid()).pw_dir
        env = {"PATH": "%s:%s" % (LIB / "bin", os.environ.get("PATH", "/usr/bin:/bin")), "HOME": home, "LC_ALL": "C.UTF-8",
               "PGPASSWORD": password or "", "PSQLRC": "/dev/null", "PGCONNECT_TIMEOUT": "60"}
        argv = [PG_REGRESS, "--use-existing", "--bindir=", "--host=" + host, "--port=%d" % port, "--user=" + user, "--dbname=regression", "--max-connections=1",
                "--inputdir=%s" % self.folder, "--outputdir=%s" % out, "--dlpath=%s" % (self.folder / "lib"),
                "--schedule=%s" % self.schedule(wanted)]
        with open(out / "said", "wb") as said:
            p = subprocess.Popen(argv, env=env, cwd=out, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
            try:
                p.wait(timeout)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
                raise
        return {p.stem: p.read_bytes().decode("utf-8", "surrogateescape") for p in sorted((out / "results").glob("*.out"))}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
