#!/bin/bash
# The SQL reader: time for one statement of pgbench and for a join of 1 KB.
# usage: bench/sql.sh [--build DIR]
set -eu
build=$(dirname "$0")/../build
[ "${1:-}" = --build ] && build=$2
"$build/bench/bench_sql" | while read -r name ns; do
	case $name in
	pgbench) most=1 ;;
	*) most=15 ;;
	esac
	python3 -c 'import sys; print("%s-microseconds %.2f (at most %s)" % (sys.argv[1], int(sys.argv[2]) / 1e3, sys.argv[3]))' "$name" "$ns" "$most"
done
