#!/usr/bin/env python3
"""The pure rooms are pure at link level: their libraries ask the linker for a short list of names and nothing else.

So no clock, no environment, no file and no memory but the caller's slips in. Where a pure room wraps a library, that
library's entry points are listed too.
"""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402

# libc, in the plain and the fortified spelling.
LIBC = set("""memcpy memmove memset memcmp memchr memrchr memmem strlen strnlen strcmp strncmp strchr strrchr strspn strcspn
snprintf vsnprintf qsort bsearch abort""".split())
FORTIFIED = {"__%s_chk" % name for name in LIBC}
# What the compiler itself asks for: stack protector, sanitizers, coverage.
COMPILER = re.compile(r"_GLOBAL_OFFSET_TABLE_$|__stack_chk_fail$|__asan_|__ubsan_|__sanitizer_|__gcov_|__tls_get_addr$|_edata$|__tsan")
# Base rooms' files that are pure, less the few functions in them that ask the kernel.
BASE_FILES = ["arena", "buf", "digest", "doc", "err", "json", "json_memory", "redact", "str", "timestamp"]
BASE_IMPURE = {"arena_map", "arena_unmap", "err_sys"}
LIBRARIES = {
    "core": r"yaml_\w+$",
    "facts": None,
    "read/sql": r"pg_query_(enter_memory_context|exit_memory_context|raw_parse|free_error)$|free$|ScanKeyword(s|Categories)$",
    "read": r"yajl_\w+$|yaml_\w+$|unz\w+$|inflate\w*$|crc32$",
}
# minizip reads through callbacks; its default ones open files, so those who use it name their own.
BANNED = {"unzOpen", "unzOpen64", "yaml_parser_set_input_file"}


def symbols(library, flags):
    out = subprocess.run(["nm", "--format=posix"] + flags + [str(library)], capture_output=True, text=True, check=True)
    names = set()
    for line in out.stdout.splitlines():
        word = line.split()
        if len(word) >= 2 and not line.endswith(":"):
            names.add(word[0])
    return names


def archive(room):
    return source.BUILD / "src" / room / ("lib%s.a" % room.replace("/", "_"))


def pure_base():
    """Names that the pure files of base define."""
    folder = source.BUILD / "src" / "base" / "libbase.a.p"
    names = set()
    for file in BASE_FILES:
        names |= symbols(folder / (file + ".c.o"), ["--defined-only", "-g"])
    return names - BASE_IMPURE


def wrong(room, below, base):
    defined = symbols(archive(room), ["--defined-only", "-g"])
    known = LIBC | FORTIFIED | base | defined
    for b in below:
        if b != "base":
            known |= symbols(archive(b), ["--defined-only", "-g"])
    for name in sorted(symbols(archive(room), ["-u"]) - known):
        if COMPILER.match(name):
            continue
        if LIBRARIES.get(room) and re.match(LIBRARIES[room], name) and name not in BANNED:
            continue
        yield "%s asks for %s" % (room, name)


def main():
    tap = source.Tap()
    rooms, pure = source.layers()
    base = pure_base()
    tap.check("the check sees impurity: base has a clock, files and memory",
              [n for n in ("clock_gettime", "open", "mmap", "realloc")
               if not {n, n + "64", "__%s_2" % n, "__%s64_2" % n} & symbols(archive("base"), ["-u"])])
    for room in pure:
        if all(archive(r).exists() for r in [room] + rooms[room]):
            tap.check("%s asks for nothing that is not on the list" % room, wrong(room, rooms[room], base))
        else:
            tap.check("%s has a library" % room, ["%s is not there" % archive(room)])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
