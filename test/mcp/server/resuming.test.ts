/** Clients of legacy sessions that drop in the middle of calls and come back for the answers. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { openHttpDoor } from "./door.ts"

const accept = "text/event-stream, application/json"

function post(url: string, message: object, headers: Record<string, string> = {}): Promise<Response> {
  const own = { accept, "content-type": "application/json" }
  return fetch(url, { method: "POST", body: JSON.stringify(message), headers: { ...own, ...headers } })
}

async function openSession(url: string): Promise<Record<string, string>> {
  const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } }
  const opened = await post(url, { jsonrpc: "2.0", id: 0, method: "initialize", params })
  return { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" }
}

const callOf = (id: number, name: string): object => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name },
})

/** Calls and drops the connection. @returns the id of the event to go on from */
async function dropOut(url: string, call: object, session: Record<string, string>): Promise<string> {
  const leave = new AbortController()
  const headers = { accept, "content-type": "application/json", ...session }
  const body = JSON.stringify(call)
  const response = await fetch(url, { method: "POST", body, headers, signal: leave.signal })
  const first = await response.body?.getReader().read()
  leave.abort()
  return /id: (\S+)/.exec(Buffer.from(first?.value ?? []).toString())?.[1] ?? ""
}

/** What the door was sent before has come to it. */
async function roundTrip(url: string, session: Record<string, string>): Promise<void> {
  await (await post(url, { jsonrpc: "2.0", id: 900, method: "ping" }, session)).text()
}

async function goOn(url: string, session: Record<string, string>, lastEventId: string): Promise<string> {
  const headers = { ...session, accept: "text/event-stream", "last-event-id": lastEventId }
  return (await fetch(url, { headers })).text()
}

test("a client that drops in the middle of many calls gets the answer of each", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  const calls = Array.from({ length: 20 }, (_, at) => callOf(at + 1, "wait"))
  const ids = await Promise.all(calls.map((call) => dropOut(door.url, call, session)))
  await roundTrip(door.url, session)
  door.seen.release()
  for (let more = 0; more < 10; more++)
    await (await post(door.url, callOf(100 + more, "progress"), session)).text()
  for (const [at, id] of ids.entries())
    assert.match(await goOn(door.url, session, id), new RegExp(`"id":${at + 1},`), `call ${at + 1}`)
})

test("a client that comes back for an answer larger than what is kept is told so", async () => {
  await using door = await openHttpDoor()
  const session = await openSession(door.url)
  const id = await dropOut(door.url, callOf(7, "grow"), session)
  await roundTrip(door.url, session)
  door.seen.release()
  await roundTrip(door.url, session)
  assert.match(await goOn(door.url, session, id), /"id":7,"error":.*limits\.streamBytes/)
})
