/**
 * An operation as a command: flags from its input schema, one REST request, its output as text or JSON. Both
 * `--dry-run` and the member's own name, `--dry_run`, are understood.
 */

import { Option, type Command } from "commander"
import { visibleText } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { inputSchemaOf, requestOf } from "../rest/operation-http.ts"
import { fromTexts, typeOf, type ValueSchema } from "../rest/text-value.ts"
import type { Operation } from "../../operations/operation.ts"
import type { TextPage } from "../rest/text-pages.ts"
import { exitCodes, type Run } from "./commands.ts"
import { connect } from "./connection.ts"
import { print, printJson } from "./screen.ts"
import { printPages } from "./text-stream.ts"

/** Members of an output that say whether what was asked about is fine. */
const verdicts = ["healthy", "ok"]

/** @returns what the command does */
export function addOperation(command: Command, operation: Operation): Run {
  const given = new Map<string, string[]>()
  const { stream } = operation
  const { properties, required } = inputSchemaOf(operation)
  for (const [name, schema] of Object.entries(properties))
    addMember(command, name, { schema, required: required.has(name), given })
  if (!("json" in properties) && !stream) command.option("--json", "print JSON")
  return async ({ load }, flags) => {
    const missing = [...required].filter((name) => !given.has(name)).map(flagOf)
    if (missing.length > 0) throw new GatewayError("invalid", `${operation.name} needs ${missing.join(" and ")}.`)
    const input = Object.fromEntries(
      [...given].map(([name, texts]) => [name, fromTexts(flagOf(name), properties[name] ?? {}, texts)]),
    )
    const { request } = await connect((await load(flags)).config)
    const ask = async (input: TextPage): Promise<TextPage> => {
      const { method, path, body } = requestOf(operation, input)
      const answer = await request(method, path, body).catch(refuseOf(operation))
      return operation.output.parse(answer)
    }
    if (stream) return printPages(stream, input, ask)
    const output = await ask(input)
    if (command.opts<{ json?: true }>().json) printJson(output)
    else print(visibleText(operation.say(output)))
    return verdicts.some((name) => output[name] === false) ? exitCodes.notFine : exitCodes.fine
  }
}

type Member = { readonly schema: ValueSchema; readonly required: boolean; readonly given: Map<string, string[]> }

function addMember(command: Command, name: string, { schema, required, given }: Member): void {
  const type = typeOf(schema)
  const keep = (value: string): void => void given.set(name, [...(given.get(name) ?? []), value])
  const value = type === "boolean" ? "[true|false]" : `<${placeholders[type ?? ""] ?? "value"}>`
  const choices = schema.enum ? `One of ${schema.enum.join(", ")}.` : undefined
  const about = [schema.description, choices, required ? "(required)" : undefined].filter(Boolean).join(" ")
  for (const flag of new Set([flagOf(name), `--${name}`])) {
    const option = new Option(`${flag} ${value}`, about).argParser(keep)
    if (type === "boolean") option.preset("true")
    command.addOption(flag === flagOf(name) ? option : option.hideHelp())
  }
}

const placeholders: Readonly<Record<string, string>> = {
  array: "value...|json",
  object: "json|name=value",
  integer: "number",
  number: "number",
}

function flagOf(name: string): string {
  return `--${name.replaceAll("_", "-").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** The gateway does not tell an operation that one may not perform from one that there is not; here the list tells. */
export function refuseOf({ name, permission }: Operation): (thrown: unknown) => never {
  return (thrown) => {
    const isUnknown = thrown instanceof GatewayError && thrown.code === "not_found"
    if (!isUnknown || !["tool", "operation"].some((kind) => thrown.message === `Unknown ${kind}: ${name}`))
      throw thrown
    const text = `This key may not perform ${name}, which needs the permission ${permission}. Ask who gave you the key.`
    throw new GatewayError("forbidden", text, { cause: thrown })
  }
}
