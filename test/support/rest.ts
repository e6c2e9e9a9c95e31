/** Operations through REST, as a script of an operator would perform them. */

import type { TestGateway } from "./gateway.ts"

type Door = Pick<TestGateway, "origin" | "key">

export type Answer = { readonly status: number; readonly body: unknown }

export async function rest({ origin, key }: Door, method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json().catch(() => undefined) }
}

/** Makes an agent that may use these and nothing else. @returns its key */
export async function createAgent(gateway: Door, name: string, grants: object): Promise<string> {
  await perform(gateway, "/principals", { name, kind: "agent", grants })
  const made = (await perform(gateway, "/keys", { principal: name })) as { key: string }
  return made.key
}

async function perform(gateway: Door, path: string, input: object): Promise<unknown> {
  const { status, body } = await rest(gateway, "POST", path, input)
  if (status >= 300) throw new Error(`POST ${path} answered ${status}: ${JSON.stringify(body)}`)
  return body
}
