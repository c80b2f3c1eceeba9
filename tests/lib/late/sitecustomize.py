"""Slows a test down at random where it starts programs, opens files, connects and sends (tests/run --late): what the programs under test
do meanwhile must not change what it finds."""
import os
import random
import socket
import subprocess
import time

_popen, _connect, _sendall, _unlink = subprocess.Popen.__init__, socket.socket.connect, socket.socket.sendall, os.unlink


def _late(of, most_s):
    if random.randrange(of) == 0:
        time.sleep(random.uniform(0, most_s) * (1 if random.randrange(50) else 5))


def _slow(real, of, most_s):
    def call(*args, **kwargs):
        _late(of, most_s)
        answer = real(*args, **kwargs)
        _late(of, most_s)
        return answer
    return call


subprocess.Popen.__init__ = _slow(_popen, 3, 0.4)
socket.socket.connect = _slow(_connect, 3, 0.2)
socket.socket.sendall = _slow(_sendall, 20, 0.1)
os.unlink = os.remove = _slow(_unlink, 2, 0.3)
os.rename = _slow(os.rename, 2, 0.3)
os.kill = _slow(os.kill, 2, 0.5)
