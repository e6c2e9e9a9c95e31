/**
 * What bad input is thrown at: a real gateway, watched from inside (watched.ts), with a service of each era behind it.
 * Valid calls to it: valid-calls.ts.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { root, start, urlIn } from "../../support/process.ts"
import type { Field } from "./http-bytes.ts"
import type { Facts } from "./watched.ts"

export type Ground = {
  readonly gateway: TestGateway
  readonly port: number
  /** What every request carries. */
  readonly fields: readonly Field[]
  /** Of the time since it was last asked. */
  facts(): Promise<Facts>
  close(): Promise<void>
}

/** What the machine does for others meanwhile must not count as what the input has done. */
const patience = ["--overload-delay-ms", "60000", "--audit-timeout-ms", "60000"]

export async function openGround(args: readonly string[] = []): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-input-"))
  const facts = join(folder, "facts.json")
  const service = await start({ args: [join(root, "test/faults/input/sturdy-service.ts")], ready: /^listening / })
  const url = urlIn(service.line)
  const gateway = await startGateway({
    services: { modern: { url: `${url}/modern` }, legacy: { url: `${url}/legacy` } },
    args: [...patience, ...args],
    deadlineMs: 60_000,
    env: { MCP_META_LOG_LEVEL: "error", INPUT_FACTS: facts },
    nodeArgs: ["--import", join(root, "test/faults/input/watched.ts")],
  })
  const { port, host } = new URL(gateway.origin)
  return {
    gateway,
    port: Number(port),
    fields: [
      ["host", host],
      ["authorization", `Bearer ${gateway.key}`],
    ],
    facts: () => askFacts(gateway, facts),
    close: async () => {
      await gateway.stop()
      await service.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function askFacts({ process: { child } }: TestGateway, path: string): Promise<Facts> {
  await rm(path, { force: true })
  child.kill("SIGUSR2")
  for (let times = 0; times < 2_000; times++) {
    const text = await readFile(path, "utf8").catch(() => undefined)
    if (text !== undefined) return JSON.parse(text) as Facts
    await sleep(10)
  }
  throw new Error("The gateway tells nothing of itself any more.")
}
