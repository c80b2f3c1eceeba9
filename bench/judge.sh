#!/bin/bash
# The judge alone, on one core, against 1,000 rules: more than a million changes a second are promised.
# usage: bench/judge.sh [--build DIR]
set -eu
build=$(dirname "$0")/../build
[ "${1:-}" = --build ] && build=$2
line=$("$build/bench/bench_judge")
echo "$line"
set -- $line
python3 -c 'import sys; print("judge-million-changes/s %.2f (at least 1) %s" % (int(sys.argv[1]) / 1e6, sys.argv[2]))' "$2" "against 1,000 rules"
