/** The lock file as far as tests of it need it, and whether a version in it is known to be bad. */

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "../support/process.ts"

export type Locked = {
  readonly name: string
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly license?: string
  readonly hasInstallScript?: true
  /** Not part of what is published. */
  readonly dev?: true
  readonly optional?: true
  readonly link?: true
}

export type KnownBad = {
  readonly name: string
  readonly below?: string
  readonly exactly?: readonly string[]
  readonly why: string
}

type LockFile = {
  readonly lockfileVersion: number
  readonly packages: Readonly<Record<string, Omit<Locked, "name">>>
}

const lockFile = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile

export const { lockfileVersion } = lockFile

export const locked: readonly Locked[] = Object.entries(lockFile.packages)
  .filter(([path]) => path !== "")
  .map(([path, entry]) => ({
    ...entry,
    name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
  }))

export function isBad({ name, version }: Pick<Locked, "name" | "version">, bad: KnownBad): boolean {
  if (name !== bad.name) return false
  return bad.exactly?.includes(version) === true || (bad.below !== undefined && isBelow(version, bad.below))
}

/** Of what comes before a release nothing is told apart. */
function isBelow(version: string, limit: string): boolean {
  const [ours, theirs] = [version, limit].map((text) => text.split(/[-+]/)[0]?.split(".").map(Number) ?? [])
  for (let part = 0; part < 3; part += 1) {
    const difference = (ours?.[part] ?? 0) - (theirs?.[part] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
