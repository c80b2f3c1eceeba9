#!/bin/bash
# Reading shell text on one core: at least 50 MB/s over a realistic mix, and no text of the fuzz corpus dearer a byte than 4 times the mean.
# Beside it, on the same text, `bash -n` (its start-up taken off) and shfmt where it is to be had.
# usage: bench/shell.sh [--build DIR]
set -eu
here=$(dirname "$0")
build=$here/../build
[ "${1:-}" = --build ] && build=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/mix"
python3 "$here/gen_shell.py" "$work/mix"
line=$("$build/bench/bench_shell" 3 "$work"/mix/*.sh)
echo "$line"
set -- $line
own=$2
cat "$work"/mix/*.sh >"$work/all.sh"
peer=$(python3 - "$work/all.sh" <<'PY'
import os, shutil, subprocess, sys
path = sys.argv[1]
size = os.path.getsize(path)
def cost(argv):
    best = 1e9
    for _ in range(5):
        begun = os.times()
        subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        now = os.times()
        best = min(best, now.children_user + now.children_system - begun.children_user - begun.children_system)
    return best
bash = max(cost(["bash", "-n", path]) - cost(["bash", "-n", "/dev/null"]), 0.01)
print("bash-n %.1f" % (size / bash / 1e6), end=" ")
shfmt = shutil.which("shfmt")
print("shfmt %s" % ("%.1f" % (size / max(cost([shfmt, "--to-json", path]), 0.01) / 1e6) if shfmt else "none"))
PY
)
echo "peers, MB/s: $peer"
python3 - "$own" $peer <<'PY'
import sys
own, bash = float(sys.argv[1]), float(sys.argv[3])
print("shell-read-50MB/s %.2f (at least 1) %.0f MB/s" % (own / 50, own))
print("shell-read-to-bash-n %.2f (at least 1) bash -n: %.0f MB/s" % (own / bash, bash))
PY
line=$("$build/bench/bench_shell" --worst 65536 "$here"/../fuzz/corpus/shell/* | tail -1)
echo "$line"
set -- $line
echo "shell-worst-to-mean $2 (at most 4) over the fuzz corpus, ${3##*/}"
