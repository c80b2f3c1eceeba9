"""A PostgreSQL server of the test's own: throw-away, on loopback and a unix socket, stopped by pid.

with postgres.Server() as pg:            # or postgres.Server(conf={"ssl": "on"}, hba="...", version=None)
    pg.sql("select 1")                   # rows as lists of text, superuser "postgres", database "postgres"
    pg.psql("-c", "select 1", dbname="x", user="y")   # subprocess.CompletedProcess
    pg.host, pg.port, pg.url(dbname="x", user="agent", password="…")
postgres.missing() says why a server cannot be had, for a SKIP; else "".
The server refuses to run as root: then it runs as the user `postgres` of Debian's package, else as nobody.
"""
import glob
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile

import patience

FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_connections": "200",
        "shared_buffers": "64MB", "autovacuum": "off", "max_prepared_transactions": "20", "log_min_messages": "fatal",
        "log_min_error_statement": "panic"}


def bin_dir():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"), key=lambda p: int(p.split("/")[4]))
    return pathlib.Path(found[-1]).parent if found else None


def missing():
    return "" if bin_dir() else "no PostgreSQL server (Debian: postgresql-15)"


def _as_user():
    """Words before a command, and the uid, so that it does not run as root."""
    if os.geteuid() != 0:
        return [], os.geteuid()
    for name in ("postgres", "nobody"):
        try:
            who = pwd.getpwnam(name)
        except KeyError:
            continue
        return ["setpriv", "--reuid=%d" % who.pw_uid, "--regid=%d" % who.pw_gid, "--clear-groups"], who.pw_uid
    raise RuntimeError("no user to run PostgreSQL as")


_ports = []  # sockets that keep them


def free_port():
    """One that stays ours as long as this process is there, whether something listens on it or not: the kernel gives none of these to whoever
    asks for any, and of the tests each asks for a name first that only one can have."""
    most = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
    ports = list(range(most * 2 // 3, most))
    random.SystemRandom().shuffle(ports)
    for port in ports:
        ours = socket.socket(socket.AF_UNIX)
        try:
            ours.bind("\0pawl-test-port-%d" % port)
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind(("127.0.0.1", port))
        except OSError:
            ours.close()
            continue
        _ports.append(ours)
        return port
    raise RuntimeError("no port is free")


class Server:
    def __init__(self, conf=None, hba=None, password=None, locale="C.UTF-8", keep=None):
        self.bin = bin_dir()
        self.password = password
        self.port = free_port()
        self.host = "127.0.0.1"
        prefix, uid = _as_user()
        self.prefix = prefix
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pawl-pg-", dir=keep or "/tmp"))
        os.chmod(self.folder, 0o755)
        if prefix:
            os.chown(self.folder, uid, -1)
        self.data = self.folder / "data"
        self.env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}
        args = ["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=" + locale]
        self._run([self.bin / "initdb", "-D", self.data] + args)
        lines = ["listen_addresses = '127.0.0.1'", "port = %d" % self.port, "unix_socket_directories = '%s'" % self.folder]
        lines += ["%s = '%s'" % kv for kv in {**FAST, **(conf or {})}.items()]
        with open(self.data / "postgresql.conf", "a") as f:
            f.write("\n".join(lines) + "\n")
        (self.data / "pg_hba.conf").write_text(hba or "local all all trust\nhost all all 127.0.0.1/32 %s\n" % (
            "scram-sha-256" if password else "trust"))
        self.process = None
        self.start()
        if password:
            self.sql("alter role postgres password '%s'" % password, local=True)

    def _run(self, argv):
        done = subprocess.run(self.prefix + [str(a) for a in argv], env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(done.stdout)

    def start(self):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.prefix + [str(self.bin / "postgres"), "-D", str(self.data)], env=self.env,
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        log.close()

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            return subprocess.run([self.bin / "pg_isready", "-q", "-h", str(self.folder), "-p", str(self.port)]).returncode == 0

        patience.until(ready, words=lambda: "PostgreSQL did not start: " + (self.folder / "log").read_text())

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: as a crash."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(patience.LIMIT)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                patience.wait(self.process)
        self.process = None

    def close(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def url(self, dbname="postgres", user="postgres", password=None):
        secret = password or self.password
        return "postgres://%s%s@%s:%d/%s" % (user, ":" + secret if secret else "", self.host, self.port, dbname)

    def psql(self, *args, dbname="postgres", user="postgres", local=False, text=None):
        env = dict(os.environ, PGPASSWORD=self.password or "", PSQLRC="/dev/null", PGOPTIONS="")
        host = str(self.folder) if local else self.host
        argv = ["psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", str(self.port), "-U", user, "-d", dbname, *args]
        return subprocess.run(argv, env=env, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def sql(self, text, dbname="postgres", user="postgres", local=False):
        done = self.psql("-A", "-t", "-q", "-F", "\t", dbname=dbname, user=user, local=local, text=text)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def session(self, where, n=1):
        """Once ${n} other sessions are so (of pg_stat_activity): their pids."""
        asks = "select pid from pg_stat_activity where pid <> pg_backend_pid() and (%s)" % where
        return [int(pid) for (pid,) in patience.until(lambda: (lambda rows: rows if len(rows) >= n else None)(self.sql(asks, local=True)),
                                                      words="no session where " + where)]

    def sleeps(self, seconds):
        """Once another session is within pg_sleep(${seconds}), which is a number of the test's own: its pid."""
        return self.session("wait_event = 'PgSleep' and query like '%%pg_sleep(%s)%%'" % seconds)[0]

    def fingerprint(self, dbname="postgres", schemas="'public'"):
        """{table: (rows, digest of its rows in any order)}: two databases with equal fingerprints hold the same rows."""
        tables = self.sql("select quote_ident(table_schema)||'.'||quote_ident(table_name) from information_schema.tables "
                          "where table_type='BASE TABLE' and table_schema in (%s)" % schemas, dbname)
        ret = {}
        for (table,) in tables:
            (row,) = self.sql("select count(*), coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from %s t"
                              % table, dbname)
            ret[table] = tuple(row)
        return ret
