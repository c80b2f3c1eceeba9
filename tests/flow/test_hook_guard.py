#!/usr/bin/env python3
# timeout: 300
"""`pawl hook`: whatever becomes of the child that judges, its host gets a refusal in its own protocol, in time.

The judge is made to crash, lie, hang and starve by hook_tool; the real program is stopped, killed and starved from outside.
"""
import concurrent.futures
import os
import resource
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import hosts  # noqa: E402
import patience  # noqa: E402
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
    p = subprocess.run(words, input=data, capture_output=True, preexec_fn=before, timeout=600, **how)
    return p.returncode, p.stdout.decode(), p.stderr.decode(), time.monotonic() - t0


def not_refused(host, got, words=""):
    status, out, err = got[:3]
    try:
        reason = hosts.refused(host, status, out, err)
    except hosts.AnswerError as e:
        return ["%s: the host takes it for no answer: %s" % (host, e)]
    if not reason:
        return ["%s: passes" % host]
    if len(reason.strip()) > 600 or "pawl" not in reason or words not in reason:
        return ["%s: says %r, not %r" % (host, reason, words)]
    return []


def in_time(host, within, once, words=""):
    """Refused, within so many seconds. A busy machine may hold up any of five tries: that alone is tried again, and never a wrong answer."""
    for _ in range(5):
        got = once()
        problems = not_refused(host, got, words)
        if problems and not_refused(host, got, "too long"):
            return problems
        if not problems and got[3] <= within:
            return []
    return problems or ["%s: after %.1f s" % (host, got[3])]


def misbehaviours(tap):
    for how, words in (("crash", "died"), ("abort", "died"), ("kill", "died"), ("exit", "died"), ("garbage", "garbage"), ("print", "garbage"),
                       ("lie ", "garbage"), ("lie sum", "garbage"), ("lie exit", "garbage"), ("lie half", "broke off"), ("lie twice", "garbage"),
                       ("close", "died")):
        tap.check("the judge: %s" % how, [p for h in hosts.HOSTS for p in in_time(
            h, 3, lambda: run([TOOL, "run", h, "allow", "60000"], call(h, "misbehave: " + how)), words)])
    for how in ("hang", "stop", "spin"):
        tap.check("the judge: %s" % how, [p for h in hosts.HOSTS for p in in_time(
            h, 3, lambda: run([TOOL, "run", h, "allow", "150"], call(h, "misbehave: " + how)), "too long")])


def starving(tap):
    tool = [TOOL, "run", None, "allow", "60000"]

    def each(name, limit, command="ls", words="", which=None, within=6):
        problems = []
        for h in which or hosts.HOSTS:
            cmd = [h if w is None else w for w in tool]
            problems += in_time(h, within, lambda: run(cmd, call(h, command), limit), words)
        tap.check(name, problems)

    for name, n in (("no descriptor left", 3), ("one descriptor too few", 4)):
        if asan():
            tap.skip(name, "the dynamic twin cannot be loaded then")
        else:
            tap.check(name, [p for h in hosts.HOSTS for p in
                             in_time(h, 3, lambda: run([PAWL, "hook", h], call(h, "ls"), (resource.RLIMIT_NOFILE, n)), "descriptor")])
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
        problems += not_refused(h, (p.returncode, p.stdout.decode(), p.stderr.decode()), "process")
    tap.check("no process left", problems)


def child_of(pid):
    kids = patience.until(lambda: open("/proc/%d/task/%d/children" % (pid, pid)).read().split(), words="no child", every=0.01)
    return int(kids[0])


def met(host, number):
    """The program itself, whose child is sent that; its input stays open, so that it is still there to be met."""
    with subprocess.Popen([PAWL, "hook", host], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as p:
        p.stdin.write(call(host, "ls")[:20])
        p.stdin.flush()
        t0 = time.monotonic()
        os.kill(child_of(p.pid), number)
        patience.wait(p)
        return p.returncode, p.stdout.read().decode(), p.stderr.read().decode(), time.monotonic() - t0


def from_outside(tap):
    for name, number, words, within in (("stopped", signal.SIGSTOP, "too long", 8), ("killed", signal.SIGKILL, "died", 4)):
        with concurrent.futures.ThreadPoolExecutor(len(hosts.HOSTS)) as pool:
            problems = sum(pool.map(lambda h: in_time(h, within, lambda: met(h, number), words), hosts.HOSTS), [])
        tap.check("the child is %s from outside" % name, problems)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        problems = []
        for h in hosts.HOSTS:
            p = subprocess.Popen([PAWL, "hook", h], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            kid = child_of(p.pid)
            os.kill(p.pid, number)
            patience.wait(p)
            problems += not_refused(h, (p.returncode, p.stdout.read().decode(), p.stderr.read().decode()), "told to stop")
            p.stdin.close()
            patience.until(lambda: not os.path.exists("/proc/%d" % kid), words="%s: the child lives on" % h)
        tap.check("the parent gets %s" % number.name, problems)


def inputs(tap):
    big = b'{"hook_event_name":"PreToolUse","tool_name":"Write","tool_input":{"file_path":"/p/x","content":"' + b"a" * (10 << 20) + b'"}}'
    got = run([TOOL, "run", "claude-code", "allow", "600000"], big)
    tap.check("a file of 10 MB is judged", [] if got[:3] == (0, "", "") else [got[:3]])
    tap.check("10 MB of garbage", [p for h in hosts.HOSTS for p in in_time(h, 6, lambda: run([TOOL, "run", h, "allow"], b"\0[" * (5 << 20)))])
    tap.check("10 MB of brackets", [p for h in hosts.HOSTS for p in in_time(h, 6, lambda: run([TOOL, "run", h, "allow"], b"[" * (10 << 20)))])
    tap.check("70 MB", in_time("codex", 6, lambda: run([TOOL, "run", "codex", "allow", "60000"], b" " * (70 << 20)), "64 MB"))
    tap.check("no input", [p for h in hosts.HOSTS for p in in_time(h, 3, lambda: run([TOOL, "run", h, "allow"], b""))])
    problems = []
    for h in hosts.HOSTS:
        p = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", TOOL, "run", h, "allow"], capture_output=True, timeout=600)
        problems += not_refused(h, (p.returncode, p.stdout.decode(), p.stderr.decode()))
    tap.check("standard input is closed", problems)
    problems = []
    for h in hosts.HOSTS:  # nobody listens: it must end, and not with success where that means yes
        p = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", TOOL, "run", h, "deny"], input=call(h, "ls"), timeout=600)
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
