/**
 * The command line: a few commands of its own, and every operation of the list as one more. It speaks REST to a
 * running gateway; what starts one is given by main.ts.
 */

import { Command, CommanderError } from "commander"
import { visibleText } from "../domain/visible-text.ts"
import { GatewayError } from "../errors.ts"
import { operations } from "../operations/index.ts"
import { exitCodes, exitCodesHelp, type CliConfig, type CliOptions, type Run } from "./cli/commands.ts"
import { addOperation } from "./cli/operation.ts"
import { isOfConnection, ownCommands } from "./cli/own-commands.ts"
import { complain } from "./cli/screen.ts"
import { addSettings } from "./cli/setting-flags.ts"

/** @returns the exit code. Never rejects. */
export async function runCli<Config extends CliConfig>(
  args: readonly string[],
  options: CliOptions<Config>,
): Promise<number> {
  let code: number = exitCodes.fine
  try {
    const program = build(options as unknown as CliOptions, args[0], (now) => (code = now))
    await program.parseAsync(args, { from: "user" })
    return code
  } catch (thrown) {
    return explain(thrown)
  }
}

/** @param named where it is a command's name, that one is made alone: all of them take longer than most run, and MB */
function build(options: CliOptions, named: string | undefined, done: (code: number) => void): Command {
  const program = new Command("mcp-meta")
    .description("A gateway for the Model Context Protocol that is itself an MCP server.")
    .version(options.version)
    .configureHelp({ optionDescription: ({ description }) => description })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput({ writeErr: (text) => void process.stderr.write(visibleText(text)) })
    .addHelpText("after", exitCodesHelp)
    .exitOverride()
  const isCommand = [...ownCommands, ...operations].some(({ name }) => name === named)
  const isAsked = ({ name }: { readonly name: string }): boolean => !isCommand || name === named
  const said: Record<string, string> = {}
  const flagsFor = (command: Command, takes: (key: string) => boolean): void =>
    addSettings(command, options.settings.filter(({ key }) => takes(key)), said) // oxfmt-ignore
  const run = (command: Command, action: Run): Command =>
    command.action(async () => done(await action(options, said, command)))
  flagsFor(program, isOfConnection)
  for (const { name, about, argument, takes, action, extra } of ownCommands.filter(isAsked)) {
    const command = program.command(name).description(about).helpGroup("Commands:")
    if (argument) command.argument(...argument)
    extra?.(command)
    flagsFor(command, takes)
    run(command, action)
  }
  for (const operation of operations.filter(isAsked)) {
    const command = program.command(operation.name).summary(operation.title).description(operation.summary)
    run(command.helpGroup(`Operations on ${operation.group}:`), addOperation(command, operation))
    flagsFor(command, isOfConnection)
  }
  return program
}

/** Says what went wrong. @returns the exit code for it */
function explain(thrown: unknown): number {
  // commander has said it already
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.fine : exitCodes.usage
  const error = GatewayError.from(thrown)
  const ownFault = error.code === "internal" && error.cause instanceof Error ? error.cause.stack : undefined
  complain(ownFault ?? error.message)
  if (error.next) complain(`next: ${error.next.operation} ${JSON.stringify(error.next.arguments ?? {})}`)
  if (error.callId !== undefined) complain(`on record as ${error.callId}`)
  if (error.detail["reachable"] === false) return exitCodes.unreachable
  if (error.code === "unauthenticated" || error.code === "forbidden") return exitCodes.unreachable
  return error.code === "invalid" ? exitCodes.usage : exitCodes.notFine
}
