// pawl: asks `pawl hook amp` before every tool. Anything but a plain yes rejects the call.
import { spawnSync } from "node:child_process"

const PAWL = @PAWL_JS@

function refusal(question) {
  const run = spawnSync(PAWL, ["hook", "amp"], { input: JSON.stringify(question), encoding: "utf8", timeout: 15000, maxBuffer: 1 << 20 })
  let answer = null
  try {
    answer = JSON.parse(run.stdout)
  } catch {
    // below
  }
  if (!run.error && run.status === 0 && answer && answer.decision === "allow") return null
  return (answer && answer.reason) || "pawl DENIED: it could not be asked (" + (run.error ? run.error.message : "exit status " + run.status) + "). Do not retry; tell the person."
}

export default function (amp) {
  amp.on("tool.call", async (event) => {
    let message
    try {
      message = refusal({ event: "tool.call", tool: event.tool, input: event.input, cwd: process.cwd(), session: event.thread && event.thread.id })
    } catch (error) {
      message = "pawl DENIED: it could not be asked (" + error + "). Do not retry; tell the person."
    }
    return message === null ? { action: "allow" } : { action: "reject-and-continue", message }
  })
}
