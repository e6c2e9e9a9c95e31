/** The commands that are no operations. Each is loaded when it runs: `serve` stays, and needs none of the others. */

import type { Command } from "commander"
import { GatewayError } from "../../errors.ts"
import type { Run } from "./commands.ts"

type OwnCommand = {
  readonly name: string
  readonly about: string
  readonly argument?: readonly [string, string]
  /** Whether a setting is a flag of it. */
  readonly takes: (key: string) => boolean
  readonly action: Run
  readonly extra?: (command: Command) => void
}

/** What leads from a command to a running gateway. */
export function isOfConnection(key: string): boolean {
  return ["url", "key", "data"].includes(key) || isOfClient(key)
}

function isOfClient(key: string): boolean {
  return key.startsWith("cli.")
}

export const ownCommands: readonly OwnCommand[] = [
  {
    name: "serve",
    about: "Run the gateway over HTTP.",
    takes: (key) => key !== "url" && key !== "key" && !isOfClient(key),
    action: async ({ load, serve }, flags) => starting(serve((await load(flags)).config)),
  },
  {
    name: "stdio",
    about: "Run the gateway as a stdio MCP server, for clients that start one.",
    takes: (key) => !/^(url|host|port|insecureHttp|allowed|trusted|tls)/.test(key),
    action: async ({ load, stdio }, flags) => starting(stdio((await load(flags)).config)),
  },
  {
    name: "status",
    about:
      "Show services, quotas near their limit, issues, the audit log. Exits with 1 when a service or the log is down.",
    takes: isOfConnection,
    action: async (...given) => (await import("./status.ts")).showStatus(...given),
    extra: (command) => command.option("--json", "print JSON").option("--watch", "draw it anew every 2 s"),
  },
  {
    name: "verify",
    about: "Verify the audit log offline. Exits with 1 and names the first bad entry when it is not whole.",
    takes: (key) => key === "data",
    action: async (...given) => (await import("./verify.ts")).verifyLog(...given),
    extra: (command) =>
      command
        .option("--file <export>", "an export in the format jsonl, in place of a data folder")
        .option("--public-key <file>", "the public key of the log, kept elsewhere; else the one beside the log")
        .option("--checkpoints <file>", "checkpoints of the log that were kept elsewhere")
        .option("--json", "print JSON"),
  },
  {
    name: "call",
    about: "Call one tool through the gateway and print its result.",
    argument: ["<tool>", "its name, as find_tools lists it"],
    takes: isOfConnection,
    action: async (...given) => (await import("./call.ts")).callTool(...given),
    extra: (command) =>
      command
        .option("--json <args>", "all arguments as one JSON object")
        .option("--arg <k=v>", "one argument, as often as there are; the value may be JSON", collect),
  },
  {
    name: "config",
    about:
      "Print the settings that a gateway started here, with these flags, would have, each with where it comes from. One that runs is not asked.",
    takes: () => true,
    action: async (...given) => (await import("./config.ts")).showConfig(...given),
    extra: (command) =>
      command
        .option("--json", "print JSON")
        .option("--validate", "only say whether the gateway would start with them"),
  },
  {
    name: "import",
    about: "Read a client's file of mcpServers into the folder of services, as data only.",
    argument: ["<file>", "such as ~/.claude.json, .mcp.json, .cursor/mcp.json, .vscode/mcp.json"],
    takes: (key) => key === "servers",
    action: async (...given) => (await import("./import.ts")).importServices(...given),
    extra: (command) => command.option("--force", "replace services of the same name"),
  },
]

/** What keeps a gateway from starting, a port or a folder in use, is mended where it is configured. */
async function starting(run: Promise<number>): Promise<number> {
  return run.catch((thrown: unknown) => {
    const error = GatewayError.from(thrown)
    throw error.code === "conflict" ? new GatewayError("invalid", error.message, { cause: error }) : error
  })
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
