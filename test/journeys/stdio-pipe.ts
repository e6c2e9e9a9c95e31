/** stdio for a peer: starts a program and talks to it line by line. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable } from "node:stream"
import { root } from "../support/process.ts"
import type { Pipe } from "./peer.ts"

export type Program = {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A script under this Node, with the environment that the gateway gives to its children. */
export function stdioPipe({ args, env = {}, cwd = root }: Program): Pipe {
  const clean = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" }
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...clean, ...env },
    stdio: ["pipe", "pipe", "ignore"],
  })
  return {
    listen: (onMessage) => void splitLines(child.stdout, onMessage),
    send: async (message) => void child.stdin.write(`${JSON.stringify(message)}\n`),
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, "exit")
      child.stdin.end()
      const timer = setTimeout(() => child.kill("SIGKILL"), 2_000)
      await exited
      clearTimeout(timer)
    },
  }
}

/** `readline` would also split at U+2028, which JSON may hold. */
async function splitLines(stdout: Readable, onLine: (line: string) => void): Promise<void> {
  let rest = ""
  for await (const chunk of stdout.setEncoding("utf8")) {
    const lines = (rest + String(chunk)).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) if (line !== "") onLine(line)
  }
}
