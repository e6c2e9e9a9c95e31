/** A `tools/call` of a client that can only wait: REST, and programs that do not speak MCP. */

import type { CallRequest } from "../call/call.ts"
import { GatewayError } from "../errors.ts"
import { modernRevisions, type Answer, type ClientFacts, type Exchange } from "../mcp/message.ts"
import { fromRaw, noMembers, toRaw, type RawJson, type RawObject } from "../mcp/raw-json.ts"
import type { Operation } from "../operations/operation.ts"
import type { Performed } from "../operations/perform.ts"
import { silentExchange } from "./mcp.ts"

const client: ClientFacts = {
  revision: modernRevisions[0],
  era: "modern",
  capabilities: noMembers,
  info: undefined,
}

type Came = Pick<CallRequest, "caller" | "source">

type Asked = Came & { readonly name: string; readonly given: RawJson }

export function toolCall({ caller, source, name, given }: Asked, signal: AbortSignal): CallRequest {
  const params: RawObject = new Map([["name", toRaw(name)], ["arguments", given]]) // oxfmt-ignore
  const request = { method: "tools/call", params, meta: noMembers, client, progressToken: undefined }
  return {
    caller,
    source,
    mount: undefined,
    request: { ...request, logLevel: undefined },
    exchange: endable(signal),
  }
}

function endable(signal: AbortSignal): Exchange {
  const ended = new AbortController()
  const exchange = silentExchange(AbortSignal.any([signal, ended.signal]))
  return { ...exchange, end: (reason) => ended.abort(reason) }
}

type Performing = Came & { readonly operation: Operation; readonly input: unknown }

/** An operation, as the call that it is: with the same identity, record and refusals as through MCP. */
export async function performByCall(
  call: (request: CallRequest) => Promise<Answer>,
  { operation: { name }, input, ...from }: Performing,
  signal: AbortSignal,
): Promise<Performed> {
  const { result } = await call(toolCall({ ...from, name, given: toGiven(input) }, signal))
  const output = result?.get("structuredContent")
  const content = result?.get("content")
  if (!output || !content) throw new GatewayError("internal", `${name} gave no output.`)
  const [said] = fromRaw(content) as readonly { readonly text: string }[]
  return { output: fromRaw(output) as Performed["output"], text: said?.text ?? "" }
}

/** JSON has no word for a number past all that can be counted, and would say null: which may mean something. */
function toGiven(input: unknown): RawJson {
  const text = JSON.stringify(input, (name, value: unknown) => {
    if (typeof value !== "number" || Number.isFinite(value)) return value
    throw new GatewayError("invalid", `${name} is a number past what can be counted.`)
  })
  return Buffer.from(text)
}
