/**
 * `${env:NAME}` and `${secret:NAME}`: stand-ins in a service's file for values that no file, log, answer or error
 * shows. Where the values come from is left to the caller; which fields may hold them, to service-file.ts.
 */

import { GatewayError } from "../../errors.ts"

type PlaceholderSource = "env" | "secret"

/** The value behind a placeholder; undefined where there is none. */
export type PlaceholderLookup = (source: PlaceholderSource, name: string) => string | undefined

const placeholder = /\$\{(env|secret):([^}]*)\}/g
const placeholderName = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/
const foreignPlaceholder = /\$\{(?!env:|secret:)[^}]*\}/
const askedPlaceholder = /\$\{input:[^}]*\}/

/**
 * Puts the values in. What a value holds is taken as it is, never looked up again.
 *
 * @throws GatewayError `invalid`, naming the variable that is missing and never a value.
 */
export function resolvePlaceholders(text: string, lookup: PlaceholderLookup): string {
  return text.replaceAll(placeholder, (_whole, source: PlaceholderSource, name: string) => {
    if (!placeholderName.test(name)) {
      throw new GatewayError(
        "invalid",
        `A \${${source}:NAME} has no proper name; use letters, digits, "_", "." and "-".`,
      )
    }
    const value = lookup(source, name)
    if (value !== undefined) return value
    throw new GatewayError("invalid", `${missing[source]} ${name} is not set; ${remedies[source]}.`, {
      detail: { source, name },
    })
  })
}

const missing = { env: "The environment variable", secret: "The secret" } as const
const remedies = {
  env: "set it where the gateway is started, or correct the name in the service's file",
  secret:
    "store it in the data folder as a file of that name below secrets, or correct the name in the service's file",
} as const

export function holdsPlaceholder(text: string): boolean {
  return text.search(placeholder) >= 0
}

/** Whether it holds a placeholder that only some client fills in, such as `${workspaceFolder}` or `${TOKEN}`. */
export function holdsForeignPlaceholder(text: string): boolean {
  return foreignPlaceholder.test(text)
}

/** As above, of the kind that is never meant for a shell. */
export function holdsAskedPlaceholder(text: string): boolean {
  return askedPlaceholder.test(text)
}

/** Hides all of the text but its placeholders. */
export function hideLiterals(text: string): string {
  return text
    .split(/(\$\{(?:env|secret):[^}]*\})/)
    .map((part, index) => (index % 2 === 1 || part === "" ? part : hidden))
    .join("")
}

export const hidden = "***"
