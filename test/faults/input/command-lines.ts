/** Naughty strings as arguments of commands: each ends with an exit code that means something, and no stack trace. */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { root } from "../../support/process.ts"
import type { Figures } from "../figures.ts"
import { openGround, type Ground } from "./ground.ts"
import { naughtyStrings } from "./naughty.ts"

/** The string in one place of a command line. */
const places: readonly ((text: string) => readonly string[])[] = [
  (text) => ["call", text],
  (text) => ["call", "modern__echo", "--arg", `text=${text}`],
  (text) => ["call", "modern__echo", "--arg", text],
  (text) => ["call", "modern__echo", "--json", text],
  (text) => ["find_tools", "--query", text],
  (text) => ["get_server_details", "--name", text],
  (text) => ["get_server_details", text],
  (text) => ["list_services", `--${text}`],
  (text) => ["create_principal", "--name", text, "--kind", text],
  (text) => ["set_grants", "--name", "nobody", "--grants", text],
  (text) => ["config", "--port", text],
  (text) => [text],
]

/** @param count of command lines, each with another string */
export async function commandLines(count: number): Promise<Figures> {
  const ground = await openGround()
  const violations: string[] = []
  const step = Math.max(1, Math.floor(naughtyStrings.length / count))
  try {
    for (let at = 0; at < count; at++) {
      const naughty = (naughtyStrings[(at * step) % naughtyStrings.length] ?? "").replaceAll("\0", "")
      const args = places[at % places.length]?.(naughty) ?? []
      const wrong = await wrongWith(ground, args)
      if (wrong) violations.push(`${JSON.stringify(args)}: ${wrong}`)
    }
    return { suite: "input-commands", figures: { commands: count }, violations }
  } finally {
    await ground.close()
  }
}

async function wrongWith({ gateway }: Ground, args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, MCP_META_URL: gateway.origin, MCP_META_KEY: gateway.key }
  const child = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), ...args], {
    cwd: gateway.folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit") as Promise<[number | null]>,
  ])
  if (code === null || code > 3) return `it ended with ${code}: ${stderr.slice(-300)}`
  if (/\n\s+at .*\.(ts|js|mjs):\d+/.test(stdout + stderr)) return `a stack trace: ${stderr.slice(-600)}`
  return (stdout + stderr).includes("\u001b[")
    ? `control characters: ${JSON.stringify((stdout + stderr).slice(0, 300))}`
    : undefined
}
