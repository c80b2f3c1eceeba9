"""What each agent's host makes of a hook's answer: models written from the hosts' code and documentation, as strict as they are.

refused(host, status, out, err) yields the reason the model is given, or None where the call would run; AnswerError where the host would call
the hook broken (most then run the command).
"""
import json

HOSTS = ["claude-code", "codex", "gemini", "cursor", "copilot", "opencode", "windsurf", "cline", "kiro", "amp", "antigravity", "kimi", "vscode"]


class AnswerError(Exception):
    pass


def _object(out, members):
    try:
        v = json.loads(out)
    except ValueError as e:
        raise AnswerError("no JSON: %s: %r" % (e, out))
    if not isinstance(v, dict) or set(v) - set(members):
        raise AnswerError("unknown members: %r" % out)
    return v


def _reason(text):
    if not isinstance(text, str) or not text.strip():
        raise AnswerError("an empty reason")
    return text


def _claude(status, out, err, strict=False):
    if status == 2:
        return _reason(err)
    if status != 0:
        raise AnswerError("exit status %d" % status)
    if not out.strip():
        return None
    v = _object(out, ["hookSpecificOutput"] if strict else ["hookSpecificOutput", "continue", "systemMessage", "suppressOutput"])
    h = v.get("hookSpecificOutput", {})
    if h.get("hookEventName") == "PermissionRequest":
        d = h["decision"]
        if set(h) != {"hookEventName", "decision"} or set(d) - {"behavior", "message"} or d["behavior"] != "deny":
            raise AnswerError(out)
        return _reason(d["message"])
    if h.get("hookEventName") != "PreToolUse" or set(h) - {"hookEventName", "permissionDecision", "permissionDecisionReason"}:
        raise AnswerError(out)
    if h.get("permissionDecision") != "deny":
        raise AnswerError("an approval, or a question: %r" % out)
    return _reason(h.get("permissionDecisionReason"))


def _codex(status, out, err):
    return _claude(status, out, err, strict=True)


def _gemini(status, out, err):
    text = out.strip() or err.strip()
    if not text:
        if status == 0:
            return None
        raise AnswerError("silent failure")
    if text.startswith("{"):
        v = _object(text, ["decision", "reason", "systemMessage", "continue", "hookSpecificOutput"])
        if v.get("decision") in ("deny", "block"):
            return _reason(v.get("reason"))
        if v:
            raise AnswerError(out)
        return None
    return _reason(text) if status >= 2 else None


def _cursor(status, out, err):
    if status == 2:
        return _reason(err)
    if status != 0 or not out.strip():
        raise AnswerError("silence, or exit status %d" % status)
    v = _object(out, ["permission", "user_message", "agent_message"])
    if v.get("permission") == "allow":
        return None
    if v.get("permission") != "deny" or v["user_message"] != v["agent_message"]:
        raise AnswerError(out)
    return _reason(v["agent_message"])


def _copilot(status, out, err):
    if status != 0:
        raise AnswerError("shown as an error of the hook")
    if not out.strip():
        return None
    v = _object(out, ["permissionDecision", "permissionDecisionReason", "behavior", "message"])
    if v.get("behavior") == "deny":
        return _reason(v.get("message"))
    if v.get("permissionDecision") != "deny":
        raise AnswerError(out)
    return _reason(v.get("permissionDecisionReason"))


def _plugin(status, out, err):
    """The plugins of ours: anything but exactly an allow is a refusal."""
    if status == 0 and out == '{"decision":"allow"}\n':
        return None
    v = _object(out, ["decision", "reason"])
    if v.get("decision") != "deny":
        raise AnswerError(out)
    return _reason(v.get("reason"))


def _antigravity(status, out, err):
    if status != 0:
        raise AnswerError("exit status %d" % status)
    return _plugin(status, out, err)


def _stderr(status, out, err):
    if status == 0 and not out and not err:
        return None
    if status != 2 or out:
        raise AnswerError("exit status %d, %r" % (status, out))
    return _reason(err)


def _cline(status, out, err):
    if status != 0:
        raise AnswerError("exit status %d" % status)
    v = _object(out, ["cancel", "errorMessage", "contextModification"])
    if v == {"cancel": False}:
        return None
    if v.get("cancel") is not True:
        raise AnswerError(out)
    return _reason(v["errorMessage"])


_MODELS = {"claude-code": _claude, "codex": _codex, "gemini": _gemini, "cursor": _cursor, "copilot": _copilot, "opencode": _plugin,
           "windsurf": _stderr, "cline": _cline, "kiro": _stderr, "amp": _plugin, "antigravity": _antigravity, "kimi": _claude,
           "vscode": _claude}


def refused(host, status, out, err):
    return _MODELS[host](status, out, err)
