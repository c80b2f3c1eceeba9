"""Help for flow tests in python: TAP, and a lab of real terraform, real AWS provider and an AWS emulator.

    import sys, os
    sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
    import lab

    why = lab.missing("terraform", "provider", "moto")
    if why:
        lab.skip_all(why)
    t = lab.Tap()
    with lab.Lab() as l:                         # emulator on a free loopback port; stopped by pid at the end
        old = l.folder("old")                    # a copy of tests/fixtures/datatalks/stack, `terraform init` done
        mark = l.mark()                          # how many AWS calls so far
        r = l.terraform("plan", "-out", "x", cwd=old)
        t.ok(r.returncode == 0, "plan works", r.stdout)
        t.ok(not l.destructive(mark), "nothing destructive was called")
        r = l.pawl("plan", "x", cwd=old)         # build/pawl, in the lab's environment
    t.done()
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import patience

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.get("PAWL_SOURCE") or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("PAWL_BUILD") or os.path.join(SOURCE, "build")
FIXTURES = os.path.join(SOURCE, "tests", "fixtures", "datatalks")
STACK = os.path.join(FIXTURES, "stack")
ACCOUNT = "123456789012"
REGION = "eu-west-1"


# --- TAP

def left_by(folder, prefix, *uids):
    """What of that name lies in a folder that everybody shares and belongs to one of these: other tests' own comes and goes."""
    left = []
    for name in os.listdir(folder):
        try:
            if name.startswith(prefix) and os.lstat(os.path.join(folder, name)).st_uid in uids:
                left.append(name)
        except FileNotFoundError:
            continue
    return left


class Tap:
    """ok(), skip(), note(), done(). A test that is not ok shows its detail as comments."""

    def __init__(self):
        self.n = self.bad = 0

    def ok(self, cond, name, detail=""):
        self.n += 1
        self.bad += not cond
        print("%sok %d - %s" % ("" if cond else "not ", self.n, name), flush=True)
        if not cond:
            self.diag(detail)
        return bool(cond)

    def eq(self, got, want, name, detail=""):
        return self.ok(got == want, name, "got  %r\nwant %r\n%s" % (got, want, detail))

    def has(self, text, needle, name):
        """Is needle (a string, or a compiled pattern) in text?"""
        found = needle.search(text) if hasattr(needle, "search") else needle in text
        return self.ok(found, name, "looked for %r in:\n%s" % (needle, text))

    def skip(self, name, why):
        self.n += 1
        print("ok %d - %s # SKIP %s" % (self.n, name, why), flush=True)

    def diag(self, text):
        for line in str(text).splitlines():
            print("#   " + line, flush=True)

    def note(self, text):
        """Shown by tests/run even when all is well."""
        print("# note: " + text, flush=True)

    def done(self):
        print("1..%d" % self.n, flush=True)
        sys.exit(1 if self.bad else 0)


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


# --- what is here

def terraform():
    """Path of a real terraform, never a shim of pawl's. None when there is none."""
    return os.environ.get("PAWL_TEST_TERRAFORM") or shutil.which("terraform")


def mirror():
    """Folder of a provider mirror that holds hashicorp/aws, or None."""
    places = [os.environ.get("TF_MIRROR"), os.environ.get("PAWL_TEST_MIRROR"),
              os.path.expanduser("~/.terraform.d/plugins"), "/usr/local/share/terraform/plugins",
              "/usr/share/terraform/plugins"] + sorted(glob.glob("/opt/*"))
    for p in places:
        if p and os.path.isdir(os.path.join(p, "registry.terraform.io", "hashicorp", "aws")):
            return p
    return None


_moto = []


def moto_python():
    """A python that can import moto's server, or None."""
    if not _moto:
        found = None
        seen = [os.environ.get("PAWL_TEST_PYTHON"), sys.executable]
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            seen.append(os.path.join(folder, "python3"))
        seen += ["/usr/bin/python3"] + sorted(glob.glob(os.path.join(os.environ.get("PYENV_ROOT", "/nonexistent"), "versions/*/bin/python3")))
        for exe in dict.fromkeys(p for p in seen if p and os.access(p, os.X_OK)):
            try:
                ok = subprocess.run([exe, "-c", "import moto.moto_server.werkzeug_app"], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600).returncode == 0
            except (OSError, subprocess.TimeoutExpired):
                ok = False
            if ok:
                found = exe
                break
        _moto.append(found)
    return _moto[0]


def aws_cli():
    return shutil.which("aws")


def missing(*needs):
    """The first of "terraform", "provider", "moto", "aws", "tofu", "terragrunt" that is not here, as a reason to skip."""
    look = {
        "terraform": (terraform, "terraform is not installed"),
        "provider": (mirror, "no provider mirror with hashicorp/aws (set TF_MIRROR)"),
        "moto": (moto_python, "no python3 with moto's server (pip install 'moto[server]')"),
        "aws": (aws_cli, "the aws CLI is not installed"),
        "tofu": (lambda: shutil.which("tofu"), "OpenTofu is not installed"),
        "terragrunt": (lambda: shutil.which("terragrunt"), "terragrunt is not installed"),
    }
    for need in needs:
        find, why = look[need]
        if not find():
            return why
    return None


def binary(name="pawl"):
    for p in (os.path.join(BUILD, name), os.path.join(BUILD, "src", "cli", name)):
        if os.access(p, os.X_OK):
            return os.path.realpath(p)
    raise SystemExit("no %s in %s: make build first" % (name, BUILD))


# --- the call log

# Names of calls that end or strip something. Query and JSON protocols name the action, REST has the method.
DESTRUCTIVE = re.compile(r"^(Delete|Terminate|Destroy|Remove|Purge|Deregister|Detach|Disassociate|Disable|Revoke|Release|"
                         r"Schedule.*Deletion|Stop|Unassign|DELETE /)")
# Calls that read; everything else writes.
READS = re.compile(r"^(Get|List|Describe|Head|Lookup|Batch(Get|Describe)|Simulate|Search|Query|Scan|Select|GET /|HEAD /)")


def is_destructive(call):
    return bool(DESTRUCTIVE.match(call["action"]))


def is_write(call):
    return not READS.match(call["action"])


# --- the lab

class Lab:
    """Emulator, environment and folders; everything in one temp folder that goes at the end."""

    def __init__(self, work=None, keep=False, slow=""):
        """slow: "RunInstances=FILE" has the emulator answer that action once the file is there (moto_logged.py)."""
        self.slow = slow
        self.work = work or tempfile.mkdtemp(prefix="pawl-lab-")
        self.keep = keep or work is not None
        self.log = os.path.join(self.work, "calls.jsonl")
        self.state_home = os.path.join(self.work, "state")
        self.proc = None
        self.port = 0

    def __enter__(self):
        os.makedirs(self.work, exist_ok=True)
        os.makedirs(self.state_home, exist_ok=True)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        if not self.keep:
            shutil.rmtree(self.work, ignore_errors=True)
        return False

    def start(self):
        port_file = os.path.join(self.work, "port")
        open(self.log, "w").close()
        if os.path.exists(port_file):
            os.unlink(port_file)
        with open(os.path.join(self.work, "moto.log"), "w") as out:
            self.proc = subprocess.Popen([moto_python(), os.path.join(HERE, "moto_logged.py"), port_file, self.log],
                                         stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                         env=dict({k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, LAB_SLOW=self.slow))
        patience.until(lambda: os.path.exists(port_file) or self.proc.poll() is not None, words="moto did not start")
        if not os.path.exists(port_file):
            raise RuntimeError("moto did not start:\n" + open(os.path.join(self.work, "moto.log")).read())
        self.port = int(open(port_file).read())
        self.rc = os.path.join(self.work, "tf.rc")
        with open(self.rc, "w") as f:
            f.write('disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path    = "%s"\n'
                    '    include = ["*/*/*"]\n  }\n}\n' % (mirror() or "/nonexistent"))

    def stop(self):
        if self.proc and self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
            try:
                self.proc.wait(10)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()

    @property
    def url(self):
        # Never "localhost": S3 clients then turn to virtual hosts.
        return "http://127.0.0.1:%d" % self.port

    def env(self, **more):
        """A clean environment: the emulator, made-up credentials, nothing of the caller's AWS or terraform settings.
        A value of None takes a variable away."""
        e = {k: v for k, v in os.environ.items()
             if not re.match(r"(AWS_|TF_|PAWL_STATE|XDG_|http_proxy|https_proxy|HTTP_PROXY|HTTPS_PROXY)", k)}
        e.update(TF_CLI_CONFIG_FILE=self.rc, TF_IN_AUTOMATION="1", TF_INPUT="0", CHECKPOINT_DISABLE="1",
                 AWS_ENDPOINT_URL=self.url, AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing",
                 AWS_REGION=REGION, AWS_EC2_METADATA_DISABLED="true", XDG_STATE_HOME=self.state_home, NO_COLOR="1")
        for k, v in more.items():
            if v is None:
                e.pop(k, None)
            else:
                e[k] = v
        return e

    # processes

    def run(self, argv, cwd=None, env=None, input=None, timeout=800):
        """Run to its end; standard output and error together in .stdout, as text."""
        return subprocess.run(argv, cwd=cwd or self.work, env=env or self.env(), input=input, text=True, errors="replace",
                              stdin=subprocess.DEVNULL if input is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)

    def terraform(self, *args, **kw):
        return self.run([terraform()] + list(args), **kw)

    def pawl(self, *args, **kw):
        return self.run([binary("pawl")] + list(args), **kw)

    def aws(self, *args, **kw):
        return self.run([aws_cli(), "--region", REGION, "--output", "json"] + list(args), **kw)

    # folders and states

    def folder(self, name, init=True):
        """A fresh copy of the stack; terraform init is done."""
        d = os.path.join(self.work, name)
        shutil.rmtree(d, ignore_errors=True)
        shutil.copytree(STACK, d)
        if init:
            r = self.terraform("init", "-no-color", cwd=d)
            if r.returncode:
                raise RuntimeError("terraform init failed:\n" + r.stdout)
        return d

    def interrupted_apply(self, plan, cwd, after_calls=60, after_action=None, made=(), env=None):
        """Apply a plan with real terraform and ask it to stop, as one Ctrl-C would: after that many AWS calls, or once the
        action named was called and the addresses in ${made} are complete."""
        mark = self.mark()
        out = os.path.join(self.work, "interrupted.txt")

        def now():
            if not after_action:
                return self.mark() - mark >= after_calls
            with open(out, errors="replace") as f:
                said = f.read()
            return (any(c["action"] == after_action for c in self.calls(mark)) and
                    all("\n%s: Creation complete" % m in said for m in made))

        with open(out, "w") as f:
            p = subprocess.Popen([terraform(), "apply", "-no-color", plan], cwd=cwd, env=env or self.env(),
                                 stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT)
            while p.poll() is None and not now():
                time.sleep(0.05)
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
            p.wait()
        return p.returncode, open(out, errors="replace").read()

    # the call log

    def mark(self):
        with open(self.log, "rb") as f:
            return sum(1 for _ in f)

    def calls(self, since=0):
        with open(self.log) as f:
            return [json.loads(line) for line in f.read().split("\n")[since:-1]]

    def destructive(self, since=0):
        """Calls that end or strip something, as "service Action"."""
        return ["%s %s" % (c["service"], c["action"]) for c in self.calls(since) if is_destructive(c)]

    def writes(self, since=0):
        return ["%s %s" % (c["service"], c["action"]) for c in self.calls(since) if is_write(c)]


def state_objects(path):
    """{address: identity} of the managed objects of a state file."""
    out = {}
    with open(path) as f:
        s = json.load(f)
    for r in s["resources"]:
        if r["mode"] != "managed":
            continue
        for i in r["instances"]:
            key = i.get("index_key")
            addr = (r["module"] + "." if r.get("module") else "") + r["type"] + "." + r["name"]
            addr += "" if key is None else "[%s]" % json.dumps(key)
            out[addr] = i["attributes"].get("arn") or i["attributes"].get("id")
    return out


def signals_heard():
    """For preexec_fn: what a shell's background job and nohup ignore, and a program then leaves ignored, ends it again."""
    for s in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(s, signal.SIG_DFL)
