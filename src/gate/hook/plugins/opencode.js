// pawl: asks `pawl hook opencode` before every tool. Anything but a plain yes throws, and a throw stops the call.
import { spawnSync } from "node:child_process"

const PAWL = @PAWL_JS@

function ask(question) {
  const run = spawnSync(PAWL, ["hook", "opencode"], { input: JSON.stringify(question), encoding: "utf8", timeout: 15000, maxBuffer: 1 << 20 })
  let answer = null
  try {
    answer = JSON.parse(run.stdout)
  } catch {
    // below
  }
  if (!run.error && run.status === 0 && answer && answer.decision === "allow") return
  throw new Error((answer && answer.reason) || "pawl DENIED: it could not be asked (" + (run.error ? run.error.message : "exit status " + run.status) + "). Do not retry; tell the person.")
}

export const Pawl = async ({ directory, worktree }) => ({
  "tool.execute.before": async (input, output) => {
    ask({ event: "tool.execute.before", tool: input.tool, sessionID: input.sessionID, callID: input.callID, cwd: directory || worktree || process.cwd(), args: output.args })
  },
})
