#!/usr/bin/env python3
# timeout: 900
"""Code that a backup brings along runs in the drill's server, and reaches nothing outside it: no files, modes, processes, sockets, secrets."""
import base64
import os
import shutil
import socket
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab  # noqa: E402
import postgres  # noqa: E402
import recoveries  # noqa: E402

if postgres.missing():
    lab.skip_all(postgres.missing())
if not os.access("/usr/bin/python3", os.X_OK):
    lab.skip_all("no /usr/bin/python3, which the code is for")

# What whoever may make a table may have run by every server that it is restored into.
EVIL = """create schema a; create function a.evil() returns bool language plpgsql as $f$ begin execute $x$ copy (select 1) to program '%s' $x$; return true;
end $f$; create function a.check(int) returns bool language plpgsql as $f$ declare how text; begin return session_user = 'postgres' or a.evil();
exception when others then get stacked diagnostics how = pg_exception_detail; raise exception 'it ended so: %%', how; end $f$;
create table a.t (i int check (a.check(i))); insert into a.t values (1), (2)"""
CODE = """import os, socket
place, pid, port, datagrams = %r, %d, %d, %d
def write(name, mode):
    with open(place + "/" + name, mode) as f:
        f.write("harm")
def steal(path, name):
    with open(path, "rb") as f:
        open("/tmp/" + name, "wb").write(f.read())
def into(kind, where):
    s = socket.socket(kind)
    s.settimeout(2)
    s.connect(where)
def send(kind, how, where, flags=0):
    socket.socket(kind, how).sendto(b"row", flags, where)
harm = [lambda: write("new", "x"), lambda: write("appended", "a"), lambda: write("written", "w"), lambda: os.truncate(place + "/cut", 0),
        lambda: os.unlink(place + "/gone"), lambda: os.rename(place + "/moved", place + "/away"), lambda: os.link(place + "/kept", place + "/linked"),
        lambda: os.chmod(place + "/open", 0o777), lambda: os.chmod(place, 0o755), lambda: os.utime(place + "/old", (1, 1)),
        lambda: os.setxattr(place + "/named", "user.x", b"1"), lambda: os.mkdir(place + "/folder"), lambda: os.mkfifo(place + "/fifo"),
        lambda: steal(place + "/kept", os.path.basename(place)), lambda: steal("/proc/%%d/environ" %% pid, os.path.basename(place)),
        lambda: steal("/proc/self/environ", os.path.basename(place)), lambda: into(socket.AF_UNIX, place + "/s"),
        lambda: into(socket.AF_INET, ("127.0.0.1", port)), lambda: send(socket.AF_UNIX, socket.SOCK_DGRAM, place + "/d"),
        lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"row", place + "/d"),
        lambda: send(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", datagrams)),
        lambda: send(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port), socket.MSG_FASTOPEN), lambda: os.kill(pid, 9)]
for one in harm:
    try:
        one()
    except OSError:
        pass
os._exit(42)
"""
FILES = ("appended", "written", "cut", "gone", "moved", "kept", "open", "old", "named")


def abi():
    """Of Landlock: signals are told apart from the sixth on."""
    import ctypes
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1)


class Place:
    """A folder that the server's user may do everything in, and beside it sockets and a process of that user: only being shut in keeps it away."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="confine-", dir="/tmp")
        self.copied = self.folder + "-copied"
        words, uid = postgres._as_user()
        for name in FILES:
            with open(self.folder + "/" + name, "w") as f:
                f.write("precious")
        self.sockets = [socket.socket(socket.AF_UNIX), socket.socket()]
        self.sockets[0].bind(self.folder + "/s")
        self.sockets[1].bind(("127.0.0.1", 0))
        for s in self.sockets:
            s.listen(5)
            s.setblocking(False)
        self.datagrams = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        self.datagrams[0].bind(self.folder + "/d")
        self.datagrams[1].bind(("127.0.0.1", 0))
        for s in self.datagrams:
            s.setblocking(False)
        for name in (*FILES, "s", "d", ""):
            os.chown(self.folder + "/" + name, uid, -1)
        self.sleeper = subprocess.Popen([*words, "sleep", "3600"], env={"PATH": "/usr/bin:/bin"})
        self.before = self.looks()

    def code(self):
        return CODE.replace('"/tmp/" + name', repr(self.copied)) % (self.folder, self.sleeper.pid, self.sockets[1].getsockname()[1],
                                                                        self.datagrams[1].getsockname()[1])

    def looks(self):
        found = {"": oct(os.stat(self.folder).st_mode)}
        for name in os.listdir(self.folder):
            path = self.folder + "/" + name
            st = os.lstat(path)
            found[name] = (oct(st.st_mode), st.st_size, st.st_mtime, st.st_nlink, os.listxattr(path, follow_symlinks=False))
        return found

    def harmed(self):
        now = self.looks()
        said = ["%s: was %s, is %s" % (n or "the folder", self.before.get(n), now.get(n)) for n in sorted({**now, **self.before})
                if now.get(n) != self.before.get(n)]
        if self.sleeper.poll() is not None:
            said.append("the process was killed")
        if os.path.exists(self.copied):
            said.append("a secret was copied")
        for s in self.sockets:
            try:
                s.accept()[0].close()
                said.append("somebody came in at %s" % (s.getsockname(),))
                s.accept()[0].close()
                said.append("and once more, by the first bytes")
            except BlockingIOError:
                pass
        for s in self.datagrams:
            try:
                s.recv(10)
                said.append("somebody sent to %s" % (s.getsockname(),))
                s.recv(10)
                said.append("and once more, by a socket of a pair")
            except BlockingIOError:
                pass
        return said

    def end(self):
        self.sleeper.kill()
        self.sleeper.wait()
        for s in self.sockets + self.datagrams:
            s.close()
        shutil.rmtree(self.folder)
        if os.path.exists(self.copied):
            os.unlink(self.copied)


def evil(pg, place):
    """The database with that code in it."""
    code = "/usr/bin/python3 -c \"import base64; exec(base64.b64decode(\\'%s\\'))\"" % base64.b64encode(place.code().encode()).decode()
    pg.sql("drop database if exists shop")
    pg.sql("create database shop")
    pg.sql((EVIL % code).replace("\\'", "''"), dbname="shop")


def main():
    t = lab.Tap()
    with postgres.Server() as pg:
        place = Place()
        evil(pg, place)
        pg.psql("-c", "select a.evil()", dbname="shop", user="postgres")
        said = place.harmed()
        place.end()
        t.ok(len(said) >= len(FILES) + 12, "where it is not shut in, such code does all of it", "\n".join(said))
        place = Place()
        evil(pg, place)
        v = recoveries.Vault(os.path.join(os.getcwd(), "v"))
        v.backup("shop", "host=%s port=%d user=postgres dbname=shop" % (pg.host, pg.port))
        d = v.drill("shop")
        t.ok(d.result == "failed" and "it ended so: child process exited with exit code 42" in d.text, "a backup's code runs in the drill's server, and its end is told", d.text)
        said = [s for s in place.harmed() if abi() >= 6 or s != "the process was killed"]
        place.end()
        t.ok(not said, "and it harmed nothing", "\n".join(said))
    t.done()


main()
