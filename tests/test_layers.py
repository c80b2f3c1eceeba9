#!/usr/bin/env python3
"""src/LAYERS is true: every room is listed, includes only what it may, and the rooms form no circle."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.environ["PAWL_SOURCE"], "tests", "lib"))
import source  # noqa: E402


def includes(path):
    text = (source.ROOT / path).read_text()
    for n, line in enumerate(text.splitlines(), 1):
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if m:
            yield n, m.group(1)


def wrong_includes(rooms):
    for path in source.c_files("src"):
        room = source.room_of(path.relative_to("src"))
        for n, name in includes(path):
            if re.match(r"\w+\.inc$", name):
                continue  # made at build time, for the room's own folder
            other = source.room_of(name)
            if not (source.ROOT / "src" / name).exists():
                yield "%s:%d: \"%s\" is not named from src/" % (path, n, name)
            elif other != room and other not in rooms.get(room, []):
                yield "%s:%d: room %s may not include room %s" % (path, n, room, other)


def circles(rooms):
    done, order = set(), list(rooms)
    for room in order:
        for below in rooms[room]:
            if below not in rooms:
                yield "%s may include %s, which is no room" % (room, below)
            elif below not in done:
                yield "%s stands above %s, which is listed after it" % (room, below)
        done.add(room)


def clock_in_pure(pure):
    for path in source.c_files(*("src/" + p for p in pure)):
        for n, name in includes(path):
            if name in ("base/clock.h", "base/fd.h", "base/proc.h"):
                yield "%s:%d: a pure room may not include %s" % (path, n, name)


def guards():
    for path in source.c_files("src"):
        if path.suffix == ".h":
            want = "PAWL_" + re.sub(r"\W", "_", str(path.relative_to("src"))).upper()
            if "#ifndef %s\n#define %s\n" % (want, want) not in (source.ROOT / path).read_text():
                yield "%s: no include guard %s" % (path, want)


def main():
    tap = source.Tap()
    rooms, pure = source.layers()
    folders = {source.room_of(p.relative_to("src")) for p in source.c_files("src")}
    tap.check("every folder with code is a room", sorted(folders - set(rooms)))
    tap.check("rooms stand on rooms listed before them", circles(rooms))
    tap.check("rooms include only what they may", wrong_includes(rooms))
    tap.check("pure rooms are rooms", [p for p in pure if p not in rooms] or ([] if pure else ["none is listed"]))
    tap.check("pure rooms stand on pure rooms and base alone",
              ["%s on %s" % (p, b) for p in pure for b in rooms.get(p, []) if b != "base" and b not in pure])
    tap.check("pure rooms include no clock, file or process", clock_in_pure(pure))
    tap.check("headers are guarded by their own name", guards())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
