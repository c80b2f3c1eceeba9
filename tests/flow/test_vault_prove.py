#!/usr/bin/env python3
# The prover finds every weakness planted, and none where there is none; nothing but the canary is touched, nothing is left behind.
# timeout: 240
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

AGENT, VAULT, GROUP = 61001, 61002, 61003
TOOL = os.path.join(lab.BUILD, "tests", "lib", "vault_tool")

if os.geteuid() != 0:
    lab.skip_all("becoming another user takes root")
if "--inside" not in sys.argv:
    # Accounts, sudo's rules and sockets are planted in a mount namespace of our own.
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        lab.skip_all("no mount namespace of our own here")
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, os.path.abspath(__file__), "--inside"])


class World:
    """A vault of one user, an agent of another, and a process of the agent's to take after."""

    def __init__(self, top):
        self.top = top
        self.vault = os.path.join(top, "vault")
        self.config = os.path.join(top, "etc", "backup.yaml")
        self.key = os.path.join(top, "state", "key")
        self.program = os.path.join(top, "bin", "tool")
        self.uid, self.gid, self.groups, self.caps, self.name = AGENT, AGENT, [], [], None
        for d in "etc", "bin":
            os.mkdir(os.path.join(top, d), 0o755)
        for d in "vault", "state":
            os.mkdir(os.path.join(top, d), 0o700)
            os.chown(os.path.join(top, d), VAULT, VAULT)
        open(self.config, "w").write("version: 1\n")
        os.chmod(self.config, 0o644)
        open(self.key, "w").write("secret\n")
        os.chmod(self.key, 0o600)
        os.chown(self.key, VAULT, VAULT)
        shutil.copy(TOOL, self.program)
        os.chmod(self.program, 0o755)
        # A real backup, which no proof may touch.
        self.real = os.path.join(self.vault, "shop", "one")
        os.makedirs(self.real)
        open(os.path.join(self.real, "data.zst"), "w").write("the shop")
        for p in os.path.dirname(self.real), self.real, os.path.join(self.real, "data.zst"):
            os.chown(p, VAULT, VAULT)
            os.chmod(p, 0o700 if os.path.isdir(p) else 0o400)

    def seen(self):
        """All there is below, but for times of folders."""
        out = []
        for where, dirs, files in os.walk(self.top):
            for n in sorted(dirs + files):
                p = os.path.join(where, n)
                st = os.lstat(p)
                out.append((p, st.st_mode, st.st_uid, st.st_gid, st.st_nlink, st.st_size if os.path.isfile(p) else 0,
                            st.st_mtime if os.path.isfile(p) and p != self.program else 0))
        return sorted(out)

    @contextlib.contextmanager
    def process(self):
        words = ["setpriv", "--reuid", str(self.uid), "--regid", str(self.gid)]
        words += ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        if self.caps:
            words += ["--inh-caps", "+" + ",+".join(self.caps), "--ambient-caps", "+" + ",+".join(self.caps)]
        p = subprocess.Popen(words + ["sleep", "3600"], env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
        try:
            while os.path.basename(os.readlink("/proc/%d/exe" % p.pid)) != "sleep":
                pass
            yield p.pid
        finally:
            p.send_signal(signal.SIGKILL)
            p.wait()

    def prove(self):
        with self.process() as pid:
            r = subprocess.run([self.program, "dir:" + self.vault, "0", "prove", self.name or str(pid), self.config, self.key],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/")
        worked = set(re.findall(r"^WORKED (\S+):", r.stdout, re.M))
        return r, worked


def chown_tree(path, uid):
    for where, dirs, files in os.walk(path):
        for n in dirs + files:
            os.lchown(os.path.join(where, n), uid, uid)
    os.lchown(path, uid, uid)


def bind(path, text, mode=0o644):
    fd, name = tempfile.mkstemp()
    os.write(fd, text.encode())
    os.close(fd)
    os.chmod(name, mode)
    subprocess.run(["mount", "--bind", name, path], check=True)


def unbind(path):
    subprocess.run(["umount", path], check=True)


# --- weaknesses: plant(world) yields; what must be found. More may be, where one leads to another.

def vault_mode(w):
    os.chmod(w.vault, 0o777)


def vault_search(w):
    os.chmod(w.vault, 0o711)  # harmless by itself: the canary's own folders are 0700


def group(w):
    os.chmod(w.vault, 0o770)
    os.chown(w.vault, VAULT, GROUP)
    w.groups = [GROUP]


def acl(w):
    subprocess.run(["setfacl", "-m", "u:%d:rwx" % AGENT, "-m", "d:u:%d:rwx" % AGENT, "-m", "d:m::rwx", w.vault], check=True)


def acl_default_only(w):
    # A mask that the vault's own chmod does not take away: what is new in the vault is the agent's as well.
    subprocess.run(["setfacl", "-m", "u:%d:--x" % AGENT, "-m", "d:u:%d:rwx" % AGENT, w.vault], check=True)


def parent(w):
    os.chmod(w.top, 0o777)


def parent_sticky(w):
    os.chmod(w.top, 0o1777)  # as /tmp: nobody but the owner takes the vault away


def parent_owner(w):
    os.chown(w.top, AGENT, AGENT)


def link_in_open_folder(w):
    d = os.path.join(w.top, "open")
    os.mkdir(d)
    os.chmod(d, 0o777)
    os.symlink(w.vault, os.path.join(d, "to"))
    w.vault = os.path.join(d, "to")


def same_uid(w):
    w.uid = w.gid = VAULT


def agent_is_root(w):
    w.uid = w.gid = 0


def config_open(w):
    os.chmod(w.config, 0o666)


def config_folder(w):
    os.chmod(os.path.dirname(w.config), 0o777)


def key_open(w):
    os.chmod(w.key, 0o644)
    os.chmod(os.path.dirname(w.key), 0o755)


def key_folder(w):
    os.chmod(os.path.dirname(w.key), 0o777)


def program(w):
    os.chmod(w.program, 0o777)


def program_folder(w):
    os.chown(os.path.dirname(w.program), AGENT, AGENT)


def docker_group(w):
    w.groups = [int(next(l for l in open("/etc/group") if l.startswith("docker:")).split(":")[2])]


def caps(*names):
    def plant(w):
        w.caps = list(names)
    plant.__name__ = "capability " + ",".join(names)
    return plant


@contextlib.contextmanager
def docker_socket(w):
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    s = socket.socket(socket.AF_UNIX)
    s.bind("/run/docker.sock")
    os.chmod("/run/docker.sock", 0o666)
    s.listen(5)
    yield
    s.close()
    unbind("/run")


def sudoers(rule):
    @contextlib.contextmanager
    def plant(w):
        w.name = "pawlagent"
        bind("/etc/sudoers", rule % {"vault": "pawlvault", "agent": "pawlagent"} + "\n", 0o440)
        yield
        unbind("/etc/sudoers")
    plant.__name__ = "sudo: " + rule
    return plant


@contextlib.contextmanager
def small_disk(w):
    d = os.path.join(w.top, "disk")
    os.mkdir(d)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=755", "none", d], check=True)
    w.vault = os.path.join(d, "vault")
    os.mkdir(w.vault, 0o700)
    os.chown(w.vault, VAULT, VAULT)
    os.mkdir(os.path.join(d, "tmp"))
    os.chmod(os.path.join(d, "tmp"), 0o1777)
    os.chmod(d, 0o1777)
    yield
    unbind(d)


@contextlib.contextmanager
def vault_keys(w):
    home = os.path.join(w.top, "home")
    os.makedirs(os.path.join(home, ".ssh"))
    open(os.path.join(home, ".ssh", "authorized_keys"), "w").close()
    os.chmod(os.path.join(home, ".ssh", "authorized_keys"), 0o666)
    accounts(home)
    yield
    unbind("/etc/passwd")
    unbind("/etc/shadow")


@contextlib.contextmanager
def cron(w):
    d = os.path.join(w.top, "cron")
    os.mkdir(d)
    os.chmod(d, 0o777)
    subprocess.run(["mount", "--bind", d, "/etc/cron.d"], check=True)
    yield
    unbind("/etc/cron.d")


@contextlib.contextmanager
def subordinate(w):
    w.name = "pawlagent"
    bind("/etc/subuid", "pawlagent:61000:100\n")
    yield
    unbind("/etc/subuid")


def accounts(home="/nonexistent"):
    text = "".join(l for l in open("/etc/passwd") if not l.startswith("pawl")) + "".join("%s:x:%d:%d::%s:/bin/sh\n" % (n, i, i, h) for n, i, h in
                                                (("pawlagent", AGENT, "/nonexistent"), ("pawlvault", VAULT, home)))
    bind("/etc/passwd", text)
    bind("/etc/shadow", open("/etc/shadow").read() + "pawlagent:*:19000:0:99999:7:::\npawlvault:*:19000:0:99999:7:::\n", 0o600)


SAME = {"unlink", "truncate", "write", "append", "chmod", "manifest", "create", "signal", "read-key", "times"}
PLANTED = [
    (vault_mode, {"create", "swap-parent"}), (group, {"create", "swap-parent"}), (acl, {"create"}),
    (parent, {"swap-parent"}), (parent_owner, {"swap-parent"}), (link_in_open_folder, {"swap-parent"}),
    (same_uid, SAME), (config_open, {"config"}), (config_folder, {"config"}), (key_open, {"read-key"}), (key_folder, {"read-key"}),
    (program, {"program"}), (program_folder, {"program"}), (docker_group, {"groups"}), (docker_socket, {"sockets"}),
    (caps("dac_override"), {"unlink", "create", "truncate"}), (caps("kill"), {"signal"}), (caps("sys_ptrace"), {"ptrace"}),
    (caps("setuid"), {"become"}), (caps("chown"), {"chown"}), (caps("fowner"), {"chmod"}), (caps("sys_admin"), {"mount-over"}),
    (sudoers("pawlagent ALL=(ALL) NOPASSWD: ALL"), {"sudo"}), (sudoers("pawlagent ALL=(root) NOPASSWD: /usr/bin/find"), {"sudo"}),
    (sudoers("pawlagent ALL=(pawlvault) NOPASSWD: /usr/bin/tee"), {"sudo"}), (sudoers("pawlagent ALL=(root) NOPASSWD: /usr/bin/less"), {"sudo"}),
    (small_disk, {"fill-disk"}), (vault_keys, {"vault-home"}), (cron, {"system-files"}), (subordinate, {"subuid"}),
]
HARMLESS = [vault_search, parent_sticky, caps("net_bind_service"), sudoers("pawlagent ALL=(ALL) ALL"),
            sudoers("pawlagent ALL=(root) NOPASSWD: /usr/bin/systemctl reload web")]
# Of these in the everyday suite; all of them with PAWL_TEST_PROVE=whole (`make soak`).
EVERYDAY = [vault_mode, parent, link_in_open_folder, same_uid, key_open, docker_group, docker_socket, small_disk] + [
    p for p, _ in PLANTED if p.__name__ in ("capability dac_override", "sudo: pawlagent ALL=(root) NOPASSWD: /usr/bin/find")]
NEEDS = {"setfacl": {"acl"}, "sudo": {"sudo: "}}


def missing(name):
    return next((p for p, names in NEEDS.items() if any(name.startswith(n) for n in names) and not shutil.which(p)), None)


def one(t, plant, want):
    name = plant.__name__.replace("_", " ")
    if missing(name):
        t.skip(name, missing(name) + " is not installed")
        return
    top = tempfile.mkdtemp(prefix="pawl-planted-", dir="/tmp")  # no name of the prover's own: what lies there then would be its
    os.chmod(top, 0o755)
    try:
        w = World(top)
        made = plant(w)
        with made if hasattr(made, "__enter__") else contextlib.nullcontext():
            before = w.seen()
            r, worked = w.prove()
            left = w.seen() == before and not lab.left_by("/tmp", "pawl-prove-", AGENT, VAULT)
        t.ok(r.returncode == 0 and want <= worked and (bool(want) == bool(worked)) and left,
             ("found: " if want else "nothing found: ") + name, "want %s\n%s%s\nleft as it was: %s" % (want, r.stdout, r.stderr, left))
        return r
    finally:
        shutil.rmtree(top)


def documented(t):
    """The table of ways and that of docs/vault.md are one."""
    code = open(os.path.join(lab.SOURCE, "src", "recovery", "prove_ways.c")).read()
    page = open(os.path.join(lab.SOURCE, "docs", "vault.md")).read()
    code = re.sub(r'"\s*\n\s*"', "", code)
    rows = re.findall(r'^\t\{ "([a-z0-9-]+)",\s+"([^"]*)",\s+"([^"]*)"', code, re.M)
    lines = re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \| (.*) \|$", page, re.M)
    t.eq(lines, rows, "docs/vault.md lists the ways that are tried")
    t.ok(len(rows) > 30, "and they could be read")


def main():
    t = lab.Tap()
    documented(t)
    group_text = open("/etc/group").read() + "pawlshared:x:%d:\n" % GROUP
    bind("/etc/group", group_text + ("" if "\ndocker:" in group_text else "docker:x:61004:\n"))
    accounts()

    def sound(w):
        pass

    r = one(t, sound, set())
    tried = int(re.search(r"tried (\d+)", r.stdout).group(1))
    t.ok(tried >= 30, "at least thirty ways are tried where nothing is wrong", r.stdout)
    # A password that is wrong costs seconds each time.
    subprocess.run(["mount", "--bind", "/bin/false", shutil.which("su", path="/usr/bin:/bin")], check=True)
    whole = os.environ.get("PAWL_TEST_PROVE") == "whole"
    for plant, want in PLANTED if whole else [p for p in PLANTED if p[0] in EVERYDAY]:
        r = one(t, plant, want)
        if plant is same_uid:
            t.has(r.stdout, "same-uid", "one user for both is no boundary, and is called so")
    for plant in HARMLESS if whole else HARMLESS[-2:]:
        one(t, plant, set())
    t.done()


main()
