/** Gateways for the benches: governed as one would be in earnest, and one whose record forgets what it is told. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startGateway, type GatewayOptions } from "../../test/support/gateway.ts"
import { start, urlIn } from "../../test/support/process.ts"
import { createAgent, rest } from "../../test/support/rest.ts"
import { subjectEnv } from "../measure/ask-subject.ts"
import type { Under } from "../measure/subject.ts"

export type Gateway = Under & {
  readonly url: string
  readonly origin: string
  /** Of an agent that may use the benches' services and nothing else. */
  readonly key: string
  readonly adminKey: string
  readonly folder: string
  /** Ends it, lets `edit` change its folder, and starts it again there. */
  restart(edit: () => Promise<void>): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A bench measures how late a gateway is, and wants nothing refused for that. */
const args = ["--log-level", "warn", "--overload-delay-ms", "60000"]

export async function startGoverned(options: GatewayOptions = {}): Promise<Gateway> {
  const gateway = await startGateway({
    ...options,
    args: [...args, ...(options.args ?? [])],
    env: { ...subjectEnv, ...options.env },
  })
  const { url, origin, folder } = gateway
  const stop = (): Promise<void> => gateway.stop()
  const key = await govern(gateway).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  return {
    get process() {
      return gateway.process
    },
    saysDelay: true,
    url,
    origin,
    folder,
    key,
    adminKey: gateway.key,
    restart: async (edit) => {
      await gateway.process.stop()
      await edit()
      await gateway.restart()
    },
    [Symbol.asyncDispose]: stop,
  }
}

/** The same gateway in all but its audit log, to see what remembering costs. */
export async function startForgetful(
  services: NonNullable<GatewayOptions["services"]>,
): Promise<Omit<Gateway, "restart">> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-forgetful-"))
  await mkdir(join(folder, "servers.d"))
  for (const [name, definition] of Object.entries(services))
    await writeFile(join(folder, "servers.d", `${name}.json`), JSON.stringify(definition), { mode: 0o600 })
  const script = join(import.meta.dirname, "../yardsticks/forgetful-gateway.ts")
  const process = await start({ args: [script, folder], env: subjectEnv, ready: /^listening / })
  const stop = async (): Promise<void> => {
    await process.stop()
    await rm(folder, { recursive: true, force: true })
  }
  const url = urlIn(process.line)
  const { origin } = new URL(url)
  const adminKey = (await readFile(join(folder, "data/admin.key"), "utf8")).trim()
  const key = await govern({ origin, key: adminKey }).catch(async (thrown: unknown) => {
    await stop()
    throw thrown
  })
  return { process, saysDelay: true, url, origin, folder, key, adminKey, [Symbol.asyncDispose]: stop }
}

const plenty = 1_000_000_000

/** An agent with a grant that is not everything, and two quotas that cover each of its calls. @returns its key */
async function govern(door: { readonly origin: string; readonly key: string }): Promise<string> {
  const tools = { allow: ["bench*"], deny: ["*__forbidden"] }
  const key = await createAgent(door, "bench", { tools })
  for (const quota of [
    { subject: "principal:bench", target: "everything", limit: plenty, window: "hour" },
    { subject: "everyone", target: "service:bench", limit: plenty, window: "day", algorithm: "token_bucket" },
  ]) {
    const { status, body } = await rest(door, "PUT", "/quotas", quota)
    if (status >= 300) throw new Error(`set_quota answered ${status}: ${JSON.stringify(body)}`)
  }
  return key
}
