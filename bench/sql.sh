#!/bin/bash
# The SQL reader: time for statements of pgbench and for joins of 1 KB, beside PostgreSQL's own parser, and growth with the text.
# usage: bench/sql.sh [--build DIR]
set -eu
build=$(dirname "$0")/../build
[ "${1:-}" = --build ] && build=$2
"$build/bench/bench_sql" | while read -r name ns parser; do
	case $name in
	pgbench-*) most=1 ;;
	join) most=15 ;;
	growth)
		echo "growth-64KB-to-640KB $ns (at most 1.3)"
		continue
		;;
	*)
		# What the parser is asked for: what we add to it.
		python3 -c 'import sys; print("%s-to-parser %.2f (at most 1.6)" % (sys.argv[1], int(sys.argv[2]) / int(sys.argv[3])))' "$name" "$ns" "$parser"
		continue
		;;
	esac
	python3 -c 'import sys; n, a, b, most = sys.argv[1:]; a = int(a); b = int(b); print("%s-microseconds %.2f (at most %s)\n  PostgreSQL'\''s parser alone takes %.2f, %.2f of it" % (n, a / 1e3, most, b / 1e3, a / b))' "$name" "$ns" "$parser" "$most"
done
