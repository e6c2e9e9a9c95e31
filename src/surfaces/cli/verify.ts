/** `mcp-meta verify`: the audit log of a data folder, or an export of it, verified offline. */

import { open, readFile } from "node:fs/promises"
import type { Verdict } from "../../domain/audit/verdict.ts"
import { visibleLine } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { exitCodes, type Run } from "./commands.ts"
import { paint, print, printJson } from "./screen.ts"

type Flags = {
  readonly file?: string
  readonly publicKey?: string
  readonly checkpoints?: string
  readonly json?: true
}

/** No line of an export is longer. */
const maxLineChars = 1_024 * 1_024

export const verifyLog: Run = async ({ load, verify }, flags, command) => {
  const { file, publicKey, checkpoints, json } = command.opts<Flags>()
  if (file !== undefined && flags["data"] !== undefined) {
    throw new GatewayError("invalid", "Give --data or --file, not both.")
  }
  const given = {
    ...(publicKey !== undefined && { publicKey: await readText(publicKey) }),
    ...(checkpoints !== undefined && { checkpoints: await readText(checkpoints) }),
  }
  const { verifyDataFolder, verifyExport } = await verify()
  const beganMs = performance.now()
  const verdict =
    file === undefined
      ? await verifyDataFolder({ data: (await load(flags)).config.data, ...given })
      : await verifyExport(linesOf(file), given)
  const seconds = (performance.now() - beganMs) / 1_000
  const shown = { ...verdict, entriesPerSecond: Math.round(verdict.entries / seconds) }
  if (json) printJson(shown)
  else print(say(shown))
  return verdict.ok ? exitCodes.fine : exitCodes.notFine
}

function say({ ok, entries, streams, checkpoints, damage, cannotExclude, entriesPerSecond }: Shown): string {
  const seen = `${counted(entries, "entry", "entries")} in ${counted(streams, "stream", "streams")}, ${counted(checkpoints, "checkpoint", "checkpoints")} (${shortOf(entriesPerSecond)} entries/s)`
  return [
    ok ? paint("green", "The audit log is whole.") : paint("red", "The audit log is NOT whole."),
    ...(damage ? [visibleLine(`${placeOf(damage)}: ${damage.message}`)] : []),
    `Verified ${seen}.`,
    ...(cannotExclude.length > 0 ? ["What this does not prove:"] : []),
    ...cannotExclude.map((sentence) => visibleLine(`  - ${sentence}`)),
  ].join("\n")
}

/** Without a stream it is damage of the log as a whole. */
function placeOf({ kind, stream, seq }: NonNullable<Verdict["damage"]>): string {
  return stream === "" ? kind : `${kind} at entry ${seq} of stream ${stream}`
}

type Shown = Verdict & { readonly entriesPerSecond: number }

function counted(count: number, one: string, more: string): string {
  return `${shortOf(count)} ${count === 1 ? one : more}`
}

function shortOf(count: number): string {
  return count.toLocaleString("en")
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw notReadable(file, cause)
  })
}

/** @throws GatewayError `invalid` for a file that cannot be read, or has a line that no export has */
async function* linesOf(file: string): AsyncGenerator<string> {
  await using handle = await open(file).catch((cause: unknown) => {
    throw notReadable(file, cause)
  })
  let rest = ""
  for await (const chunk of handle.createReadStream({ encoding: "utf8", autoClose: false })) {
    const lines = `${rest}${String(chunk)}`.split("\n")
    rest = lines.pop() ?? ""
    if (rest.length > maxLineChars)
      throw new GatewayError("invalid", `${file} is no export: its lines are too long.`)
    yield* lines
  }
  if (rest !== "") yield rest
}

function notReadable(file: string, cause: unknown): GatewayError {
  return new GatewayError("invalid", `${file} cannot be read.`, { cause })
}
