/** A gateway before a service of each era, as clients of each era and its administrator meet it. */
import assert from "node:assert/strict"
import type { ItemKind } from "../../../src/domain/catalog.ts"
import { startGateway, type GatewayOptions, type TestGateway } from "../../support/gateway.ts"
import { bearer, httpPipe } from "../http-pipe.ts"
import { perform } from "../operations.ts"
import { openPeer, type Peer, type Reply } from "../peer.ts"
import { startChangingService, type ChangingService, type Definitions } from "./changing-service.ts"
import { plain } from "./definitions.ts"

export type Pinned = {
  readonly gateway: TestGateway
  readonly services: Readonly<Record<"elder" | "younger", ChangingService>>
  /** A modern client, which may do everything. */
  readonly admin: Peer
  readonly clients: readonly Peer[]
  close(): Promise<void>
}

export async function openPinned(options: GatewayOptions = {}): Promise<Pinned> {
  const services = {
    elder: await startChangingService("legacy", plain),
    younger: await startChangingService("modern", plain),
  }
  const files = { elder: { url: services.elder.url }, younger: { url: services.younger.url } }
  const gateway = await startGateway({ ...options, services: files })
  const pipe = (): ReturnType<typeof httpPipe> => httpPipe(gateway.url, bearer(gateway.key))
  const admin = await openPeer(pipe())
  const clients = [admin, await openPeer(pipe(), { era: "legacy" })]
  const close = async (): Promise<void> => {
    for (const client of clients) await client.close().catch(() => {})
    await gateway.stop()
    for (const service of Object.values(services)) await service.close()
  }
  return { gateway, services, admin, clients, close }
}

/** Lists other definitions from now on, and lets the gateway know. */
export async function relist(
  { admin }: Pick<Pinned, "admin">,
  service: ChangingService,
  given: Partial<Definitions>,
): Promise<void> {
  service.definitions = { ...service.definitions, ...given }
  await perform(admin, "refresh_service", { name: nameOf(service) })
}

export function nameOf({ era }: ChangingService): "elder" | "younger" {
  return era === "legacy" ? "elder" : "younger"
}

const lists = {
  tools: "tools/list",
  prompts: "prompts/list",
  resources: "resources/list",
  templates: "resources/templates/list",
} as const

/** Whether the client is listed anything of that kind of the service, as the text that it is sent. */
export async function listedOf(client: Peer, kind: ItemKind, name: string): Promise<string | undefined> {
  const { result } = await client.call(lists[kind])
  const member = kind === "templates" ? "resourceTemplates" : kind
  const items = (result?.[member] ?? []) as readonly Record<string, unknown>[]
  const found = items.find(
    (item) => JSON.stringify(item).includes(`${name}__`) || JSON.stringify(item).includes(`//${name}/`),
  )
  return found && JSON.stringify(found)
}

type Use = (client: Peer, name: string) => Promise<Reply>

/** Every way in which what is listed can be used. */
export const uses: Readonly<Record<ItemKind, readonly Use[]>> = {
  tools: [(client, name) => client.tool(`${name}__write_note`, { text: "x" })],
  prompts: [
    (client, name) => client.call("prompts/get", { name: `${name}__summary`, arguments: { topic: "x" } }),
    (client, name) => complete(client, { type: "ref/prompt", name: `${name}__summary` }),
  ],
  resources: [(client, name) => client.call("resources/read", { uri: `mcp://${name}/note://today` })],
  templates: [
    (client, name) => client.call("resources/read", { uri: `mcp://${name}/day://monday` }),
    (client, name) => complete(client, { type: "ref/resource", uri: `mcp://${name}/day://{day}` }),
  ],
}

function complete(client: Peer, ref: object): Promise<Reply> {
  return client.call("completion/complete", { ref, argument: { name: "topic", value: "o" } })
}

export async function assertServed(clients: readonly Peer[], kind: ItemKind, name: string): Promise<void> {
  for (const client of clients) {
    assert.ok(await listedOf(client, kind, name), `${kind} of ${name} are listed`)
    for (const use of uses[kind]) assert.ok((await use(client, name)).result, `${kind} of ${name} can be used`)
  }
}

/** @returns how many of these clients were shown it or could use it */
export async function countServed(clients: readonly Peer[], kind: ItemKind, name: string): Promise<number> {
  let served = 0
  for (const client of clients) {
    if ((await listedOf(client, kind, name)) !== undefined) served++
    for (const use of uses[kind]) if ((await use(client, name)).result) served++
  }
  return served
}
