#!/bin/bash
# The plan reader against jq on the same plan JSON, in one run: time and peak memory, as ratios, and how it grows with size.
# usage: bench/plan.sh [--build DIR] [MEGABYTES …]        default: 100 400; up to 1000 is promised
# What is measured is `pawl plan` as a whole (reading, judging, the card), and the reader alone for comparison.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build
if [ "${1:-}" = --build ]; then
	build=$(cd "$2" && pwd)
	shift 2
fi
[ $# -gt 0 ] || set -- 100 400
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Seconds, CPU seconds and peak MB of a command, best of three. Ratios are of seconds; growth is of CPU seconds, for the runs it
# compares are far apart.
measure() {
	python3 - "$@" <<'PY'
import os, sys, time
best, cpu, peak = None, None, 0
for _ in range(3):
    t0 = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.execvp(sys.argv[1], sys.argv[1:])
    _, status, use = os.wait4(pid, 0)
    took = time.monotonic() - t0
    if os.waitstatus_to_exitcode(status) not in (0, 3, 4):  # allow, hold, deny
        sys.exit("%s: status %d" % (sys.argv[1], status))
    best = took if best is None else min(best, took)
    used = use.ru_utime + use.ru_stime
    cpu = used if cpu is None else min(cpu, used)
    peak = max(peak, use.ru_maxrss)
print("%.3f %.3f %.1f" % (best, cpu, peak / 1024))
PY
}

export HOME=$work/home XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config
unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
mkdir -p "$HOME" "$work/here"
whole=
if "$build/pawl" plan --help > "$work/help" 2>&1; then
	whole="$build/pawl plan --offline"
fi

last_mb= last_cpu=
for mb in "$@"; do
	python3 "$here/gen_plan.py" "$mb" > "$work/plan.json"
	cd "$work/here"
	read -r reader_s reader_cpu reader_mb <<< "$(measure "$build/tests/cases/plan_dump" "$work/plan.json")"
	printf 'plan %4d MB: reader    %7.3f s %7.1f MB\n' "$mb" "$reader_s" "$reader_mb"
	pawl_s=$reader_s pawl_cpu=$reader_cpu pawl_mb=$reader_mb
	if [ -n "$whole" ]; then
		# shellcheck disable=SC2086
		read -r pawl_s pawl_cpu pawl_mb <<< "$(measure $whole "$work/plan.json")"
		printf 'plan %4d MB: pawl plan %7.3f s %7.1f MB\n' "$mb" "$pawl_s" "$pawl_mb"
	fi
	if [ "$mb" -le 100 ]; then
		read -r jq_s _ jq_mb <<< "$(measure jq -c '[.resource_changes[].change.actions]' "$work/plan.json")"
		printf 'plan %4d MB: jq        %7.3f s %7.1f MB\n' "$mb" "$jq_s" "$jq_mb"
		awk "BEGIN { printf \"plan-$mb-MB-time/jq   %.3f (at most 0.25)\n\", $pawl_s / $jq_s
			printf \"plan-$mb-MB-memory/jq %.3f (at most 0.333)\n\", $pawl_mb / $jq_mb }"
	fi
	if [ -n "$last_mb" ]; then
		awk "BEGIN { printf \"plan-growth-$last_mb-to-$mb %.2f (at most 1.3) 1 is linear\n\", ($pawl_cpu / $last_cpu) / ($mb / $last_mb) }"
	fi
	last_mb=$mb last_cpu=$pawl_cpu
done
