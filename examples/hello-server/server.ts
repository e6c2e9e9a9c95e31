/**
 * Hello: a small MCP server without any dependency. Read it to see what a server offers; how it talks to its client,
 * message by message, is in mcp-over-stdio.ts.
 *
 * Try it alone:       echo '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' | node examples/hello-server/server.ts
 * Behind the gateway: servers.d/hello.json
 */
import { setTimeout as sleep } from "node:timers/promises"
import { serve, type Fields, type Prompt, type Resource, type Tool } from "./mcp-over-stdio.ts"

const greet: Tool = {
  name: "greet",
  description: "Greets somebody by name",
  inputSchema: object({ name: { type: "string" } }),
  annotations: { readOnlyHint: true },
  run: ({ name }) => say(`Hello, ${string(name, "name")}!`),
}

/** Answers for programs too: `structuredContent` is what the output schema says, `content` is the same for people. */
const add: Tool = {
  name: "add",
  description: "Adds two numbers",
  inputSchema: object({ a: { type: "number" }, b: { type: "number" } }),
  outputSchema: object({ sum: { type: "number" } }),
  annotations: { readOnlyHint: true },
  run: ({ a, b }) => {
    const sum = number(a, "a") + number(b, "b")
    return { ...say(String(sum)), structuredContent: { sum } }
  },
}

/** Takes its time, says how far it is, and stops at once when the client cancels. */
const countdown: Tool = {
  name: "countdown",
  description: "Counts down to zero, ten numbers a second, and reports its progress",
  inputSchema: object({ from: { type: "integer", minimum: 1, maximum: 100 } }),
  annotations: { readOnlyHint: true },
  run: async ({ from }, { signal, report }) => {
    const total = number(from, "from")
    if (total < 1 || total > 100) throw new RangeError("from must lie between 1 and 100")
    for (let done = 1; done <= total; done += 1) {
      await sleep(100, undefined, { signal })
      report(done, total)
    }
    return say("Lift-off!")
  },
}

const welcome: Prompt = {
  name: "welcome",
  description: "Asks a model to welcome somebody",
  arguments: [{ name: "name", description: "Who is to be welcomed", required: true }],
  write: ({ name }) => `Write a short, warm welcome for ${string(name, "name")}.`,
}

const readme: Resource = {
  uri: "hello://readme",
  name: "readme",
  description: "About this server",
  mimeType: "text/markdown",
  read: () => "# Hello\n\nA small MCP server to try things out with: it greets, adds and counts down.\n",
}

serve({
  info: { name: "hello", title: "Hello", version: "1.0.0" },
  instructions: "Greets people, adds numbers and counts down. A server to try things out with.",
  tools: [greet, add, countdown],
  prompts: [welcome],
  resources: [readme],
})

function say(text: string): Fields {
  return { content: [{ type: "text", text }] }
}

/** The JSON Schema of an object that has all of these properties and no others. */
function object(properties: Fields): Fields {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false }
}

function string(value: unknown, name: string): string {
  if (typeof value !== "string") throw new TypeError(`${name} must be a string`)
  return value
}

function number(value: unknown, name: string): number {
  if (typeof value !== "number") throw new TypeError(`${name} must be a number`)
  return value
}
