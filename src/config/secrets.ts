/**
 * What `${env:NAME}` and `${secret:NAME}` stand for, and what a child may see of our environment. A secret is a file
 * in `DATA/secrets` that only its owner can read, else the variable `MCP_META_SECRET_NAME`.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { PlaceholderLookup } from "../domain/secrets/placeholder.ts"
import { GatewayError } from "../errors.ts"

type Environment = Readonly<Record<string, string | undefined>>

/** Kept out of reach of service files: they would hand the gateway's own credentials to a service. */
const ownPrefix = "MCP_META_"
const maxBytes = 65_536

/** The lookup throws GatewayError `invalid` for a secret's file that others can read. */
export function createLookup(dataFolder: string, env: Environment = process.env): PlaceholderLookup {
  return (source, name) => {
    if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/.test(name)) return undefined
    if (source === "env") return name.startsWith(ownPrefix) ? undefined : variable(env, name)
    return readSecret(join(dataFolder, "secrets", name)) ?? variable(env, `${ownPrefix}SECRET_${name}`)
  }
}

/** Not what every object has, such as its constructor. */
function variable(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined
}

function readSecret(file: string): string | undefined {
  const descriptor = open(file)
  if (descriptor === undefined) return undefined
  try {
    const { mode, size } = fstatSync(descriptor)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > maxBytes)
      throw new GatewayError("invalid", `${file} is no file of at most ${maxBytes} bytes.`)
    if ((mode & 0o077) !== 0) throw new GatewayError("invalid", `Others can read ${file}; run: chmod 600 ${file}`)
    return decode(file, readFileSync(descriptor)).replace(/\r?\n$/, "")
  } finally {
    closeSync(descriptor)
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** A secret in which a character was made up opens nothing, and nobody would know why. */
function decode(file: string, bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new GatewayError("invalid", `The secret ${file} is not UTF-8 text; save it as UTF-8.`, { cause })
  }
}

function open(file: string): number | undefined {
  try {
    return openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw new GatewayError(
      "invalid",
      `The secret ${file} cannot be read; it must be a plain file of the gateway's user.`,
      { cause },
    )
  }
}

/** All that a child sees of our own environment. */
export function childEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  const shown = ["PATH", "HOME", "LANG", "TMPDIR"].map((name) => [name, env[name]] as const)
  return Object.fromEntries(shown.filter((pair): pair is readonly [string, string] => pair[1] !== undefined))
}
