/** What a worker has decided by policies or grants that no longer hold is not counted, not recorded and not sent. */

import assert from "node:assert/strict"
import { test } from "node:test"
import type { Asked } from "../../../src/gateway/workers/line/messages.ts"
import type { SentError } from "../../../src/gateway/workers/line/sent-error.ts"
import { Account } from "../../../src/gateway/workers/owner/account.ts"
import { compilePolicies } from "../../../src/domain/policy/compiled-policies.ts"
import { principal } from "../../call/fixtures.ts"
import { policyOf } from "../../domain/plans/samples.ts"

const allowing = policyOf("allow")
const ann = principal("ann", { tools: { allow: ["notes__*"] } })

async function begin(
  by: Asked["by"],
  canonicalName: string,
  policies = compilePolicies([allowing], 7),
): Promise<string> {
  const recorded: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<SentError | undefined>()
  const account = new Account(
    {
      authenticate: () => ann,
      assertServed: () => {},
      offerOf: () => undefined,
      policies: () => policies,
      limiter: { limit: () => ({ states: [], settle: () => {}, giveBack: () => {} }), restore: async () => {} },
      recorder: { append: async (draft) => void recorded.push(draft), note: () => {}, trouble: undefined },
      onServed: () => {},
      now: () => 0,
    },
    (_ask, error) => resolve(error),
  )
  const asked: Asked = {
    principalId: "ann",
    by,
    service: "files",
    canonicalName,
    bytesIn: 0,
    fixedCostMicroUsd: 0,
  }
  const draft = { kind: "start", timeMs: 0, callId: "1", targetKind: "tool" } as const
  account.take({ type: "begin", ask: 1, asked, entry: { draft, parts: [] } }, [])
  const error = await promise
  assert.equal(recorded.length, error ? 0 : 1)
  return error ? JSON.stringify(error) : "begun"
}

test("AUTHZ-06 a worker that is behind with policies or grants lets nothing pass", async () => {
  assert.equal(await begin({ policies: 7, principal: 1 }, "files__read"), "begun")
  assert.match(await begin({ policies: 6, principal: 1 }, "files__read"), /service_unavailable/)
  assert.match(await begin({ policies: 8, principal: 1 }, "notes__read"), /service_unavailable/)
  assert.match(await begin({ policies: 7, principal: 2 }, "files__read"), /service_unavailable/)
})

test("without policies grants are looked at as ever, and policies that have just gone count", async () => {
  const none = compilePolicies([], 7)
  assert.equal(await begin({ policies: 7, principal: 2 }, "notes__read", none), "begun")
  assert.match(await begin({ policies: 7, principal: 1 }, "files__read", none), /not_found/)
  assert.match(await begin({ policies: 6, principal: 1 }, "files__read", none), /service_unavailable/)
})
