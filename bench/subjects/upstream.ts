/** The service behind the benches, compiled and started, and how many calls have come to it. */

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { start, urlIn } from "../../test/support/process.ts"
import { compile } from "../measure/programs.ts"
import type { Under } from "../measure/subject.ts"

/** How it answers: see upstream.c. */
type UpstreamMode = Readonly<Partial<{ era: "legacy"; sse: 1; answer: number; echo: 1; tools: number }>>

export type Upstream = Under & {
  url(mode?: UpstreamMode): string
  calls(): Promise<number>
  /** The same as a program on a pipe. */
  readonly command: string
  argsOf(mode?: UpstreamMode): readonly string[]
  [Symbol.asyncDispose](): Promise<void>
}

const source = join(import.meta.dirname, "../yardsticks/upstream.c")

export async function startUpstream(): Promise<Upstream> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-upstream-"))
  const command = join(folder, "upstream")
  await compile(source, command)
  const process = await start({ command, args: [], ready: /^listening / })
  const url = urlIn(process.line)
  return {
    process,
    saysDelay: false,
    command,
    url: (mode = {}) => `${url}${queryOf(mode)}`,
    argsOf: (mode = {}) => ["--stdio", queryOf(mode)],
    calls: async () => Number(await (await fetch(new URL("/count", url))).text()),
    [Symbol.asyncDispose]: async () => {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function queryOf(mode: UpstreamMode): string {
  const members = Object.entries(mode).map(([name, value]) => `${name}=${value}`)
  return members.length === 0 ? "" : `?${members.join("&")}`
}
