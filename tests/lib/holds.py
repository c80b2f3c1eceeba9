"""What tests of holds share: a world with its own home, keys made by ssh-keygen, a policy, and requests to hold."""
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

BUILD = os.environ["PAWL_BUILD"]
PAWL = os.path.join(BUILD, "src", "cli", "pawl")
TOOL = os.path.join(BUILD, "tests", "lib", "hold_tool")
_keys = {}


def key(name):
    """A private key file of that name; made once a run."""
    if name not in _keys:
        path = os.path.join(tempfile.mkdtemp(prefix="key-", dir=os.environ.get("TMPDIR")), "id")
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", path], check=True)
        _keys[name] = path
    return _keys[name]


def public(name):
    return " ".join(open(key(name) + ".pub").read().split()[:2])


class World:
    def __init__(self, approvers=("alice",), rule=None, **policy):
        self.dir = tempfile.mkdtemp(prefix="world-", dir=os.environ.get("TMPDIR"))
        self.env = dict(os.environ, HOME=self.dir, PAWL_STATE=self.dir + "/state", XDG_CONFIG_HOME=self.dir + "/config")
        self.env.pop("SSH_AUTH_SOCK", None)
        os.makedirs(self.dir + "/config/pawl")
        self.policy(approvers, rule, **policy)

    def policy(self, approvers=("alice",), rule=None, **more):
        """YAML takes JSON. ${approvers}: names, or (name, key, [role])."""
        people = []
        for a in approvers:
            name, k, roles = a if isinstance(a, tuple) else (a, a, [])
            people.append(dict({"name": name, "key": public(k)}, **({"roles": roles} if roles else {})))
        self._people = people
        r = {"name": "test", "match": {"gate": "terraform"}, "verdict": "hold", "confirm": "typed"}
        r.update(rule or {})
        r = {k: v for k, v in r.items() if v is not None}
        text = dict({"version": 1, "approvers": people, "rules": [r]}, **more)
        if not people:
            del text["approvers"]
        open(self.dir + "/config/pawl/policy.yaml", "w").write(json.dumps(text, indent=1))

    def request(self, **over):
        r = {
            "principal": {"kind": "agent", "name": "agent", "uid": os.getuid()},
            "gate": "terraform", "tool": "terraform 1.11.4", "summary": "apply tfplan",
            "place": {"account": "111122223333", "path": self.dir},
            "binding": {"cwd": self.dir, "backend": "local:/x", "workspace": "default", "account": "111122223333",
                        "region": "eu-central-1", "lineage": "l-1", "serial": "17", "environment": "production"},
            "bytes": hashlib.sha256(b"plan").hexdigest(), "partial": False,
            "changes": [{"kind": "delete", "reversible": "no", "holds_data": "yes", "type": "aws_db_instance",
                         "name": "aws_db_instance.db", "title": "courses-prod-db", "environment": "production"}],
        }
        for k, v in over.items():
            if isinstance(v, dict):
                r[k] = dict(r[k], **v)
            else:
                r[k] = v
        path = os.path.join(self.dir, "request-%s.json" % hashlib.sha256(repr(sorted(r.items())).encode()).hexdigest()[:12])
        open(path, "w").write(json.dumps(r))
        return path

    def tool(self, *args, env=None):
        p = subprocess.run([TOOL] + [str(a) for a in args], cwd=self.dir, env=dict(self.env, **(env or {})), capture_output=True, text=True)
        if p.returncode not in (0, 1):
            raise AssertionError("hold_tool %r: %d %s" % (args, p.returncode, p.stderr))
        return p.stdout

    def open(self, request):
        out = json.loads(self.tool("open", request))
        assert out["ok"], out
        return out["hold"]

    def use(self, request, offset=0, file=None):
        args = ["use", request, offset] + ([file] if file else [])
        return json.loads(self.tool(*args))

    def pawl(self, *args, ok=True):
        p = subprocess.run([PAWL] + list(args), cwd=self.dir, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                           start_new_session=True)
        if ok is not None and (p.returncode == 0) != ok:
            raise AssertionError("pawl %s: %d\n%s%s" % (" ".join(args), p.returncode, p.stdout, p.stderr))
        return p

    def approve(self, hold, who="alice", typed="courses-prod-db", *more, ok=True):
        return self.pawl("approve", hold, "--key", key(who), "--yes", typed, *more, ok=ok)

    def log(self, kind=None):
        rows = [json.loads(line) for line in self.tool("log").splitlines()]
        return [r for r in rows if kind is None or r["kind"] == kind]

    def append(self, kind, body):
        path = os.path.join(self.dir, "body.json")
        open(path, "w").write(json.dumps(body))
        out = json.loads(self.tool("append", kind, path))
        assert out["ok"], out
        return out["seq"]

    def sign(self, text, who="alice", namespace="pawl"):
        p = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", key(who)], input=text.encode(), capture_output=True,
                           check=True)
        return p.stdout.decode()

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Skip(Exception):
    """Raised by a test that needs what is not here; why."""


class Tap:
    def __init__(self):
        self.n = self.bad = 0

    def run(self, tests, everyday=None):
        """${everyday}: names of those that `make check` runs; the others are `make soak`'s, by PAWL_TEST_WHOLE."""
        if everyday and not os.environ.get("PAWL_TEST_WHOLE"):
            later = [t.__name__ for t in tests if t.__name__ not in everyday]
            tests = [t for t in tests if t.__name__ in everyday]
            print("# note: %d more in make soak: %s" % (len(later), ", ".join(n[5:].replace("_", " ") for n in later)))
        for t in tests:
            self.n += 1
            name = t.__name__[5:].replace("_", " ")
            try:
                t()
                print("ok %d - %s" % (self.n, name), flush=True)
            except Skip as s:
                print("ok %d - %s # SKIP %s" % (self.n, name, s), flush=True)
            except Exception as e:  # noqa: BLE001: a failure is a line
                self.bad += 1
                print("not ok %d - %s" % (self.n, name))
                print("\n".join("# " + line for line in ("%s: %s" % (type(e).__name__, e)).splitlines()), flush=True)
        print("1..%d" % self.n)
        return 1 if self.bad else 0


def refused(answer, *words):
    """Refused, in words of its own."""
    assert not answer["ok"], "was let through: %r" % answer
    for w in words:
        assert w in answer["error"], "%r does not say %r" % (answer["error"], w)


def allowed(answer):
    assert answer["ok"] and answer["seq"] > 0, answer
    return answer
