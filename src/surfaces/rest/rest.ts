/**
 * The REST door: every operation of the list under its route, tools for programs without MCP, the events, and the
 * description of all that. Who calls was admitted before (http.ts); what a call does is left to call.ts.
 */

import { Hono, type Context } from "hono"
import type { CallRequest } from "../../call/call.ts"
import type { AllowanceState } from "../../call/limit.ts"
import type { OpenCounts } from "../../call/open-counts.ts"
import type { Events } from "../../domain/event.ts"
import type { ActivePrincipal, Caller } from "../../domain/principal.ts"
import { GatewayError } from "../../errors.ts"
import type { Answer } from "../../mcp/message.ts"
import { fromRawObject } from "../../mcp/raw-json.ts"
import type { Operation } from "../../operations/operation.ts"
import { maxInputBytes, type Performed } from "../../operations/perform.ts"
import { assertMayListen, eventStream } from "./events.ts"
import { apiPrefix, inputOf, takesBody } from "./operation-http.ts"
import { problemOf } from "./problem.ts"
import { rateLimitHeaders } from "./rate-limit.ts"
import type { RestEnvironment } from "./rest-environment.ts"
import { readJsonBody } from "./rest-body.ts"
import { invokeTool } from "./rest-invoke.ts"
import { streamText, wantsText } from "./rest-stream.ts"

type Came = Pick<CallRequest, "caller" | "source">

export type RestOptions = {
  readonly operations: readonly Operation[]
  readonly version: string
  /** The largest body. */
  readonly bodyBytes: number
  readonly events: Events
  /** Streams of events that each principal has open. */
  readonly pipes: OpenCounts
  readonly log: { error(facts: object, message: string): void }
  /** Aborts when the gateway stops. */
  readonly stopping: AbortSignal
  /** @throws GatewayError `unauthenticated` where the credential was good once and is no longer */
  readonly authenticate: (caller: Caller) => ActivePrincipal
  readonly perform: (operation: Operation, from: Came, input: unknown, signal: AbortSignal) => Promise<Performed>
  readonly call: (request: CallRequest) => Promise<Answer>
  /** Records that the caller listens to events, or that it was refused to. */
  readonly onListening: (caller: Caller, assertMay: () => void) => Promise<void>
}

export function createRest(options: RestOptions): Hono<RestEnvironment> {
  const app = new Hono<RestEnvironment>()
  app.use(async ({ header }, next) => {
    header("cache-control", "no-store")
    header("x-content-type-options", "nosniff")
    await next()
  })
  for (const operation of options.operations) addOperation(app, operation, options)
  app.post(`${apiPrefix}/tools/:name/invoke`, async (context) => {
    const invocation = {
      ...cameBy(context),
      name: context.req.param("name"),
      body: await readJsonBody(context.req.raw, { maxBytes: options.bodyBytes }, context.env.held),
      onQuotas: (states: readonly AllowanceState[]) =>
        Object.entries(rateLimitHeaders(states, Date.now())).forEach(([name, value]) =>
          context.header(name, value),
        ),
    }
    const result = await invokeTool(options.call, invocation, context.req.raw.signal)
    return context.body(new Uint8Array(result), 200, { "content-type": "application/json" })
  })
  app.get(`${apiPrefix}/events`, async (context) => {
    // Hono answers HEAD with the headers of GET: nobody would ever read, or end, the stream behind them
    if (context.req.raw.method !== "GET") return context.notFound()
    const caller = callerOf(context)
    await options.onListening(caller, () => assertMayListen(caller, options))
    return eventStream(caller, options)
  })
  app.notFound(() =>
    problem(
      new GatewayError("not_found", "There is nothing at this path; GET /openapi.json names what there is."),
    ),
  )
  app.onError((thrown) => {
    const error = GatewayError.from(thrown)
    if (error.code === "internal")
      options.log.error({ err: error.cause ?? error }, "a REST request failed inside the gateway")
    return problem(error)
  })
  return app
}

const inputLimit = { maxBytes: maxInputBytes, of: "the most that an operation takes" }

function addOperation(
  app: Hono<RestEnvironment>,
  operation: Operation,
  { perform, bodyBytes, log }: RestOptions,
): void {
  const { method, path } = operation.route
  const { stream } = operation
  app.on(method, apiPrefix + path.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
    const { raw } = context.req
    const limit = bodyBytes < maxInputBytes ? { maxBytes: bodyBytes } : inputLimit
    const body = takesBody(operation) ? fromRawObject(await readJsonBody(raw, limit, context.env.held)) : {}
    const input = inputOf(operation, { path: context.req.param(), query: new URL(raw.url).searchParams, body })
    const from = cameBy(context)
    if (stream && wantsText(context)) {
      const ask = async (input: unknown, signal: AbortSignal): Promise<Performed["output"]> =>
        (await perform(operation, from, input, signal)).output
      const onFailure = (err: GatewayError): void =>
        log.error({ err, operation: operation.name }, "a text was cut off")
      const { body, contentType } = await streamText(raw, { stream, input, ask, onFailure })
      return context.body(body, 200, { "content-type": contentType })
    }
    const { output } = await perform(operation, from, input, raw.signal)
    return context.json(output, operation.effect === "create" ? 201 : 200)
  })
}

function cameBy(context: Context<RestEnvironment>): Came {
  return { caller: callerOf(context), source: context.env.source }
}

function callerOf({ env }: Context<RestEnvironment>): Caller {
  if (env.caller) return env.caller
  throw new GatewayError(
    "unauthenticated",
    "A credential is needed: Authorization: Bearer <key>, or X-API-Key: <key>.",
  )
}

function problem(error: GatewayError): Response {
  const { status, headers, body } = problemOf(error)
  return new Response(body, { status, headers: { ...headers, "cache-control": "no-store" } })
}
