/** The doors at which operations can be asked for, each asked in the same words. */

import { execFile } from "node:child_process"
import { join } from "node:path"
import { operations } from "../../src/operations/index.ts"
import { requestOf } from "../../src/surfaces/rest/operation-http.ts"
import { bearer, httpPipe } from "../journeys/http-pipe.ts"
import { openPeer } from "../journeys/peer.ts"
import type { TestGateway } from "./gateway.ts"
import { root } from "./process.ts"
import { rest } from "./rest.ts"

type Values = Readonly<Record<string, unknown>>

/** What came of it. `code` is absent where it was done; the command line tells no codes, only words. */
export type Told = { readonly code?: string | undefined; readonly text: string; readonly output: Values }

/** Asks as the principal of the key. */
export type Ask = (key: string, operation: string, input: Values) => Promise<Told>

export type DoorName = "MCP" | "REST" | "CLI"

export function doorsOf(gateway: TestGateway): Readonly<Record<DoorName, Ask>> {
  return {
    MCP: (key, operation, input) => askMcp(gateway, key, { operation, input }),
    REST: (key, operation, input) => askRest(gateway, key, { operation, input }),
    CLI: (key, operation, input) => askCli(gateway, key, { operation, input }),
  }
}

type Asked = { readonly operation: string; readonly input: Values }

async function askMcp({ url }: TestGateway, key: string, { operation, input }: Asked): Promise<Told> {
  const peer = await openPeer(httpPipe(url, bearer(key)))
  try {
    const { result, error, text } = await peer.tool(operation, input)
    if (result) return { text, output: result["structuredContent"] as Values }
    return { code: String(error?.data?.["code"]), text: error?.message ?? text, output: error?.data ?? {} }
  } finally {
    await peer.close()
  }
}

async function askRest(gateway: TestGateway, key: string, { operation, input }: Asked): Promise<Told> {
  const found = operations.find(({ name }) => name === operation)
  if (!found) throw new Error(`There is no operation ${operation}.`)
  const { method, path, body } = requestOf(found, input)
  const answer = await rest({ ...gateway, key }, method, path.replace("/api/v1", ""), body)
  const output = answer.body as Values
  const text = JSON.stringify(output)
  return answer.status < 300 ? { text, output } : { code: String(output["code"]), text, output }
}

function askCli({ origin }: TestGateway, key: string, { operation, input }: Asked): Promise<Told> {
  const flags = Object.entries(input).flatMap(([name, value]) => [
    `--${name}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ])
  const args = [join(root, "bin/mcp-meta.mjs"), operation, ...flags, "--json"]
  const env = { ...process.env, MCP_META_URL: origin, MCP_META_KEY: key }
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve(
        error
          ? { code: "refused", text: stderr, output: {} }
          : { text: stdout, output: JSON.parse(stdout) as Values },
      ),
    )
  })
}
