"""PostgreSQL's own regression suite, run by its own pg_regress against any address: a server, or a gate before it.

regress.missing() says why the suite cannot be run, for a SKIP; else "".
with regress.Suite(source) as suite:        # its src/test/regress; a folder of its own, with regress.so in it
    regress.fresh(pg, "regression")
    suite.run(["boolean"], host, port, user)    # {name of a test: what psql printed}
"""
import os
import pathlib
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


def fresh(pg, dbname, template="template0"):
    """A database that the suite can run in, made anew."""
    pg.sql("DROP DATABASE IF EXISTS %s WITH (FORCE)" % dbname)
    pg.sql("CREATE DATABASE %s TEMPLATE %s" % (dbname, template))
    for one in SETTINGS:
        pg.sql("ALTER DATABASE %s SET %s" % (dbname, one))


class Suite:
    def __init__(self, source):
        self.source = pathlib.Path(source)
        self.n_runs = 0
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

    def lines(self):
        """The tests of parallel_schedule, as it groups them."""
        text = (self.source / "parallel_schedule").read_text()
        return [line.partition(":")[2].split() for line in text.splitlines() if line.startswith("test:")]

    def run(self, names, host, port, user, password=None, dbname="regression"):
        """{test: what psql printed}, run one after another."""
        out = self.folder / ("out%d" % self.n_runs)
        self.n_runs += 1
        (out / "results").mkdir(parents=True)
        # The server writes there, and reads what psql wrote.
        for folder in (out, out / "results"):
            folder.chmod(0o777)
        (out / "schedule").write_text("".join("test: %s\n" % n for n in names))
        env = {"PATH": "%s:%s" % (LIB / "bin", os.environ.get("PATH", "/usr/bin:/bin")), "HOME": str(self.folder), "LC_ALL": "C.UTF-8",
               "PGPASSWORD": password or "", "PSQLRC": "/dev/null", "PGCONNECT_TIMEOUT": "60"}
        argv = [PG_REGRESS, "--use-existing", "--bindir=", "--host=" + host, "--port=%d" % port, "--user=" + user, "--dbname=" + dbname,
                "--inputdir=%s" % self.folder, "--outputdir=%s" % out, "--dlpath=%s" % (self.folder / "lib"), "--schedule=%s" % (out / "schedule")]
        with open(out / "said", "wb") as said:
            p = subprocess.Popen(argv, env=env, cwd=out, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
            try:
                p.wait(300 * len(names))
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
        read = lambda f: f.read_bytes().decode("utf-8", "backslashreplace").replace(str(out), "OUT") if f.exists() else ""  # noqa: E731
        return {n: read(out / "results" / (n + ".out")) for n in names}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
