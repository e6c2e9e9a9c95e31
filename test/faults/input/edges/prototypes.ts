/** IN-04: names that mean something to JavaScript, as the name of whatever has a name and as the key of whatever has keys. */

import { prototypeNames } from "../bending.ts"
import { httpBytes, type Field } from "../http-bytes.ts"
import { legacyMessage, modernFields, modernMessage } from "../messages.ts"
import type { Input } from "../probe.ts"
import { post, result, status, type Door } from "./edge.ts"

type Judge = NonNullable<Input["judge"]>

const others = ["valueOf", "isPrototypeOf", "__lookupGetter__", "__defineSetter__", "then", "toJSON", "length"]
const pollution = { polluted: 1, constructor: { prototype: { polluted: 1 } } }
const offered = new Set(["constructor", "toString", "__proto__", "hasOwnProperty"])

export function* prototypes(door: Door): Generator<Input> {
  for (const name of [...prototypeNames, ...others]) {
    for (const [at, bytes] of [...messages(door, name), ...requests(door, name)].entries())
      yield { what: `IN-04 ${name} (${at})`, bytes }
    const call = modernMessage("tools/call", {
      name: `modern__${name}`,
      arguments: JSON.parse(`{"${name}":{}}`) as object,
    })
    const judge = offered.has(name) ? result : undefined
    yield {
      what: `IN-04 a tool named ${name}`,
      bytes: post(door, { body: JSON.stringify(call), more: modernFields(call) }),
      ...(judge && { judge }),
    }
    yield* operationsOn(door, name)
  }
}

function* messages(door: Door, name: string): Generator<Buffer> {
  const given = JSON.parse(`{"${name}":${JSON.stringify(pollution)},"a":{"${name}":{"polluted":1}}}`) as object
  const cases = [
    legacyMessage(name, given as never),
    legacyMessage("tools/call", { name, arguments: given }),
    legacyMessage("tools/call", { name: "modern__echo", arguments: given, _meta: given }),
    legacyMessage("tools/call", { name: `${name}__echo`, arguments: {} }),
    legacyMessage("tools/call", { name: "list_services", arguments: given }),
    legacyMessage("tools/call", { name: "register_service", arguments: { name, ...given, tools: given } }),
    legacyMessage("prompts/get", { name, arguments: given }),
    legacyMessage("resources/read", { uri: name }),
    legacyMessage("completion/complete", { ref: { type: name, name }, argument: given }),
    legacyMessage("initialize", { protocolVersion: name, capabilities: given, clientInfo: given }),
    legacyMessage("logging/setLevel", { level: name }),
    legacyMessage("tasks/get", { taskId: name }),
  ]
  for (const message of cases) {
    yield post(door, { body: JSON.stringify(message) })
    yield post(door, { body: JSON.stringify(message), target: `/mcp/${name}` })
    yield post(door, { body: JSON.stringify(message), more: [[name, name], ...door.session] })
  }
  const top = `{"${name}":${JSON.stringify(pollution)},"jsonrpc":"2.0","id":1,"method":"ping"}`
  yield post(door, { body: top })
}

function* requests({ fields }: Door, name: string): Generator<Buffer> {
  const get = (target: string, more: readonly Field[] = []): Buffer =>
    httpBytes({ method: "GET", target, fields: [...fields, ...more], body: Buffer.alloc(0) })
  for (const path of [
    "services",
    "principals",
    "keys",
    "quotas",
    "usage",
    "tools",
    "audit/entries",
    "issues",
    "health-checks",
  ]) {
    yield get(`/api/v1/${path}?${name}=1&${name}[polluted]=1`)
    yield get(`/api/v1/${path}/${name}`)
  }
  for (const path of [name, `docs/${name}`, `api/v1/${name}`, `api/v1/usage/tools/${name}`])
    yield get(`/${path}`, [[name, "1"]])
}

/** Somebody and something of that name may well be there: then all that is done with them must work. */
function* operationsOn(door: Door, name: string): Generator<Input> {
  const body = (value: object): string => JSON.stringify(value)
  const service = {
    name,
    enabled: false,
    url: "unix:///nonexistent/input.sock:/mcp",
    tools: { cost: { [name]: { perCallUsd: 1 } } },
  }
  const cases: readonly (readonly [method: string, path: string, body: string, judge: Judge])[] = [
    ["POST", "services", body(service), status(201, 400, 409)],
    ["GET", `services/${name}`, "", status(200, 400, 404)],
    [
      "PATCH",
      `services/${name}`,
      body({ title: name, tools: { rename: { [name]: "other" } } }),
      status(200, 400, 404),
    ],
    ["DELETE", `services/${name}`, "", status(200, 400, 404)],
    [
      "POST",
      "principals",
      body({ name, kind: "agent", team: name, grants: { tools: { allow: [name] } } }),
      status(201, 400, 409),
    ],
    ["POST", "keys", body({ principal: name, label: name }), status(201, 400, 404)],
    ["GET", `keys?principal=${name}`, "", status(200, 400, 404)],
    [
      "PUT",
      "quotas",
      body({ subject: `principal:${name}`, target: `tool:${name}`, limit: 1, window: "day" }),
      status(200, 201, 400, 404),
    ],
    [
      "PUT",
      "quotas",
      body({ subject: `team:${name}`, target: `service:${name}`, limit: 1, window: "day", name }),
      status(200, 201, 400, 404),
    ],
    ["GET", `usage?principal=${name}&by=${name}`, "", status(200, 400)],
    ["GET", `audit/entries?principal=${name}&tool=${name}`, "", status(200, 400, 404)],
  ]
  for (const [method, path, body, judge] of cases)
    yield {
      what: `IN-04 ${method} ${path} for ${name}`,
      bytes: post(door, { method, target: `/api/v1/${path}`, body }),
      judge,
    }
}
