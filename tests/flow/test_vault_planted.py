#!/usr/bin/env python3
# What an administrator really gets wrong, one at a time, beside a vault made by `pawl vault init`: `pawl vault prove` finds each, and says
# nothing of what is harmless. Accounts, crontabs, units are those of a copy of /etc in a mount namespace of the test's own.
# timeout: 1800
import contextlib
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import lab

# Of this run alone: what it leaves in /tmp is told by its owner.
AGENT = 62000 + os.getpid() % 900 * 3
VAULT, SHARED = AGENT + 1, AGENT + 2
PLACE = "/srv"  # with a file system of its own in memory
WHOLE = os.environ.get("PAWL_TEST_PROVE") == "whole"

if os.geteuid() != 0:
    lab.skip_all("becoming another user takes root")
if "--inside" not in sys.argv:
    if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        lab.skip_all("no mount namespace of our own here")
    os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, os.path.abspath(__file__), "--inside"])


def write(path, text="", mode=0o644, owner=0):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.lexists(path):
        os.unlink(path)
    with open(path, "w") as f:
        f.write(text)
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    return path


def folder(path, mode=0o755, owner=0):
    os.makedirs(path, exist_ok=True)
    os.chown(path, owner, owner)
    os.chmod(path, mode)
    return path


def bind(what, on):
    subprocess.run(["mount", "--bind", what, on], check=True)


def tmpfs(on, options="mode=755"):
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", on], check=True)


class World:
    def __init__(self, etc):
        self.etc = etc
        self.top = tempfile.mkdtemp(prefix="pawl-planted-", dir=PLACE)
        os.chmod(self.top, 0o755)
        self.undo = contextlib.ExitStack()
        self.keeps = []  # what a plant puts into the vault
        self.caps, self.groups, self.env, self.process, self.status = [], [], {}, False, None
        self.home = folder(self.at("agent"), 0o755, AGENT)
        self.vault_home = folder(self.at("keeper"), 0o755, VAULT)
        write(os.path.join(self.home, "tool.sh"), "#!/bin/sh\n", 0o755, AGENT)
        self.script = os.path.join(self.home, "tool.sh")
        for name in "pawl", "pawl-full":
            folder(self.at("bin"))
            shutil.copy(os.path.realpath(lab.binary(name)), self.at("bin", name))
        self.fresh_etc()
        self.root = self.at("vault")
        self.say("vault", "init", "--user", "pawlkeeper", "--directory", self.root)
        self.config = "/etc/pawl/backup.yaml"

    def at(self, *names):
        return os.path.join(self.top, *names)

    def fresh_etc(self):
        tmpfs("/etc", "mode=755,size=64m")
        self.undo.callback(subprocess.run, ["umount", "-l", "/etc"], check=True)
        subprocess.run(["cp", "-a", self.etc + "/.", "/etc/"], check=True)
        for d in "cron.d", "sudoers.d", "ld.so.conf.d", "systemd/system":
            folder("/etc/" + d)
        self.account("pawlagent", AGENT, self.home)
        self.account("pawlkeeper", VAULT, self.vault_home)
        with open("/etc/group", "a") as f:
            f.write("pawlshared:x:%d:pawlagent\n" % SHARED)

    def account(self, name, uid, home):
        for path, line in (("/etc/passwd", "%s:x:%d:%d::%s:/bin/sh\n" % (name, uid, uid, home)), ("/etc/group", "%s:x:%d:\n" % (name, uid)),
                           ("/etc/shadow", name + ":*:19000:0:99999:7:::\n")):
            with open(path, "a") as f:
                f.write(line)

    def mount(self, on, options="mode=755"):
        tmpfs(on, options)
        self.undo.callback(subprocess.run, ["umount", "-l", on], check=True)

    def say(self, *words):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": self.at("root")}
        env.update({k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")})
        r = subprocess.run([self.at("bin", "pawl"), *words], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, cwd="/")
        if r.returncode not in (0, 3):
            raise RuntimeError("pawl %s: %d %s%s" % (" ".join(words), r.returncode, r.stdout, r.stderr))
        return r

    @contextlib.contextmanager
    def running(self):
        words = ["setpriv", "--reuid", str(AGENT), "--regid", str(AGENT)]
        words += ["--groups", ",".join(map(str, self.groups))] if self.groups else ["--clear-groups"]
        if self.caps:
            words += ["--inh-caps", "+" + ",+".join(self.caps), "--ambient-caps", "+" + ",+".join(self.caps)]
        p = subprocess.Popen(words + ["sleep", "3600"], env=dict({"HOME": self.home, "PATH": "/usr/bin:/bin"}, **self.env))
        try:
            while os.path.basename(os.readlink("/proc/%d/exe" % p.pid)) != "sleep":
                pass
            yield ["--process", str(p.pid)]
        finally:
            p.send_signal(signal.SIGKILL)
            p.wait()

    def prove(self, *vaults):
        with self.running() if self.caps or self.groups or self.env else contextlib.nullcontext(["--as", "pawlagent"]) as whom:
            r = self.say("vault", "prove", "--json", *whom, *vaults)
        self.status = r.returncode
        p = json.loads(r.stdout)["proofs"][0]
        return {w["way"]: w["detail"] for w in p["ways"] if w["result"] == "worked"}, p

    def end(self):
        self.undo.close()
        shutil.rmtree(self.top)


# --- weaknesses: the ways that must be found among what is found.

PLANTED = {}
HARMLESS = []
EVERYDAY = set()


def planted(*ways, everyday=False):
    def note(f):
        PLANTED[f] = set(ways)
        if everyday:
            EVERYDAY.add(f)
        return f
    return note


def harmless(f):
    HARMLESS.append(f)
    return f


# Files and folders of the vault.

@planted("create", "swap-parent")
def store_in_the_agents_group(w):
    os.chown(w.root + "/store", VAULT, SHARED)
    os.chmod(w.root + "/store", 0o770)
    w.groups = [SHARED]


@planted("swap-parent")
def parent_in_the_agents_group(w):
    os.chown(w.root, VAULT, SHARED)
    os.chmod(w.root, 0o775)
    w.groups = [SHARED]


@planted("swap-parent")
def parent_is_open(w):
    os.chmod(w.root, 0o777)


@planted("swap-parent")
def parent_has_an_access_list(w):
    subprocess.run(["setfacl", "-m", "u:%d:rwx" % AGENT, w.root], check=True)


@planted("create")
def store_has_an_access_list_and_a_default_one(w):
    subprocess.run(["setfacl", "-m", "u:%d:rwx" % AGENT, "-m", "d:u:%d:rwx" % AGENT, w.root + "/store"], check=True)


@planted("swap-parent")
def vault_behind_a_link_of_the_agents(w):
    link = os.path.join(w.home, "vault")
    os.symlink(w.root + "/store", link)
    text = open(w.config).read()
    write(w.config, text.replace(w.root + "/store", link))


@planted("fill-disk")
def vault_shares_a_small_disk(w):
    shutil.rmtree(w.root + "/store")
    w.mount(folder(w.at("disk")), "size=2m,mode=1777")
    folder(w.at("disk", "store"), 0o700, VAULT)
    os.symlink(w.at("disk", "store"), w.root + "/store")


# What an administrator gave the agent.

def with_caps(names, *ways, everyday=False):
    def plant(w):
        w.caps = names.split()
    plant.__name__ = "capability_" + names
    planted(*ways, everyday=everyday)(plant)


with_caps("dac_override", "unlink", "rename-away", "truncate", "write", "append", "rename-over", "manifest", "create", "swap-parent", "read-key", "config")
with_caps("fowner dac_override", "chmod", "times", "setfacl", "hard-link", "chattr")
with_caps("fowner dac_read_search", "chmod", "setfacl")
with_caps("dac_read_search", "by-handle", "read-key")
with_caps("chown dac_read_search", "chown")
with_caps("sys_admin", "mount-over")
with_caps("sys_ptrace", "ptrace")
with_caps("sys_ptrace dac_override", "proc")
with_caps("kill", "signal")
with_caps("setuid", "become")
with_caps("setgid", "become")
with_caps("mknod", "devices")
if os.path.exists("/proc/modules"):
    with_caps("sys_module", "modules")
with_caps("sys_time", "clock")


def with_sudo(rule, *ways, name=None):
    def plant(w):
        write("/etc/sudoers.d/agent", rule + "\n", 0o440)
    plant.__name__ = "sudo_" + (name or rule)
    (planted(*ways) if ways else harmless)(plant)


for program in "/usr/bin/tar", "/usr/bin/rsync", "/usr/bin/find *", "/usr/bin/vim", "/usr/bin/chmod -R *", "ALL":
    with_sudo("pawlagent ALL=(root) NOPASSWD: " + program, "sudo", name=program)
with_sudo("pawlagent ALL=(pawlkeeper) NOPASSWD: /usr/bin/env", "sudo", name="as the vault's user")
with_sudo("Defaults:pawlagent !authenticate\npawlagent ALL=(ALL) ALL", "sudo", name="!authenticate")
with_sudo("%pawlshared ALL=(root) NOPASSWD: /usr/bin/python3", "sudo", name="of a group")
with_sudo("pawlagent ALL=(root) NOPASSWD: /usr/bin/systemctl restart web, /usr/bin/journalctl --no-pager -u web", name="fixed words")
with_sudo("pawlagent ALL=(ALL) ALL", name="with a password")


@planted("su")
def vault_user_without_a_password(w):
    text = open("/etc/shadow").read().replace("pawlkeeper:*:", "pawlkeeper::")
    write("/etc/shadow", text, 0o640)


@planted("doas")
def doas_without_a_password(w):
    w.mount("/usr/local/sbin")
    # Stands in for a doas whose rule says nopass.
    write("/usr/local/sbin/doas", "#!/bin/sh\n", 0o755)
    subprocess.run(["gcc", "-x", "c", "-o", "/usr/local/sbin/doas", "-"], check=True, text=True, input=(
        "#include <unistd.h>\nint main(int n, char **a) { char **w = a + 2; if (n < 3 || setuid(0)) return 1; if (w[0][0] == '-') w += 2;"
        "return execvp(w[0], w); }\n"))
    os.chmod("/usr/local/sbin/doas", 0o4755)


@planted("groups")
def agent_in_the_docker_group(w):
    text = "".join(l for l in open("/etc/group") if not l.startswith("docker:"))
    write("/etc/group", text + "docker:x:61009:pawlagent\n")


@planted("subuid")
def subordinate_ids_hold_the_vault(w):
    write("/etc/subuid", "pawlagent:60000:65536\n")


@planted("sockets", everyday=True)
def docker_on_a_port(w):
    class Docker(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Api-Version", "1.43")
            self.end_headers()
            self.wfile.write(b"OK")

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Docker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    w.undo.callback(server.server_close)
    w.undo.callback(server.shutdown)
    w.env = {"DOCKER_HOST": "tcp://localhost:%d" % server.server_port}


# What root obeys.

def with_mode(path, mode, *ways):
    def plant(w):
        if not os.path.exists(path):
            write(path)
        os.chmod(path, mode)
    plant.__name__ = "mode %o of %s" % (mode, path)
    planted(*ways)(plant)


with_mode("/etc/passwd", 0o666, "system-files")
with_mode("/etc/shadow", 0o644, "system-files")
with_mode("/etc/pam.d/su", 0o666, "system-files")
with_mode("/etc/cron.d/nightly", 0o666, "system-files")
with_mode("/etc/systemd/system/web.service", 0o666, "system-files")
with_mode("/etc/profile.d/site.sh", 0o666, "system-files")
with_mode("/etc/logrotate.d/web", 0o666, "system-files")
with_mode("/etc/pawl", 0o777, "config")
with_mode("/etc/ssl/openssl.cnf", 0o666, "system-files")  # names libraries that pawl itself would load
with_mode("/etc/tmpfiles.d/site.conf", 0o666, "system-files")
with_mode("/etc/systemd/timesyncd.conf", 0o666, "system-files")  # by another clock locks end
with_mode("/etc/postgresql-common/pg_service.conf", 0o666, "system-files")  # another server's databases are backed up
with_mode("/etc/systemd/system-generators/site", 0o777, "system-files")


@planted("program")
def library_of_the_agents(w):
    lib = folder(w.at("lib"), 0o777)
    for line in open("/proc/self/maps"):
        path = line.split()[-1]
        if os.path.basename(path).startswith("libc.so"):
            shutil.copy(path, lib)
            write("/etc/ld.so.conf.d/00-site.conf", lib + "\n")
            subprocess.run(["ldconfig", "-C", "/etc/ld.so.cache"], check=True)
            return
    raise NotImplementedError("no shared libc here")


@planted("held-open")
def file_that_the_agent_opened_before(w):
    backup = os.path.join(folder(w.root + "/store/shop", 0o755, VAULT), "data.zst")
    write(backup, "x", 0o666, VAULT)
    os.chmod(w.root + "/store", 0o755)
    p = subprocess.Popen(["setpriv", "--reuid", str(AGENT), "--regid", str(AGENT), "--clear-groups", "sh", "-c", "exec 3<>%s; exec sleep 3600" % backup])
    w.undo.callback(lambda: (p.kill(), p.wait()))
    while not any(os.path.realpath("/proc/%d/fd/%s" % (p.pid, f)) == backup for f in os.listdir("/proc/%d/fd" % p.pid)):
        pass
    os.chmod(w.root + "/store", 0o700)
    os.chmod(backup, 0o600)
    w.keeps = ["shop"]


@planted("system-files")
def unit_linked_from_the_agents_home(w):
    write(os.path.join(w.home, "web.service"), "[Service]\nUser=nobody\nExecStart=/bin/true\n", 0o644, AGENT)
    os.symlink(os.path.join(w.home, "web.service"), "/etc/systemd/system/web.service")


def with_cron(line, name, *ways, everyday=False):
    def plant(w):
        write("/etc/cron.d/nightly", line % {"home": w.home, "top": w.top} + "\n")
    plant.__name__ = "cron: " + name
    (planted(*ways, everyday=everyday) if ways else harmless)(plant)


with_cron("0 3 * * * root %(home)s/tool.sh", "root runs a script of the agent's", "jobs", everyday=True)
with_cron("@daily pawlkeeper /usr/bin/nice -n 10 /bin/sh %(home)s/tool.sh >/dev/null 2>&1", "the vault's user carries one", "jobs")
with_cron("0 3 * * * root cd %(home)s && make backup", "root makes what the agent's folder says", "jobs")
with_cron("0 3 * * * root test -e /x || { cd %(home)s; ./tool.sh; }", "root runs one by a relative name", "jobs")
with_cron("0 3 * * * root sh -c 'sleep 1; %(home)s/tool.sh'", "root runs one within a shell's words", "jobs")
with_cron("0 3 * * * root flock -n /tmp/x %(home)s/tool.sh", "root runs one under a lock", "jobs")
with_cron("PATH=%(home)s/bin:/usr/bin:/bin\n0 3 * * * root backup", "PATH with a folder that the agent may make", "jobs")
with_cron("0 3 * * * root /tmp/pawl-planted-none/job.sh", "root runs what is not there yet, below /tmp", "jobs")
with_cron("0 3 * * * nobody %(home)s/tool.sh", "of another user")
with_cron("0 3 * * * root tar -czf /var/backups/home.tgz %(home)s >%(home)s/log 2>&1", "that reads and logs into the agent's home")
with_cron("# 0 3 * * * root %(home)s/tool.sh", "that is switched off")


def with_unit(text, name, *ways, path="web.service"):
    def plant(w):
        write("/etc/systemd/system/" + path, text % {"home": w.home})
    plant.__name__ = "unit: " + name
    (planted(*ways) if ways else harmless)(plant)


with_unit("[Service]\nExecStart=-%(home)s/tool.sh --x\n", "root starts a script of the agent's", "jobs")
with_unit("[Service]\nUser=pawlkeeper\nEnvironmentFile=-%(home)s/env\nExecStart=/bin/true\n", "environment from the agent's home", "jobs")
with_unit("[Service]\nUser=pawlagent\nExecStart=/bin/true\nExecStartPre=+%(home)s/tool.sh\n", "of the agent's, with a line that is root's", "jobs")
with_unit("[Service]\nExecStartPost=/bin/bash -c \"cd /; %(home)s/tool.sh\"\n", "added to one of root's", "jobs", path="cron.service.d/more.conf")
with_unit("[Service]\nUser=pawlagent\nExecStart=%(home)s/tool.sh\n", "of the agent's own")


@harmless
def unit_that_is_masked(w):
    os.symlink("/dev/null", "/etc/systemd/system/web.service")


@planted("jobs")
def library_folder_of_the_agents(w):
    write("/etc/ld.so.conf.d/site.conf", w.home + "/lib\n")


@planted("jobs")
def secure_path_with_a_folder_of_the_agents(w):
    write("/etc/sudoers.d/path", 'Defaults secure_path="%s/bin:/usr/bin:/bin"\n' % w.home, 0o440)


# Programs.

@planted("setuid", everyday=True)
def setuid_copy_of_the_vaults_user(w):
    p = w.at("rmv")
    shutil.copy("/bin/rm", p)
    os.chown(p, VAULT, VAULT)
    os.chmod(p, 0o4755)


@planted("setuid")
def setuid_root_find(w):
    w.mount("/usr/local/bin")
    shutil.copy("/usr/bin/find", "/usr/local/bin/find")
    os.chmod("/usr/local/bin/find", 0o4755)


@planted("setuid")
def capability_on_python(w):
    w.mount("/usr/local/bin")
    shutil.copy("/bin/cp", "/usr/local/bin/python3")
    subprocess.run(["setcap", "cap_dac_override+ep", "/usr/local/bin/python3"], check=True)


@harmless
def capability_to_listen_on_low_ports(w):
    w.mount("/usr/local/bin")
    shutil.copy("/bin/cp", "/usr/local/bin/web")
    subprocess.run(["setcap", "cap_net_bind_service+ep", "/usr/local/bin/web"], check=True)


@planted("program")
def pawl_writable(w):
    os.chmod(w.at("bin", "pawl"), 0o757)


@planted("program")
def folder_above_pawl_of_the_agents(w):
    os.chown(w.at("bin"), AGENT, AGENT)


@planted("program", everyday=True)
def command_of_a_target_in_the_agents_home(w):
    with open(w.config, "a") as f:
        f.write("targets:\n  - {name: files, command: [%s], vault: local, every: 24h}\n" % w.script)


@harmless
def data_of_a_target_in_the_agents_home(w):
    write(os.path.join(w.home, "shop.db"), "x", 0o644, AGENT)
    with open(w.config, "a") as f:
        f.write("targets:\n  - {name: files, command: [cat, %s/shop.db], vault: local, every: 24h}\n" % w.home)


# The vault's user.

@planted("vault-home")
def authorized_keys_open(w):
    folder(w.vault_home + "/.ssh", 0o755, VAULT)
    write(w.vault_home + "/.ssh/authorized_keys", "", 0o666, VAULT)


@planted("vault-home")
def shell_rc_open(w):
    write(w.vault_home + "/.profile", "", 0o666, VAULT)


@planted("vault-home")
def home_in_a_folder_of_the_agents(w):
    os.rename(w.vault_home, w.home + "/keeper")
    write("/etc/passwd", open("/etc/passwd").read().replace(w.vault_home, w.home + "/keeper"))


@planted("vault-home")
def its_cloud_key_may_be_read(w):
    folder(w.vault_home + "/.aws", 0o755, VAULT)
    write(w.vault_home + "/.aws/credentials", "[default]\n", 0o644, VAULT)


@planted("vault-home")
def its_rclone_remote_may_be_led_elsewhere(w):
    folder(w.vault_home + "/.config/rclone", 0o755, VAULT)
    write(w.vault_home + "/.config/rclone/rclone.conf", "", 0o622, VAULT)


@planted("statements", everyday=True)
def statements_open(w):
    os.chmod(w.root + "/points", 0o777)


@planted("read-key", "statements")
def state_open(w):
    for p in w.root + "/state", w.root + "/state/recovery":
        os.chmod(p, 0o777)


@planted("devices")
def image_below_the_vault_of_the_agents(w):
    image = os.path.join(w.home, "vault.img")
    with open(image, "wb") as f:
        f.truncate(16 << 20)
    os.chown(image, AGENT, AGENT)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    on = w.root + "/store"
    if subprocess.run(["mount", "-o", "loop", image, on], stderr=subprocess.DEVNULL).returncode != 0:
        raise NotImplementedError("no loop device here")
    w.undo.callback(subprocess.run, ["umount", on], check=True)
    shutil.rmtree(on + "/lost+found")
    folder(on, 0o700, VAULT)


# --- what is harmless

@harmless
def nothing_wrong(w):
    pass


@harmless
def sticky_folder_above(w):
    os.chmod(w.top, 0o1777)


@harmless
def log_file_beside_it_open_to_all(w):
    write(w.root + "/backup.log", "", 0o666, VAULT)


@harmless
def bound_elsewhere(w):
    bind(w.root + "/store", folder(w.at("export")))
    w.undo.callback(subprocess.run, ["umount", w.at("export")], check=True)


@harmless
def others_may_see_that_it_is_there(w):
    os.chmod(w.root, 0o711)


@harmless
def agent_in_the_group_of_nothing(w):
    w.groups = [SHARED]


@harmless
def default_access_list_behind_a_closed_door(w):
    subprocess.run(["setfacl", "-m", "d:o::rwx", w.root + "/store"], check=True)


@harmless
def link_to_the_vault_in_the_agents_home(w):
    os.symlink(w.root + "/store", os.path.join(w.home, "vault"))


@harmless
def docker_of_the_agents_own(w):
    w.env = {"DOCKER_HOST": "unix://%s/docker.sock" % w.home}


NEEDS = {"sudo_": "sudo", "default_access_list": "setfacl", "store_has": "setfacl", "parent_has": "setfacl", "capability_on": "setcap",
         "capability_to": "setcap", "doas": "gcc", "image": "mkfs.ext4"}


def one(t, etc, plant, want):
    name = plant.__name__.replace("_", " ")
    tool = next((p for n, p in NEEDS.items() if plant.__name__.startswith(n) and not shutil.which(p)), None)
    if tool:
        t.skip(name, tool + " is not installed")
        return
    w = World(etc)
    try:
        plant(w)
        worked, proof = w.prove()
        left = sorted(os.listdir(w.root + "/store")), lab.left_by("/tmp", "pawl-prove-", AGENT)
        t.ok(want <= set(worked) and bool(want) == bool(worked) and w.status == (3 if worked else 0) and left[0] == w.keeps and not left[1],
             ("found: " if want else "nothing found: ") + name, "want %s, found %s, status %s, left %s" % (want, worked, w.status, left))
    except NotImplementedError as e:
        t.skip(name, str(e))
    except (RuntimeError, OSError, subprocess.CalledProcessError, ValueError) as e:
        t.ok(False, name, repr(e))
    finally:
        w.end()


def other_kinds(t, etc):
    """A vault that nobody can prove keeps the others from nothing."""
    w = World(etc)
    try:
        text = open(w.config).read().replace("vaults:\n", "vaults:\n  - {name: far, rclone: \"remote:path\"}\n")
        write(w.config, text)
        r = subprocess.run([w.at("bin", "pawl"), "vault", "prove", "--as", "pawlagent", "--json"], env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        proofs = {p["vault"]: p for p in json.loads(r.stdout or '{"proofs": []}')["proofs"]}
        t.ok(r.returncode == 1 and "nobody knows how" in proofs["far"]["unproven"] and proofs["local"]["tried"] > 30,
             "without a name, a vault that cannot be proven is told, and the others are proven", r.stdout + r.stderr)
        os.chmod(w.config, 0o666)
        r2 = subprocess.run([w.at("bin", "pawl"), "vault", "prove", "--as", "pawlagent"], env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        t.ok(r2.returncode == 1 and "others may write to it" in r2.stderr, "a backup.yaml that others may write to is refused before", r2.stderr)
        os.chmod(w.config, 0o644)
        log = subprocess.run([w.at("bin", "pawl"), "log", "--json", "--kind", "vault.proved"], text=True, stdout=subprocess.PIPE,
                             env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PAWL_STATE": w.root + "/state"}).stdout
        t.ok(len(json.loads(log)["entries"]) == 1, "and recorded", log)
        r = subprocess.run([w.at("bin", "pawl"), "vault", "prove", "--as", "pawlagent", "far"], env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        t.ok(r.returncode == 1 and "nobody knows how" in r.stderr, "named, it is an error", r.stdout + r.stderr)
    finally:
        w.end()


def main():
    t = lab.Tap()
    tmpfs(PLACE)
    etc = tempfile.mkdtemp(prefix="pawl-planted-etc-", dir=PLACE)
    try:
        subprocess.run(["cp", "-a", "/etc/.", etc], check=True)
        # Copies of pam.d and sudoers as this machine has them; a su that is asked for a password costs seconds each time.
        only = os.environ.get("PAWL_TEST_PLANT")
        false = shutil.which("false", path="/usr/bin:/bin")
        for plant, want in [*PLANTED.items(), *((p, set()) for p in HARMLESS)]:
            if only and only not in plant.__name__:
                continue
            if not only and not WHOLE and plant not in EVERYDAY and plant is not nothing_wrong:
                continue
            su = shutil.which("su", path="/usr/bin:/bin")
            if want != {"su"}:
                bind(false, su)
            one(t, etc, plant, want)
            if want != {"su"}:
                subprocess.run(["umount", su], check=True)
        other_kinds(t, etc)
    finally:
        shutil.rmtree(etc)
    t.done()


main()
