"""Loopback stand-ins for the models that agents talk to: each asks for the shell commands of a script, one a turn, and then says "done".

What the agents send is kept in `seen`, so that a test finds in it what the model was told. Python's standard library alone.
"""
import http.server
import json
import re
import threading


class Model(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script):
        self.script, self.turn, self.seen, self.lock = list(script), 0, [], threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_address[1]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def next_command(self):
        with self.lock:
            self.turn += 1
            return self.script[self.turn - 1] if self.turn <= len(self.script) else None

    def told(self):
        """Everything the agent sent to the model, as one text of its strings."""
        found = []

        def walk(v):
            if isinstance(v, str):
                found.append(v)
            elif isinstance(v, dict):
                [walk(x) for x in v.values()]
            elif isinstance(v, list):
                [walk(x) for x in v]
        for body in self.seen:
            walk(body)
        return "\n".join(found)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(b"", "text/plain")

    def do_GET(self):
        self.answer(b'{"data":[],"models":[],"has_more":false}', "application/json")

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(raw)
        except ValueError:
            body = {}
        if "/v1/messages" in self.path and "count_tokens" not in self.path:
            self.server.seen.append(body)
            return self.anthropic(body)
        if self.path.endswith("/responses"):
            self.server.seen.append(body)
            return self.openai(body)
        if "generateContent" in self.path or "streamGenerateContent" in self.path:
            self.server.seen.append(body)
            return self.gemini(body)
        return self.answer(b'{"input_tokens":1,"totalTokens":1}', "application/json")

    def answer(self, data, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def stream(self, events, named=True):
        out = "".join(("event: %s\n" % e["type"] if named else "") + "data: %s\n\n" % json.dumps(e) for e in events)
        self.answer(out.encode(), "text/event-stream")

    def anthropic(self, body):
        tools = {t.get("name") for t in body.get("tools") or []}
        command = self.server.next_command() if "Bash" in tools else None
        n = self.server.turn
        message = {"id": "msg_%d" % n, "type": "message", "role": "assistant", "model": body.get("model", "m"), "content": [],
                   "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        if command:
            block = {"type": "tool_use", "id": "toolu_%d" % n, "name": "Bash", "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps({"command": command, "description": "as asked"})}
        else:
            block, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": "done"}
        stop = "tool_use" if command else "end_turn"
        if not body.get("stream"):
            content = [dict(block, input=json.loads(delta["partial_json"]))] if command else [{"type": "text", "text": "done"}]
            return self.answer(json.dumps(dict(message, content=content, stop_reason=stop)).encode(), "application/json")
        return self.stream([
            {"type": "message_start", "message": message},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": {"output_tokens": 1}},
            {"type": "message_stop"}])

    def openai(self, body):
        tools = {t.get("name"): t for t in body.get("tools") or []}
        name = next((t for t in ("exec_command", "shell_command", "shell", "local_shell") if t in tools), None)
        command = self.server.next_command() if name else None
        n = self.server.turn
        if command:
            args = {"cmd": command} if name == "exec_command" else {"command": command if name == "shell_command" else ["bash", "-c", command]}
            item = {"type": "function_call", "id": "fc_%d" % n, "call_id": "call_%d" % n, "name": name, "arguments": json.dumps(args)}
        else:
            item = {"type": "message", "id": "m_%d" % n, "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}
        return self.stream([
            {"type": "response.created", "response": {"id": "r_%d" % n}},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"id": "r_%d" % n, "usage": {
                "input_tokens": 1, "input_tokens_details": None, "output_tokens": 1, "output_tokens_details": None, "total_tokens": 2}}}])

    def gemini(self, body):
        tools = {f.get("name") for t in body.get("tools") or [] for f in t.get("functionDeclarations") or []}
        command = self.server.next_command() if "run_shell_command" in tools else None
        part = {"functionCall": {"name": "run_shell_command", "args": {"command": command, "description": "as asked"}}} if command \
            else {"text": '{"complexity_reasoning":"x","complexity_score":1,"model_choice":"flash","reasoning":"x"}'
                  if re.search(r"responseJsonSchema|responseSchema", json.dumps(body)) else "done"}
        answer = {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}],
                  "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}, "modelVersion": "m"}
        if "streamGenerateContent" in self.path:
            return self.stream([answer], named=False)
        return self.answer(json.dumps(answer).encode(), "application/json")
