#!/usr/bin/env python3
"""A stand-in for the models behind Claude Code, Codex and Gemini CLI, on loopback: asks for the shell commands it was given, one a
turn, and then says it is done. Every request body goes to LOG, one JSON a line: what the client told its model.

usage: model.py LOG COMMAND …        prints its port
The three protocols: Anthropic messages (POST /v1/messages), OpenAI responses (POST /v1/responses), Gemini generateContent
(POST /v1beta/models/NAME:streamGenerateContent); all answered as server-sent events where the client asks for a stream.
"""
import http.server
import json
import sys
import threading

LOG, COMMANDS = sys.argv[1], sys.argv[2:]
lock = threading.Lock()


def anthropic(body):
    """How many tools have answered, and which events say the next thing."""
    tools = {t.get("name") for t in body.get("tools") or []}
    done = sum(1 for m in body.get("messages", []) if isinstance(m.get("content"), list)
               for c in m["content"] if c.get("type") == "tool_result")
    call = COMMANDS[done] if "Bash" in tools and done < len(COMMANDS) else None
    if call is None:
        block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "Done."}
    else:
        block = {"type": "tool_use", "id": "toolu_%d" % done, "name": "Bash", "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps({"command": call, "description": "step"})}
    message = {"id": "msg_%d" % done, "type": "message", "role": "assistant", "model": body.get("model", "m"), "content": [],
               "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
    stop = "end_turn" if call is None else "tool_use"
    if not body.get("stream"):
        whole = dict(block)
        whole.update({"text": "Done."} if call is None else {"input": {"command": call, "description": "step"}})
        return None, dict(message, content=[whole], stop_reason=stop)
    return [("message_start", {"type": "message_start", "message": message}),
            ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": block}),
            ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}),
            ("content_block_stop", {"type": "content_block_stop", "index": 0}),
            ("message_delta", {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None},
                               "usage": {"output_tokens": 1}}),
            ("message_stop", {"type": "message_stop"})], None


def openai(body):
    tools = {t.get("name") or t.get("type"): t for t in body.get("tools") or []}
    done = sum(1 for i in body.get("input", []) if isinstance(i, dict) and i.get("type") in ("function_call_output",
                                                                                           "local_shell_call_output"))
    shell = next((n for n in ("exec_command", "shell_command", "shell", "local_shell") if n in tools), None)
    if shell is None or done >= len(COMMANDS):
        item = {"type": "message", "role": "assistant", "id": "m%d" % done, "content": [{"type": "output_text", "text": "Done."}]}
    else:
        text = COMMANDS[done]
        arguments = {"exec_command": {"cmd": text}, "shell_command": {"command": text}}.get(shell, {"command": ["bash", "-lc", text]})
        item = {"type": "function_call", "id": "fc%d" % done, "call_id": "call_%d" % done, "name": shell,
                "arguments": json.dumps(arguments)}
    response = {"id": "resp_%d" % done, "object": "response", "status": "completed", "output": [item],
                "usage": {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 1, "output_tokens_details": None,
                          "total_tokens": 2}}
    return [("response.created", {"type": "response.created", "response": dict(response, status="in_progress", output=[])}),
            ("response.output_item.done", {"type": "response.output_item.done", "output_index": 0, "item": item}),
            ("response.completed", {"type": "response.completed", "response": response})], response


def gemini(body):
    tools = {f.get("name") for t in body.get("tools") or [] for f in t.get("functionDeclarations") or []}
    done = sum(1 for c in body.get("contents", []) for p in c.get("parts", []) if "functionResponse" in p)
    if "run_shell_command" not in tools or done >= len(COMMANDS):
        part = {"text": "Done."}
    else:
        part = {"functionCall": {"name": "run_shell_command", "args": {"command": COMMANDS[done], "description": "step"}}}
    answer = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
              "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}, "modelVersion": "m"}
    return [(None, answer)], answer


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.plain({})

    def do_GET(self):
        self.plain({"data": [], "models": []})

    def plain(self, value):
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events):
        out = b""
        for name, value in events:
            out += (b"event: %s\n" % name.encode() if name else b"") + b"data: " + json.dumps(value).encode() + b"\n\n"
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        with lock, open(LOG, "a") as log:
            log.write(json.dumps({"path": self.path, "body": body}) + "\n")
        if "count_tokens" in self.path or "countTokens" in self.path:
            return self.plain({"input_tokens": 1, "totalTokens": 1})
        if self.path.startswith("/v1/messages"):
            events, whole = anthropic(body)
            return self.stream(events) if events else self.plain(whole)
        if self.path.endswith("/responses"):
            return self.stream(openai(body)[0])
        if "enerateContent" in self.path:
            events, whole = gemini(body)
            return self.stream(events) if "stream" in self.path else self.plain(whole)
        return self.plain({})


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
