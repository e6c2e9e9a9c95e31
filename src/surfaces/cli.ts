/**
 * The command line: a few commands of its own, and every operation of the list as one more. It speaks REST to a
 * running gateway; what starts one is given by main.ts.
 */

import { Command, CommanderError, Option } from "commander"
import { GatewayError } from "../errors.ts"
import { operations } from "../operations/index.ts"
import { callTool } from "./cli/call.ts"
import { exitCodes, type CliConfig, type CliOptions, type CliSetting, type Run } from "./cli/commands.ts"
import { showConfig } from "./cli/config.ts"
import { importServices } from "./cli/import.ts"
import { addOperation } from "./cli/operation.ts"
import { complain } from "./cli/screen.ts"
import { showStatus } from "./cli/status.ts"

/** @returns the exit code. Never rejects. */
export async function runCli<Config extends CliConfig>(
  args: readonly string[],
  options: CliOptions<Config>,
): Promise<number> {
  let code: number = exitCodes.fine
  try {
    const program = build(options as unknown as CliOptions, (now) => (code = now))
    await program.parseAsync(args, { from: "user" })
    return code
  } catch (thrown) {
    return explain(thrown)
  }
}

function build(options: CliOptions, done: (code: number) => void): Command {
  const program = new Command("mcp-meta")
    .description("A gateway for the Model Context Protocol that is itself an MCP server.")
    .version(options.version)
    .configureHelp({ showGlobalOptions: true, sortOptions: false })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
  const said: Record<string, string> = {}
  const addSettings = settingFlags(options.settings, said)
  addSettings(program, connectionKeys)
  const run = (command: Command, action: Run): Command =>
    command.action(async () => done(await action(options, said, command)))
  for (const { name, about, args = [], keys, action, extra } of own) {
    const command = program.command(name).description(about).helpGroup("Commands:")
    for (const [argument, meaning] of args) command.argument(argument, meaning)
    addSettings(command, keys)
    extra?.(command)
    run(command, action)
  }
  for (const operation of operations) {
    const command = program.command(operation.name).summary(operation.title).description(operation.summary)
    run(command.helpGroup(`Operations on ${operation.group}:`), addOperation(command, operation))
    addSettings(command, connectionKeys)
  }
  return program
}

type OwnCommand = {
  readonly name: string
  readonly about: string
  readonly args?: readonly (readonly [string, string])[]
  /** The settings that are flags of it. */
  readonly keys: readonly string[] | "all"
  readonly action: Run
  readonly extra?: (command: Command) => void
}

const connectionKeys = ["url", "key", "data"]
const json = (command: Command): Command => command.option("--json", "print JSON")

const own: readonly OwnCommand[] = [
  {
    name: "serve",
    about: "Run the gateway over HTTP.",
    keys: "all",
    action: async ({ load, serve }, flags) => serve((await load(flags)).config),
  },
  {
    name: "stdio",
    about: "Run the gateway as a stdio MCP server, for clients that start one.",
    keys: "all",
    action: async ({ load, stdio }, flags) => stdio((await load(flags)).config),
  },
  {
    name: "status",
    about: "Show the services and what is wrong with them. Exits with 1 when one is down.",
    keys: connectionKeys,
    action: showStatus,
    extra: (command) => json(command).option("--watch", "draw it anew every 2 s"),
  },
  {
    name: "call",
    about: "Call one tool through the gateway and print its result.",
    args: [["<tool>", "its name, as find_tools lists it"]],
    keys: connectionKeys,
    action: callTool,
    extra: (command) =>
      command
        .option("--json <args>", "all arguments as one JSON object")
        .addOption(new Option("--arg <k=v...>", "one argument; the value may be JSON").argParser(collect)),
  },
  {
    name: "config",
    about: "Print the settings in effect, each with where it comes from.",
    keys: "all",
    action: showConfig,
    extra: (command) => json(command).option("--validate", "only say whether the gateway would start with them"),
  },
  {
    name: "import",
    about: "Read a client's file of mcpServers into the folder of services, as data only.",
    args: [["<file>", "such as ~/.claude.json, .mcp.json, .cursor/mcp.json, .vscode/mcp.json"]],
    keys: ["servers"],
    action: importServices,
    extra: (command) => command.option("--force", "replace services of the same name"),
  },
]

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

/**
 * Adds the flags of some settings to a command, and keeps what they say; said twice, the latter holds. A flag that an
 * operation has for itself stays its own: in front of the command's name it still means the setting.
 */
function settingFlags(
  settings: readonly CliSetting[],
  said: Record<string, string>,
): (command: Command, keys: OwnCommand["keys"]) => void {
  const keep = (key: string) => (value: string) => (said[key] = value)
  return (command, keys) => {
    const taken = new Set(command.options.map(({ long }) => long))
    const chosen = settings.filter(({ key, flag }) => (keys === "all" || keys.includes(key)) && !taken.has(flag))
    for (const { key, flag, sentence, default: standard, bare } of chosen) {
      const shown = typeof standard === "string" || typeof standard === "number" ? ` (default: ${standard})` : ""
      const option = new Option(`${flag} ${bare ? "[value]" : "<value>"}`, sentence + shown).argParser(keep(key))
      if (bare) option.preset("true")
      command.addOption(key.startsWith("limits.") ? option.hideHelp() : option)
    }
    const file = new Option(
      "--config <file>",
      "the configuration file (default: mcp-meta.yaml, .yml or .json of this folder)",
    )
    if (!taken.has("--config")) command.addOption(file.argParser(keep("config")))
  }
}

function explain(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.fine : exitCodes.usage // said already
  const error = GatewayError.from(thrown)
  const ownFault = error.code === "internal" && error.cause instanceof Error ? error.cause.stack : undefined
  complain(ownFault ?? error.message)
  if (error.next) complain(`next: ${error.next.operation} ${JSON.stringify(error.next.arguments ?? {})}`)
  if (error.detail["reachable"] === false || error.code === "unauthenticated" || error.code === "forbidden")
    return exitCodes.unreachable
  return error.code === "invalid" ? exitCodes.usage : exitCodes.notFine
}
