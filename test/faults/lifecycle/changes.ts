/** What an operator changes while the gateway runs: each change is made, and seen to be in effect. */

import { mkdir, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { bearer, httpPipe, HttpRefusal } from "../../journeys/http-pipe.ts"
import { eventually } from "../../journeys/eventually.ts"
import { perform } from "../../journeys/operations.ts"
import { listNames, openPeer, type Peer } from "../../journeys/peer.ts"
import { startService, type ScriptedService } from "../../journeys/scripted-service.ts"
import type { Rig } from "../rig.ts"

type Change = (round: number) => Promise<void>
export type Changes = { readonly all: Readonly<Record<string, Change>>; close(): Promise<void> }

const effectMs = 15_000
const tool = "modern__count"

export async function openChanges(rig: Rig): Promise<Changes> {
  const service = await startService({ tools: [{ name: "alpha" }] })
  const agent = await rig.agent("changed")
  await mkdir(join(rig.data, "secrets"), { mode: 0o700 })
  const all = {
    "a service comes and goes": comeAndGo(rig, service),
    "a service under load is defined anew": defineAnew(rig),
    "the tools of a service": changeTools(rig, service),
    grants: changeGrants(rig, agent),
    keys: changeKeys(rig),
    quotas: changeQuotas(rig, agent),
    "a secret": changeSecret(rig, service),
    SIGHUP: hangUp(rig),
  }
  return { all, close: () => service.close() }
}

function comeAndGo(rig: Rig, { url }: ScriptedService): Change {
  return async () => {
    await drop(rig, "extra", { url })
    await lists(rig, "extra__alpha", "there")
    await rm(join(rig.servers, "extra.json"))
    await lists(rig, "extra__alpha", "gone")
  }
}

/** Calls that are open go on over the connections they began with. */
function defineAnew(rig: Rig): Change {
  return async (round) => {
    for (const name of ["modern", "legacy", "piped"])
      await perform(rig.clients.modern, "update_service", { name, description: `The ${round}th.` })
    const { services } = (await perform(rig.clients.modern, "list_services")) as { services: { state: string }[] }
    if (services.length < 3) throw new Error(`there are only ${services.length} services`)
  }
}

function changeTools(rig: Rig, { url }: ScriptedService): Change {
  return async (round) => {
    await drop(rig, "renamed", { url, tools: { rename: { alpha: `alpha${round}` } } })
    await lists(rig, `renamed__alpha${round}`, "there")
    await rm(join(rig.servers, "renamed.json"))
    await lists(rig, `renamed__alpha${round}`, "gone")
  }
}

function changeGrants(rig: Rig, agent: Peer): Change {
  return async () => {
    const grant = (allow: readonly string[]) =>
      perform(rig.clients.modern, "set_grants", { name: "changed", grants: { tools: { allow } } })
    await grant([])
    await outcome(agent, "refused")
    await grant(["*"])
    await outcome(agent, "answered")
  }
}

function changeKeys(rig: Rig): Change {
  return async () => {
    const made = await perform(rig.clients.modern, "create_key", { principal: "changed" })
    const { key, id } = made as { key: string; id: string }
    const peer = await openPeer(httpPipe(`${rig.origin}/mcp`, bearer(key)))
    await outcome(peer, "answered")
    await perform(rig.clients.modern, "revoke_key", { id })
    await outcome(peer, "401")
  }
}

function changeQuotas(rig: Rig, agent: Peer): Change {
  return async () => {
    const wanted = { subject: "principal:changed", target: "everything", limit: 0, window: "hour" }
    const { quota } = (await perform(rig.clients.modern, "set_quota", wanted)) as { quota: { id: string } }
    await outcome(agent, "quota_exceeded")
    await perform(rig.clients.modern, "remove_quota", { id: quota.id })
    await outcome(agent, "answered")
  }
}

/** Whoever connects next is told the new one: a service that is defined anew connects. */
function changeSecret(rig: Rig, service: ScriptedService): Change {
  return async (round) => {
    const path = join(rig.data, "secrets", "TOKEN")
    await writeFile(`${path}.new`, `token-${round}`, { mode: 0o600 })
    await rename(`${path}.new`, path)
    await drop(rig, "guarded", {
      url: service.url,
      headers: { "x-token": "${secret:TOKEN}" },
      description: `${round}`,
    })
    await eventually("the service is told", () => isTold(service, `token-${round}`), effectMs)
  }
}

function isTold({ seen }: ScriptedService, token: string): boolean {
  return seen.some(({ headers }) => headers["x-token"] === token)
}

function hangUp(rig: Rig): Change {
  return async () => {
    process.kill(rig.pid, "SIGHUP")
    await lists(rig, tool, "there")
  }
}

async function drop({ servers }: Rig, name: string, definition: object): Promise<void> {
  await writeFile(join(servers, `.${name}.new`), JSON.stringify(definition), { mode: 0o600 })
  await rename(join(servers, `.${name}.new`), join(servers, `${name}.json`))
}

async function lists({ clients }: Rig, name: string, expected: "there" | "gone"): Promise<void> {
  const asked = async () => (await listNames(clients.modern)).includes(name) === (expected === "there")
  await eventually(`${name} is ${expected}`, asked, effectMs)
}

/** Of a call of the service under load, which is not part of the load itself. */
async function outcome(peer: Peer, expected: string): Promise<void> {
  const said = await call(peer)
  if (said !== expected) throw new Error(`a call was ${said} in place of ${expected}`)
}

async function call(peer: Peer): Promise<string> {
  try {
    const { result, error } = await peer.tool(tool)
    if (result) return "answered"
    return error?.data?.["code"] === "quota_exceeded" ? "quota_exceeded" : "refused"
  } catch (thrown) {
    return thrown instanceof HttpRefusal ? String(thrown.status) : String(thrown)
  }
}
