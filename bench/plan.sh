#!/bin/bash
# The plan reader against jq on the same plan JSON, in one run: time and peak memory, as ratios, and how it grows with size.
# usage: bench/plan.sh [--build DIR] [MEGABYTES …]        default: 100; "100 1000" shows linearity
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build
if [ "${1:-}" = --build ]; then
	build=$2
	shift 2
fi
[ $# -gt 0 ] || set -- 100
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# seconds and peak MB of a command, best time of three
measure() {
	python3 - "$@" <<'PY'
import os, sys, time
best, peak = None, 0
for _ in range(3):
    t0 = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.execvp(sys.argv[1], sys.argv[1:])
    _, status, use = os.wait4(pid, 0)
    took = time.monotonic() - t0
    if status:
        sys.exit("%s: status %d" % (sys.argv[1], status))
    best = took if best is None else min(best, took)
    peak = max(peak, use.ru_maxrss)
print("%.3f %.1f" % (best, peak / 1024))
PY
}

last_mb= last_s=
for mb in "$@"; do
	python3 "$here/gen_plan.py" "$mb" > "$work/plan.json"
	bytes=$(stat -c %s "$work/plan.json")
	read -r pawl_s pawl_mb <<< "$(measure "$build/tests/cases/plan_dump" "$work/plan.json")"
	printf 'plan %4d MB: reader %7.3f s %7.1f MB, %.0f MB/s\n' "$mb" "$pawl_s" "$pawl_mb" "$(awk "BEGIN{print $bytes/1048576/$pawl_s}")"
	if [ "$mb" -le 200 ]; then
		read -r jq_s jq_mb <<< "$(measure jq -c '[.resource_changes[].change.actions]' "$work/plan.json")"
		printf 'plan %4d MB: jq     %7.3f s %7.1f MB\n' "$mb" "$jq_s" "$jq_mb"
		awk "BEGIN { t = $pawl_s / $jq_s; m = $pawl_mb / $jq_mb
			printf \"plan-time-ratio   %.3f (at most 0.25) %s\\n\", t, t <= 0.25 ? \"ok\" : \"TOO SLOW\"
			printf \"plan-memory-ratio %.3f (at most 0.333) %s\\n\", m, m <= 1 / 3 ? \"ok\" : \"TOO LARGE\" }"
	fi
	if [ -n "$last_mb" ]; then
		awk "BEGIN { g = ($pawl_s / $last_s) / ($mb / $last_mb)
			printf \"plan-growth       %.2f from $last_mb to $mb MB (1 is linear; at most 1.3) %s\\n\", g, g <= 1.3 ? \"ok\" : \"NOT LINEAR\" }"
	fi
	last_mb=$mb last_s=$pawl_s
done
