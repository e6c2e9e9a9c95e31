/** IN-01 on the pipe of a client that started the gateway: whatever its lines hold, the next one is answered. */

import assert from "node:assert/strict"
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { root } from "../../support/process.ts"
import { forms } from "./edges/json-forms.ts"
import { legacyMessage, modernMessage } from "./messages.ts"
import { naughtyStrings } from "./naughty.ts"

const limit = { timeout: 120_000 }
const newline = Buffer.from("\n")
const bodyBytes = 4 * 1_024 * 1_024

let folder: string
let front: ChildProcess
const answered = new Map<string, () => void>()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "mcp-meta-stdio-"))
  const folders = ["--data", join(folder, "data"), "--servers", join(folder, "servers.d")]
  front = spawn(process.execPath, [join(root, "bin/mcp-meta.mjs"), "stdio", ...folders], {
    cwd: folder,
    stdio: ["pipe", "pipe", "ignore"],
  })
  // readline would also split at U+2028, which JSON may hold.
  let rest = ""
  front.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) hear(JSON.parse(line) as { readonly id?: unknown })
  })
})

function hear({ id }: { readonly id?: unknown }): void {
  answered.get(String(id))?.()
}

after(async () => {
  front.kill("SIGKILL")
  await rm(folder, { recursive: true, force: true })
})

/** Resolves once the gateway has answered a valid request that comes after all before it. */
async function isAnswered(id: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  answered.set(id, resolve)
  const message = id.endsWith("0") ? modernMessage("tools/list", {}, id) : legacyMessage("ping", {}, id)
  send(Buffer.from(JSON.stringify(message)))
  await promise
}

function send(line: Buffer): void {
  front.stdin?.write(Buffer.concat([line, newline]))
}

test("lines that are no messages are refused one by one", limit, async () => {
  let lines = 0
  for (const form of forms()) {
    if (form.includes(0x0a)) continue
    send(form)
    send(
      Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":1,"method":"x","params":{"v":'), form, Buffer.from("}}")]),
    )
    if (++lines % 50 === 0) await isAnswered(`form-${lines}`)
  }
  await isAnswered("forms")
  assert.ok(lines > 250)
})

test("any text as a line, or as a name in one, is refused or answered", limit, async () => {
  for (const [at, text] of naughtyStrings.entries()) {
    send(Buffer.from(text.replaceAll("\n", " ")))
    send(
      Buffer.from(JSON.stringify(legacyMessage("tools/call", { name: text, arguments: { [text]: text } }, text))),
    )
    if (at % 50 === 0) await isAnswered(`text-${at}`)
  }
  await isAnswered("texts")
})

test("a line past the limit ends the gateway in good order", limit, async () => {
  await isAnswered("before")
  const ended = once(front, "exit")
  front.stdin?.on("error", () => {}) // it may be gone before all is written
  send(Buffer.alloc(bodyBytes + 1, "x"))
  const [code, signal] = (await ended) as [number | null, string | null]
  assert.equal(signal, null)
  assert.ok(code !== null && code <= 3, `it ended with ${code}`)
})
