/** Calls that nothing is wrong with, through each door in turn: they must work whatever came before them. */

import type { Ground } from "./ground.ts"
import { httpBytes, type Field } from "./http-bytes.ts"
import {
  clientInfo,
  jsonFields,
  legacyMessage,
  legacyRevision,
  modernFields,
  modernMessage,
  type Params,
} from "./messages.ts"
import type { RawPipe } from "./raw-pipe.ts"

type Door = Pick<Ground, "fields">

/** Makes one call. @returns what is wrong with its answer, if anything */
export type ValidCall = (pipe: RawPipe) => Promise<string | undefined>

export async function validCalls(ground: Door, pipe: RawPipe): Promise<ValidCall> {
  const session = await beginSession(ground, pipe)
  let made = 0
  return async (pipe) => {
    const nonce = `n${made++}`
    const call = calls[made % calls.length] ?? modernCall
    const { status, body } = await pipe.exchange(call(ground, nonce, session))
    return status === 200 && body.includes(nonce)
      ? undefined
      : `${call.name} ${nonce}: ${status} ${body.slice(0, 300)}`
  }
}

/** @returns the fields that name it */
export async function beginSession(ground: Door, pipe: RawPipe): Promise<readonly Field[]> {
  const params = { protocolVersion: legacyRevision, capabilities: {}, clientInfo }
  const { sessionId } = await pipe.exchange(post(ground, legacyMessage("initialize", params)))
  if (sessionId === undefined) throw new Error("The gateway began no session.")
  const fields: readonly Field[] = [
    ["mcp-session-id", sessionId],
    ["mcp-protocol-version", legacyRevision],
  ]
  await pipe.exchange(post(ground, legacyMessage("notifications/initialized", {}), fields))
  return fields
}

/** @param id is the nonce too: a session has no two requests of one id open */
type Call = (ground: Door, id: string, session: readonly Field[]) => Buffer

const modernCall: Call = (ground, id) => {
  const message = modernMessage("tools/call", echo("modern", id), id)
  return post(ground, message, modernFields(message))
}

const legacyCall: Call = (ground, id) => post(ground, legacyMessage("tools/call", echo("legacy", id), id))

const sessionCall: Call = (ground, id, session) =>
  post(ground, legacyMessage("tools/call", echo("modern", id), id), session)

const restCall: Call = (ground, id) =>
  post(ground, { arguments: { nonce: id } }, [], "/api/v1/tools/legacy__echo/invoke")

function echo(service: string, nonce: string): Params {
  return { name: `${service}__echo`, arguments: { nonce } }
}

const calls: readonly Call[] = [modernCall, legacyCall, sessionCall, restCall]

function post(ground: Door, body: object, fields: readonly Field[] = [], target = "/mcp"): Buffer {
  return httpBytes({
    method: "POST",
    target,
    fields: [...ground.fields, ...jsonFields, ...fields],
    body: Buffer.from(JSON.stringify(body)),
  })
}
