/** Where entries go besides: a real gateway, and receivers that are there or not. */
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { test } from "node:test"
import { administratorOf, gatewayFor } from "./administrator.ts"
import { eventually } from "./eventually.ts"
import { freePort } from "./free-port.ts"
import { perform } from "./operations.ts"

const limit = { timeout: 120_000 }

test("a sink that is down is told of where the log is looked at, and holds nothing up", limit, async (t) => {
  const port = await freePort()
  const gateway = await gatewayFor(t, {
    args: [
      "--audit-webhook-url",
      `http://127.0.0.1:${port}/entries`,
      "--audit-file-path",
      "entries.cef",
      "--audit-file-format",
      "cef",
    ],
    env: { MCP_META_AUDIT_WEBHOOK_SECRET: "a secret of the receiver's, long enough" },
  })
  const admin = await administratorOf(t, gateway)
  const troubles = async (): Promise<readonly { readonly sink: string }[]> =>
    (await perform(admin, "audit_head"))["sinkTroubles"] as readonly { readonly sink: string }[]
  await eventually(
    "the webhook is told of",
    async () => (await troubles()).some(({ sink }) => sink === "webhook"),
    20_000,
  )
  const isWritten = async (): Promise<boolean> =>
    (await readFile(join(gateway.folder, "entries.cef"), "utf8").catch(() => "")).includes("audit_head")
  await eventually("the file has the entries", isWritten, 20_000)
  assert.deepEqual(
    (await troubles()).map(({ sink }) => sink),
    ["webhook"],
  )
})
