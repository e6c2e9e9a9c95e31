import assert from "node:assert/strict"
import { once } from "node:events"
import { after, test } from "node:test"
import * as z from "zod"
import type { GatewayError } from "../../../src/errors.ts"
import { defineOperation, type OperationContext } from "../../../src/operations/operation.ts"
import { perform } from "../../../src/operations/perform.ts"
import { streamText } from "../../../src/surfaces/rest/rest-stream.ts"
import { keys, startRestApp } from "./rest-app.ts"

/** Told of each page that is asked for, before it is given. */
let onPage: (cursor: string | undefined, signal: AbortSignal) => Promise<void> | void = () => undefined

const readPoem = defineOperation({
  name: "read_poem",
  title: "T",
  summary: "S",
  group: "services",
  permission: "services:read",
  effect: "read",
  risk: "low",
  route: { method: "GET", path: "/poem" },
  input: z.strictObject({ lines: z.int().default(3), cursor: z.string().optional() }),
  output: z.object({ text: z.string(), nextCursor: z.string().optional() }),
  run: async ({ signal }, { lines, cursor }) => {
    await onPage(cursor, signal)
    const line = Number(cursor ?? 1)
    if (line === 13) throw new Error("a path: /etc/passwd")
    const text = line === 2 ? "" : `line ${line}\n`
    return { text, nextCursor: line < lines ? String(line + 1) : undefined }
  },
  say: () => "said",
  stream: { textMember: "text", contentType: () => "application/x-ndjson" },
})

const app = await startRestApp({
  operations: [readPoem],
  perform: (operation, actor, input, signal) => perform(operation, { actor, signal } as OperationContext, input),
})
after(() => app.close())

async function read(accept: string | undefined, query = "", init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${keys.observer}`, ...(accept !== undefined && { accept }) }
  return fetch(`${app.url}/api/v1/poem${query}`, { ...init, headers })
}

for (const accept of ["application/x-ndjson", "text/plain", "text/plain, application/json;q=0.5"]) {
  test(`who accepts ${accept} gets all pages as one text`, async () => {
    const response = await read(accept)
    assert.equal(response.headers.get("content-type"), "application/x-ndjson")
    assert.equal(response.headers.get("cache-control"), "no-store")
    assert.equal(await response.text(), "line 1\nline 3\n")
  })
}

for (const accept of [
  undefined,
  "*/*",
  "application/json",
  "application/json, text/plain;q=0.5",
  "text/html, */*",
]) {
  test(`who accepts ${accept ?? "whatever"} gets one page as JSON`, async () => {
    assert.deepEqual(await (await read(accept)).json(), { text: "line 1\n", nextCursor: "2" })
  })
}

test("a text can begin in the middle", async () => {
  assert.equal(await (await read("text/plain", "?cursor=3&lines=4")).text(), "line 3\nline 4\n")
})

test("what is refused at once is a problem, not a text", async () => {
  const response = await read("text/plain", "?lines=few")
  assert.deepEqual([response.status, response.headers.get("content-type")], [400, "application/problem+json"])
})

test("HEAD begins no text", async () => {
  const asked: (string | undefined)[] = []
  onPage = (cursor) => void asked.push(cursor)
  const response = await read("text/plain", "", { method: "HEAD" })
  assert.match(response.headers.get("content-type") ?? "", /json/)
  assert.deepEqual(asked, [undefined])
})

test("a text that cannot be finished is cut off", async () => {
  onPage = () => undefined
  await assert.rejects(async () => (await read("text/plain", "?lines=20")).text(), TypeError)
})

test("a client that hangs up ends the page that is being made, and no other is asked for", async () => {
  const asked: (string | undefined)[] = []
  const { promise: third, resolve } = Promise.withResolvers<AbortSignal>()
  onPage = async (cursor, signal) => {
    asked.push(cursor)
    if (cursor !== "3") return
    resolve(signal)
    await once(signal, "abort")
    signal.throwIfAborted()
  }
  const leaving = new AbortController()
  const response = await read("text/plain", "?lines=9", { signal: leaving.signal })
  const signal = await third
  leaving.abort()
  await assert.rejects(response.text())
  if (!signal.aborted) await once(signal, "abort")
  await new Promise(setImmediate)
  assert.deepEqual(asked, [undefined, "2", "3"])
})

test("whoever loses the right to read loses the rest of the text", async () => {
  onPage = (cursor) => {
    if (cursor === "5") app.revoke()
  }
  await assert.rejects(async () => (await read("text/plain", "?lines=9")).text(), TypeError)
  assert.equal((await read("text/plain")).status, 401)
})

test("a page is asked for when the one before has been taken, and none after the reader left", async () => {
  const asked: unknown[] = []
  const signals: AbortSignal[] = []
  const { body } = await streamText(new Request("http://localhost/"), {
    stream: { textMember: "text", contentType: () => "text/plain" },
    input: { a: 1 },
    ask: async (input, signal) => {
      asked.push(input)
      signals.push(signal)
      return { text: "x", nextCursor: String(asked.length) }
    },
    onFailure: () => assert.fail(),
  })
  const reader = body.getReader()
  await reader.read()
  assert.deepEqual(asked, [{ a: 1 }])
  await reader.read()
  assert.deepEqual(asked, [{ a: 1 }, { a: 1, cursor: "1" }])
  await reader.cancel()
  assert.deepEqual([asked.length, signals.every(({ aborted }) => aborted)], [2, true])
})

test("a page that leads to itself ends the text", async () => {
  const failures: GatewayError[] = []
  const { body } = await streamText(new Request("http://localhost/"), {
    stream: { textMember: "text", contentType: () => "text/plain" },
    input: {},
    ask: async () => ({ text: "x", nextCursor: "same" }),
    onFailure: (error) => failures.push(error),
  })
  await assert.rejects(new Response(body).text())
  assert.deepEqual(
    failures.map(({ code }) => code),
    ["internal"],
  )
})
