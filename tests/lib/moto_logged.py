#!/usr/bin/env python3
"""Start moto (an AWS emulator) on a free loopback port, logging every AWS call as one JSON line.

usage: moto_logged.py PORT_FILE LOG_FILE
The port is written to PORT_FILE once the socket listens. Stop it with SIGTERM.
LAB_SLOW="Action=FILE,…" in the environment: these actions are done and logged at once, but answered only once that file is there, so that
a client can be stopped between the deed and its knowing of it.
"""
import datetime
import io
import json
import os
import signal
import sys
import threading
import time
from urllib.parse import parse_qs

os.environ.setdefault("MOTO_ACCOUNT_ID", "123456789012")
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.iam import access_control
from werkzeug.serving import WSGIRequestHandler, make_server

# Where rights are checked, moto takes a query apart before it looks at its signature: one with %2F in it fails, the SDK's own, too.
access_control.IAMRequestBase.check_signature = lambda self: None

SLOW = dict(one.split("=") for one in os.environ.get("LAB_SLOW", "").split(",") if one)
KEEP = 20000  # bytes of body looked at per request


def describe(env, body):
    """Service, region, action and arguments of one request."""
    auth = env.get("HTTP_AUTHORIZATION", "")
    scope = auth.split("Credential=")[-1].split(",")[0].split("/") if "Credential=" in auth else []
    known = len(scope) > 3
    target = env.get("HTTP_X_AMZ_TARGET", "")
    text = body[:KEEP].decode("utf-8", "replace")
    args = {}
    if target:
        action = target.split(".")[-1]
        try:
            args = json.loads(text)
        except ValueError:
            pass
    elif "Action=" in text:
        form = parse_qs(text, keep_blank_values=True)
        action = form.pop("Action", ["?"])[0]
        form.pop("Version", None)
        args = {k: v[0] for k, v in form.items()}
    else:
        action = env["REQUEST_METHOD"] + " " + env.get("PATH_INFO", "")
        args = {"query": env["QUERY_STRING"]} if env.get("QUERY_STRING") else {}
    return {"service": scope[3] if known else "?", "region": scope[2] if known else "?", "action": action, "args": args,
            "key": scope[0] if scope else "?", "agent": env.get("HTTP_USER_AGENT", "")}


class Log:
    def __init__(self, app, path):
        self.app, self.f, self.lock = app, open(path, "a", buffering=1), threading.Lock()

    def __call__(self, env, start):
        t0 = time.time()
        n = int(env.get("CONTENT_LENGTH") or 0)
        body = env["wsgi.input"].read(n) if n else b""
        env["wsgi.input"] = io.BytesIO(body)
        rec = {"t": datetime.datetime.fromtimestamp(t0, datetime.timezone.utc).isoformat(timespec="milliseconds")}
        rec.update(describe(env, body))
        status = []

        def sr(st, h, exc=None):
            status.append(st)
            return start(st, h, exc)

        out = self.app(env, sr)
        rec["status"] = int(status[0].split()[0]) if status else 0
        rec["ms"] = round((time.time() - t0) * 1000, 1)
        with self.lock:
            self.f.write(json.dumps(rec) + "\n")
        while rec["action"] in SLOW and not os.path.exists(SLOW[rec["action"]]):
            time.sleep(0.05)
        return out


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *a, **k):
        pass


def main():
    port_file, log_file = sys.argv[1:3]
    app = Log(DomainDispatcherApplication(create_backend_app), log_file)
    srv = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    with open(port_file + ".tmp", "w") as f:
        f.write(str(srv.server_port))
    os.rename(port_file + ".tmp", port_file)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    srv.serve_forever()


if __name__ == "__main__":
    main()
