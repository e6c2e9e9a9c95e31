/**
 * The escalation catalogue: agents of three kinds try at each door of a real gateway to become more than they are,
 * while its processes are watched. The attempts: attempts.ts.
 */

import { existsSync, readdirSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { startGateway, type TestGateway } from "../../support/gateway.ts"
import { doorsOf, type DoorName } from "../../support/operation-doors.ts"
import { createAgent } from "../../support/rest.ts"
import type { Figures } from "../figures.ts"
import { agents, attemptsWith, type AgentName, type Attempt } from "./attempts.ts"
import { ProcessWatch } from "./process-watch.ts"

type Keys = Readonly<Record<AgentName, string>>
type Ground = { readonly gateway: TestGateway; readonly keys: Keys; readonly mark: string }

/** @param cliShare of the attempts, the part that is made by the command line too, which is a process each */
export async function escalation({ cliShare }: { readonly cliShare: number }): Promise<Figures> {
  const gateway = await startGateway()
  try {
    return await tryAll(await layOut(gateway), cliShare)
  } finally {
    await gateway.stop()
  }
}

async function layOut(gateway: TestGateway): Promise<Ground> {
  await writeFile(
    join(gateway.folder, "bait.mjs"),
    'import { writeFileSync } from "node:fs"\nwriteFileSync(process.argv[2], "")\n',
  )
  await gateway.drop("there", {
    command: process.execPath,
    args: [join(gateway.folder, "there.mjs")],
    enabled: false,
  })
  const made = await Promise.all(
    Object.entries(agents).map(
      async ([name, grants]) => [name, await createAgent(gateway, name, grants)] as const,
    ),
  )
  return { gateway, keys: Object.fromEntries(made) as Keys, mark: join(gateway.folder, "mark") }
}

async function tryAll({ gateway, keys, mark }: Ground, cliShare: number): Promise<Figures> {
  const doors = doorsOf(gateway)
  const bait = { command: process.execPath, args: [join(gateway.folder, "bait.mjs"), mark] }
  const { output } = await doors.REST(keys.governor, "register_service", { name: "asked", ...bait })
  const attempts = attemptsWith(bait, { id: output["plan"], digest: output["digest"] })
  const before = await stateOf(gateway)
  const watch = new ProcessWatch(gateway.process.child.pid ?? 0)
  const tried: Record<string, number> = {}
  const violations: string[] = []
  for (const [name, share] of [
    ["MCP", 1],
    ["REST", 1],
    ["CLI", cliShare],
  ] as const) {
    const chosen = attempts.filter((_, at) => Math.floor(at * share) < Math.floor((at + 1) * share))
    for (const attempt of chosen) violations.push(...(await attemptAt(doors[name], keys, { name, attempt })))
    tried[`attempts over ${name}`] = chosen.length
  }
  const started = watch.stop()
  if (started.length > 0) violations.push(`Processes were started: ${started.join("; ")}.`)
  if (existsSync(mark)) violations.push("The bait was started.")
  if ((await stateOf(gateway)) !== before)
    violations.push("The services, principals or policies are not what they were.")
  const figures = { ...tried, succeeded: violations.length, "processes started by the gateway": started.length }
  return { suite: "Escalations by agents", figures, violations }
}

type Tried = { readonly name: DoorName; readonly attempt: Attempt }

async function attemptAt(
  ask: ReturnType<typeof doorsOf>[DoorName],
  keys: Keys,
  { name, attempt: { id, as, operation, input, looks } }: Tried,
): Promise<readonly string[]> {
  const { code } = await ask(keys[as], operation, input)
  if (code !== undefined || looks) return []
  return [`${id} over ${name}: the ${as} performed ${operation} ${JSON.stringify(input)}.`]
}

/** All that attempts might have changed, as the administrator sees it. */
async function stateOf(gateway: TestGateway): Promise<string> {
  const { REST: ask } = doorsOf(gateway)
  const listed = ["list_principals", "list_keys", "list_quotas", "list_policies"].map(
    async (operation) => (await ask(gateway.key, operation, {})).output,
  )
  return JSON.stringify([await Promise.all(listed), readdirSync(join(gateway.folder, "servers.d"))])
}
