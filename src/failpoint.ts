/**
 * Named places at which a test may end this process, or one of its threads, to see what a crash there leaves behind.
 * Nothing is armed unless the environment of the process says so: MCP_META_TESTS_FAILPOINT, as `name@n=kill`.
 */

type Failpoint = { readonly name: string; readonly at: number; readonly effect: "kill" | "exit" }

let armed: Failpoint | undefined
let reached = 0

/** @param text `name@n=kill` ends the process at the n-th time; `exit` in place of `kill` ends the thread */
export function armFailpoint(text: string | undefined): void {
  const [, name = "", at = "1", effect = "kill"] = /^([a-z.]+)(?:@(\d+))?(?:=(kill|exit))?$/.exec(text ?? "") ?? []
  armed = name === "" ? undefined : { name, at: Number(at), effect: effect === "exit" ? "exit" : "kill" }
  reached = 0
}

export function failpoint(name: string): void {
  if (armed === undefined || armed.name !== name) return
  reached += 1
  if (reached !== armed.at) return
  if (armed.effect === "exit") process.exit(1)
  process.kill(process.pid, "SIGKILL")
}
