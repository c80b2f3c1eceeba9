#!/usr/bin/env python3
# timeout: 300
"""`pawl hook`: whatever becomes of the child that judges, its host gets a refusal in its own protocol, in time.

The judge is made to crash, lie, hang and starve by hook_tool; the real program is stopped, killed and starved from outside.
"""
import os
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import hosts  # noqa: E402
import source  # noqa: E402

TOOL, PAWL = str(source.BUILD / "tests" / "lib" / "hook_tool"), str(source.BUILD / "pawl")
CALLS = {
    "cursor": '{"hook_event_name":"beforeShellExecution","command":"%s","cwd":"/"}',
    "copilot": '{"toolName":"bash","toolArgs":{"command":"%s"},"cwd":"/"}',
    "opencode": '{"event":"tool.execute.before","tool":"bash","args":{"command":"%s"},"cwd":"/"}',
    "amp": '{"event":"tool.call","tool":"Bash","input":{"command":"%s"},"cwd":"/"}',
    "windsurf": '{"agent_action_name":"pre_run_command","tool_info":{"command_line":"%s"}}',
    "cline": '{"hookName":"PreToolUse","preToolUse":{"toolName":"execute_command","parameters":{"command":"%s"}}}',
    "antigravity": '{"toolCall":{"name":"run_command","args":{"CommandLine":"%s"}}}',
}
CLAUDE = '{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"%s"},"cwd":"/"}'


def call(host, command):
    return (CALLS.get(host, CLAUDE) % command).encode()


def asan():
    return b"__asan_init" in open(PAWL, "rb").read()


def run(words, data, limit=None, **how):
    def before():
        if limit:
            resource.setrlimit(limit[0], (limit[1], limit[1]))
    t0 = time.monotonic()
    p = subprocess.run(words, input=data, capture_output=True, preexec_fn=before, timeout=30, **how)
    return p.returncode, p.stdout.decode(), p.stderr.decode(), time.monotonic() - t0


def not_refused(host, got, within, words=""):
    status, out, err, took = got
    try:
        reason = hosts.refused(host, status, out, err)
    except hosts.AnswerError as e:
        return ["%s: the host takes it for no answer: %s" % (host, e)]
    if not reason:
        return ["%s: passes" % host]
    if took > within:
        return ["%s: after %.1f s" % (host, took)]
    if len(reason.strip()) > 600 or "pawl" not in reason or words not in reason:
        return ["%s: says %r, not %r" % (host, reason, words)]
    return []


def misbehaviours(tap):
    for how, words in (("crash", "died"), ("abort", "died"), ("kill", "died"), ("exit", "died"), ("garbage", "garbage"), ("print", "garbage"),
                       ("lie ", "garbage"), ("lie sum", "garbage"), ("lie exit", "garbage"), ("lie half", "broke off"), ("lie twice", "garbage"),
                       ("close", "died")):
        tap.check("the judge: %s" % how, [p for h in hosts.HOSTS for p in
                                          not_refused(h, run([TOOL, "run", h, "allow", "4000"], call(h, "misbehave: " + how)), 3, words)])
    for how in ("hang", "stop", "spin"):
        tap.check("the judge: %s" % how, [p for h in hosts.HOSTS for p in
                                          not_refused(h, run([TOOL, "run", h, "allow", "150"], call(h, "misbehave: " + how)), 3, "too long")])


def starving(tap):
    tool = [TOOL, "run", None, "allow", "4000"]

    def each(name, limit, command="ls", words="", which=None, within=6):
        problems = []
        for h in which or hosts.HOSTS:
            cmd = [h if w is None else w for w in tool]
            problems += not_refused(h, run(cmd, call(h, command), limit), within, words)
        tap.check(name, problems)

    for name, n in (("no descriptor left", 3), ("one descriptor too few", 4)):
        if asan():
            tap.skip(name, "the dynamic twin cannot be loaded then")
        else:
            tap.check(name, [p for h in hosts.HOSTS for p in
                             not_refused(h, run([PAWL, "hook", h], call(h, "ls"), (resource.RLIMIT_NOFILE, n)), 3, "descriptor")])
    each("no processor time left", (resource.RLIMIT_CPU, 1), "misbehave: spin", which=["claude-code", "windsurf"])
    if asan():
        tap.skip("no memory left", "the sanitizer needs its own")
    else:
        each("no memory left", (resource.RLIMIT_AS, 60 << 20), "misbehave: memory")
        each("no memory for the arena", (resource.RLIMIT_AS, 14 << 20), which=["claude-code", "codex", "cursor"])
    # root is not held by RLIMIT_NPROC: as somebody else, where we may become that.
    if os.getuid() != 0:
        each("no process left", (resource.RLIMIT_NPROC, 0), words="process")
        return
    problems = []
    for h in hosts.HOSTS:
        os.chmod(os.getcwd(), 0o755)

        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(100000 + os.getpid() % 1000000)  # nobody else's: another's processes would count
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        exe = os.open(TOOL, os.O_RDONLY)  # its folder may be closed to others
        p = subprocess.run(["/proc/self/fd/%d" % exe, "run", h, "allow"], input=call(h, "ls"), capture_output=True, preexec_fn=drop,
                           pass_fds=[exe], cwd="/")
        os.close(exe)
        problems += not_refused(h, (p.returncode, p.stdout.decode(), p.stderr.decode(), 0), 1, "process")
    tap.check("no process left", problems)


def child_of(pid):
    for _ in range(500):
        kids = open("/proc/%d/task/%d/children" % (pid, pid)).read().split()
        if kids:
            return int(kids[0])
        time.sleep(0.01)
    raise RuntimeError("no child")


def from_outside(tap):
    """The program itself; its input stays open, so that its child is still there to be met."""
    met = {"stopped": (signal.SIGSTOP, "too long", 7), "killed": (signal.SIGKILL, "died", 3)}
    for name, (number, words, within) in met.items():
        running = []
        for h in hosts.HOSTS:
            p = subprocess.Popen([PAWL, "hook", h], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            p.stdin.write(call(h, "ls")[:20])
            p.stdin.flush()
            running.append((h, p, time.monotonic(), os.kill(child_of(p.pid), number)))
        problems = []
        for h, p, t0, _ in running:
            p.wait(20)
            problems += not_refused(h, (p.returncode, p.stdout.read().decode(), p.stderr.read().decode(), time.monotonic() - t0), within + 1, words)
            p.stdin.close()
        tap.check("the child is %s from outside" % name, problems)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        problems = []
        for h in hosts.HOSTS:
            p = subprocess.Popen([PAWL, "hook", h], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            kid = child_of(p.pid)
            time.sleep(0.02)
            os.kill(p.pid, number)
            p.wait(5)
            problems += not_refused(h, (p.returncode, p.stdout.read().decode(), p.stderr.read().decode(), 0), 1, "told to stop")
            p.stdin.close()
            for _ in range(100):
                if not os.path.exists("/proc/%d" % kid):
                    break
                time.sleep(0.02)
            else:
                problems.append("%s: the child lives on" % h)
        tap.check("the parent gets %s" % number.name, problems)


def inputs(tap):
    big = b'{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"/p/x","content":"' + b"a" * (10 << 20) + b'"}}'
    got = run([TOOL, "run", "claude-code", "allow"], big)
    tap.check("a file of 10 MB is judged", [] if got[:3] == (0, "", "") else [got[:3]])
    tap.check("10 MB of garbage", [p for h in hosts.HOSTS for p in not_refused(h, run([TOOL, "run", h, "allow"], b"\0[" * (5 << 20)), 6)])
    tap.check("10 MB of brackets", [p for h in hosts.HOSTS for p in not_refused(h, run([TOOL, "run", h, "allow"], b"[" * (10 << 20)), 6)])
    tap.check("70 MB", not_refused("codex", run([TOOL, "run", "codex", "allow"], b" " * (70 << 20)), 6, "64 MB"))
    tap.check("no input", [p for h in hosts.HOSTS for p in not_refused(h, run([TOOL, "run", h, "allow"], b""), 3)])
    problems = []
    for h in hosts.HOSTS:
        p = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", TOOL, "run", h, "allow"], capture_output=True, timeout=20)
        problems += not_refused(h, (p.returncode, p.stdout.decode(), p.stderr.decode(), 0), 1)
    tap.check("standard input is closed", problems)
    problems = []
    for h in hosts.HOSTS:  # nobody listens: it must end, and not with success where that means yes
        p = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", TOOL, "run", h, "deny"], input=call(h, "ls"), timeout=20)
        if p.returncode == 0:
            problems.append("%s: %d" % (h, p.returncode))
    tap.check("standard output is closed", problems)
    p = subprocess.run([PAWL, "hook", "nobody"], capture_output=True)
    tap.check("a host nobody knows", [] if p.returncode == 2 and b"claude-code" in p.stderr else [p])


def main():
    tap = source.Tap()
    misbehaviours(tap)
    starving(tap)
    from_outside(tap)
    inputs(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
