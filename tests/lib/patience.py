"""Waiting for what must come. Only a failure reaches the limits, so they are generous: a busy machine changes no answer, and nothing is ordered
by sleeping.

    patience.until(lambda: gate.said().count("ask ") == 1)     # what it came to; AssertionError after LIMIT seconds
    patience.wait(process)                                       # its exit status
"""
import subprocess
import time

LIMIT = 120  # seconds


def until(what, seconds=LIMIT, words="it never came to be so", every=0.05):
    """What ${what}() says once that is true."""
    end = time.monotonic() + seconds
    while True:
        said = what()
        if said:
            return said
        assert time.monotonic() < end, "%s, in %d s" % (words() if callable(words) else words, seconds)
        time.sleep(every)


def wait(process, seconds=LIMIT):
    """Its exit status; killed, where it does not end."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError("%s has not ended in %d s" % (process.args, seconds)) from None
