/** Starts programs for a test and makes sure that none outlives it. */

import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { appendFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { resolve } from "node:path"

export const root = resolve(import.meta.dirname, "../..")

export type Running = {
  readonly child: ChildProcess
  readonly line: string
  stderr(): string
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export type StartOptions = {
  /** This Node where absent. */
  readonly command?: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What the line that says it is ready looks like. */
  readonly ready: RegExp
  readonly deadlineMs?: number
  /** A file that keeps all it says; `stderr()` has only the end of it. */
  readonly transcript?: string | undefined
}

/** Tests do in a second what people do in an hour. */
const unhurried = { MCP_META_LIMITS_CHANGES_PER_MINUTE: "0", MCP_META_LIMITS_MANAGEMENT_PER_MINUTE: "0" }

const running = new Set<ChildProcess>()
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")))

/** Runs a script or program and waits for the line on stdout (or stderr) that says it is ready. */
export async function start({
  command = process.execPath,
  args,
  env = {},
  cwd = root,
  ready,
  deadlineMs = 60_000,
  transcript,
}: StartOptions): Promise<Running> {
  const child = spawn(command, [...args], {
    cwd,
    env: { ...process.env, ...unhurried, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  running.add(child)
  child.once("exit", () => running.delete(child))
  let stderr = ""
  child.stderr.on("data", (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-65_536)))
  for (const stream of transcript === undefined ? [] : [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => appendFileSync(transcript ?? "", chunk))
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, "exit")
    child.kill(signal)
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000)
    await exited
    clearTimeout(timer)
    return child.exitCode
  }
  const line = await readyLine(child, ready, deadlineMs).catch(async (cause: unknown) => {
    await stop("SIGKILL")
    throw new Error(`${args.join(" ")} did not get ready: ${stderr}`, { cause })
  })
  return { child, line, stderr: () => stderr, stop }
}

async function readyLine(child: ChildProcess, ready: RegExp, deadlineMs: number): Promise<string> {
  const found = Promise.withResolvers<string>()
  const timer = setTimeout(() => found.reject(new Error(`no line within ${deadlineMs} ms`)), deadlineMs)
  child.once("exit", (code) => found.reject(new Error(`exited with ${code}`)))
  child.once("error", found.reject)
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on("line", (line) => ready.test(line) && found.resolve(line))
  }
  return found.promise.finally(() => clearTimeout(timer))
}

export function urlIn(line: string): string {
  const url = /(https?|wss?):\/\/\S+/.exec(line)?.[0]
  if (!url) throw new Error(`no URL in: ${line}`)
  return url
}
