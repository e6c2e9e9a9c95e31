/** What one setting is: how its text is read, what it must be, and the words the documentation has for it. */

import * as z from "zod"

export type Setting<Value = unknown> = {
  readonly schema: z.ZodType<Value>
  readonly default: Value
  readonly sentence: string
  readonly unit?: string
  /** A flag without a value means true. */
  readonly bare?: true
  /** Names a file or folder, relative to where it was said. */
  readonly path?: true
  /** Its value is never shown, and never read from the file. */
  readonly secret?: true
  /** Reads what a flag or a variable says; absent for plain text. */
  readonly read?: (text: string) => unknown
}

export function text(value: string, sentence: string): Setting<string> {
  return { schema: z.string().min(1), default: value, sentence }
}

export function optionalText(sentence: string): Setting<string | undefined> {
  return { schema: z.string().min(1).optional(), default: undefined, sentence }
}

/** Of a site, without anything behind the host. */
export function webAddress(sentence: string): Setting<string | undefined> {
  const schema = z
    .url({ protocol: /^https?$/ })
    .refine(
      (url) => URL.canParse(url) && new URL(url).origin === url,
      "it must be a scheme, a host and a port, with nothing behind it",
    )
  return { schema: schema.optional(), default: undefined, sentence }
}

export function path(value: string, sentence: string): Setting<string> {
  return { ...text(value, sentence), path: true }
}

export function optionalPath(sentence: string): Setting<string | undefined> {
  return { ...optionalText(sentence), path: true }
}

export function secret(sentence: string): Setting<string | undefined> {
  return { ...optionalText(sentence), secret: true }
}

export function toggle(sentence: string): Setting<boolean> {
  const words: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false }
  return { schema: z.boolean(), default: false, sentence, bare: true, read: (said) => words[said] ?? said }
}

export function list(sentence: string): Setting<readonly string[]> {
  const read = (said: string): string[] => said.split(",").map((item) => item.trim()).filter((item) => item !== "") // oxfmt-ignore
  return { schema: z.array(z.string().min(1)).readonly(), default: [], sentence, unit: "comma separated", read }
}

/** Of machines and networks: `192.0.2.7`, `10.0.0.0/8`, `fd00::/8`. */
export function addresses(sentence: string): Setting<readonly string[]> {
  const one = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], "it must name IP addresses or networks")
  return { ...list(sentence), schema: z.array(one).readonly() }
}

export function choice<const Choice extends string>(
  choices: readonly Choice[],
  value: Choice,
  sentence: string,
): Setting<Choice> {
  return { schema: z.enum(choices), default: value, sentence, unit: choices.join(", ") }
}

type Range = { readonly unit?: string; readonly min?: number; readonly max?: number }

export function whole(
  value: number,
  { unit, min = 1, max = 2_147_483_647 }: Range,
  sentence: string,
): Setting<number> {
  const read = (said: string): unknown => (/^\d{1,15}$/.test(said) ? Number(said) : said)
  return { schema: z.int().min(min).max(max), default: value, sentence, read, ...(unit !== undefined && { unit }) }
}
