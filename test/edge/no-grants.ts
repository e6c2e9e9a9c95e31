/**
 * A credential that is good and may do nothing: every route and method of REST, and every method of MCP in both eras over
 * every transport. No answer holds the name of anything that is there, and what is there looks like what is not.
 */
import type { Figures } from "../faults/figures.ts"
import { bearer, httpPipe } from "../journeys/http-pipe.ts"
import { openPeer, type Peer, type Pipe } from "../journeys/peer.ts"
import { ssePipe } from "../journeys/sse-pipe.ts"
import { webSocketPipe } from "../journeys/websocket-pipe.ts"
import { rest } from "../support/rest.ts"
import { ask, hostOf, type Door, type RawAnswer } from "./raw.ts"
import { publicRoutes } from "./open-routes.ts"
import { pathFor, routePaths } from "./route-list.ts"

/** In the name of each thing that is there, of whatever kind. */
const mark = "canary7"
const there = `${mark}service`
const nowhere = "nothing7service"
const tool = `${mark}tool`

/** Makes one of everything, with a service of that name behind the gateway already. @returns the services to start it with */
export function canaryServices(url: string): Readonly<Record<string, unknown>> {
  return { [there]: { url, description: `${mark}description`, tags: [`${mark}tag`] } }
}

export const canaryTool = tool

export async function makeCanaries(door: Door): Promise<void> {
  const made = [
    await rest(door, "POST", "/principals", { name: `${mark}person`, kind: "agent", grants: {} }),
    await rest(door, "PUT", "/quotas", {
      name: `${mark}quota`,
      subject: "everyone",
      target: `service:${there}`,
      limit: 1_000,
      window: "hour",
    }),
  ]
  const refused = made.find(({ status }) => status >= 300)
  if (refused) throw new Error(JSON.stringify(refused))
}

/** The id of a refusal is drawn for each. */
function sameId(body: string): string {
  return body.replaceAll(/(?<="callId":"|:call:)[^"]+/g, "ID")
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"] as const
/** Of its own, of what is public, and where it may say what it likes. */
const isHarmless = (path: string): boolean =>
  publicRoutes.includes(path) || path === "/api/v1/me" || path === `/plans/${there}`

/** @param step 1 to try all, 5 for every fifth */
export async function walkWithoutGrants(door: Door, key: string, step: number): Promise<Figures> {
  const violations: string[] = []
  const lines = [`host: ${hostOf(door)}`, `authorization: Bearer ${key}`, "content-type: application/json"]
  const routes = routePaths
    .filter((path) => path !== "/sse")
    .flatMap((route) => methods.map((method) => ({ route, method })))
  const chosen = routes.filter((_, at) => at % step === 0)
  for (const { route, method } of chosen) {
    const at = (member: string): Promise<RawAnswer> =>
      ask(door, `${method} ${pathFor(route, member)}`, lines, "{}")
    const [real, unreal] = [await at(there), await at(nowhere)]
    const said = `${real.status} ${sameId(real.body.replaceAll(there, "NAME"))}`
    const what = `${door.name}: ${method} ${route}`
    if (said.includes(mark)) violations.push(`${what} shows ${said.slice(0, 200)}`)
    if (said !== `${unreal.status} ${sameId(unreal.body.replaceAll(nowhere, "NAME"))}`)
      violations.push(`${what} tells what is there`)
    const isRead = real.status < 300 && !isHarmless(pathFor(route, there)) && !isEmpty(real.body)
    if (isRead || real.status >= 500) violations.push(`${what} -> ${said}`)
  }
  return { suite: `routes without grants, ${door.name}`, figures: { probes: 2 * chosen.length }, violations }
}

/** A list with nothing in it. */
function isEmpty(body: string): boolean {
  const lists = Object.values(JSON.parse(body === "" ? "{}" : body) as object).filter((value) =>
    Array.isArray(value),
  )
  return lists.every((list) => list.length === 0)
}

const asked: readonly (readonly [method: string, params: object])[] = [
  ["ping", {}],
  ["server/discover", {}],
  ["tools/list", {}],
  ["prompts/list", {}],
  ["resources/list", {}],
  ["resources/templates/list", {}],
  ["tools/call", { name: `${there}__${tool}`, arguments: {} }],
  ["tools/call", { name: tool, arguments: {} }],
  ...[
    "list_services",
    "list_principals",
    "list_quotas",
    "audit_query",
    "find_tools",
    "list_issues",
    "healthcheck",
    "get_usage",
  ].map((name) => ["tools/call", { name, arguments: name === "find_tools" ? { query: "tool" } : {} }] as const),
  ["prompts/get", { name: `${there}__${tool}` }],
  ...["services", "health", "issues", "quotas/me", "audit/head", `services/${there}`].map(
    (name) => ["resources/read", { uri: `gateway://${name}` }] as const,
  ),
  ["resources/read", { uri: `file:///${there}` }],
  ["resources/subscribe", { uri: `gateway://services/${there}` }],
  [
    "completion/complete",
    { ref: { type: "ref/prompt", name: `${there}__${tool}` }, argument: { name: "a", value: "" } },
  ],
  ["logging/setLevel", { level: "debug" }],
  ["tasks/list", {}],
  ["tasks/get", { taskId: there }],
  [`${there}/own`, {}],
]

const eras = ["legacy", "modern"] as const

export async function callWithoutGrants(door: Door, key: string): Promise<Figures> {
  const violations: string[] = []
  let calls = 0
  const endpoints = [`${door.origin}/mcp`, `${door.origin}/mcp/${there}`]
  const pipes: readonly (readonly [string, () => Pipe | Promise<Pipe>])[] = [
    ...endpoints.flatMap((url) => [
      [url, () => httpPipe(url, bearer(key))] as const,
      [`${url} as a WebSocket`, () => webSocketPipe(url, bearer(key))] as const,
    ]),
    ["/sse", () => ssePipe(`${door.origin}/sse`, bearer(key))],
  ]
  for (const [name, open] of pipes) {
    for (const era of eras) {
      const said = await sayAll(await open(), era).catch((thrown: unknown) => [String(thrown)])
      calls += said.length
      const shown = said.filter((text) => text.includes(mark))
      violations.push(...shown.map((text) => `${door.name}: ${name}, ${era}: ${text.slice(0, 300)}`))
    }
  }
  return { suite: `MCP without grants, ${door.name}`, figures: { calls }, violations }
}

/** All that comes back; of a refusal without the names that it repeats. */
async function sayAll(pipe: Pipe, era: (typeof eras)[number]): Promise<readonly string[]> {
  const peer: Peer = await openPeer(pipe, { era })
  const texts: string[] = []
  for (const [method, params] of asked) {
    const answer = await peer
      .call(method, params)
      .catch((thrown: unknown) => ({ text: String(thrown), result: undefined }))
    texts.push(answer.result ? answer.text : answer.text.replaceAll(there, "").replaceAll(tool, ""))
  }
  await peer.close()
  return texts
}
