/**
 * Looks for canaries in all that gateways wrote, said and showed (test/support/canaries.ts keeps it), in every form.
 * Where a secret stands on purpose is a list, each place with its reason; anywhere else is a hit.
 */

import { createPrivateKey } from "node:crypto"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { basename, join, relative } from "node:path"
import { canariesIn } from "../../support/canaries.ts"
import { needlesOf, type Needle } from "./canary-forms.ts"
import { Haystack } from "./haystack.ts"

export type Allowed = {
  /** Of canaries. */
  readonly kind: RegExp
  /** Of the file, without the folder of its gateway. */
  readonly place: RegExp
  readonly why: string
}

export type Swept = {
  readonly gateways: number
  readonly canaries: number
  readonly needles: number
  readonly files: number
  readonly megabytes: number
  /** How many are where they may be: a sweep that finds none of them finds nothing. */
  readonly expected: number
  /** A sentence each. */
  readonly hits: readonly string[]
}

export const allowedPlaces: readonly Allowed[] = [
  { kind: /^adminKey$/, place: /^folder\/data\/admin\.key$/, why: "kept for the administrator, 0600" },
  { kind: /^adminKey$/, place: /^output$/, why: "told once, at the first start" },
  { kind: /^sealingKey$/, place: /^folder\/data\/keys\/seal\.key$/, why: "its own file, 0600" },
  { kind: /^signingKey$/, place: /^folder\/data\/keys\/audit\.key$/, why: "its own file, 0600" },
  { kind: /^salt$/, place: /^folder\/data\/keys\/audit\.salt$/, why: "its own file, 0600" },
  { kind: /^secretFile$/, place: /^folder\/data\/secrets\/CANARY_FILE$/, why: "where the operator put it, 0600" },
  {
    kind: /^(secretFile|variable)$/,
    place: /^processes\/(?!gateway\/)[^/]+\/\d+\/environ$/,
    why: "the service's own environment",
  },
  {
    kind: /^(secretVariable|webhookSecret|variable)$/,
    place: /^processes\/gateway\/\d+\/environ$/,
    why: "the gateway's own environment",
  },
]

/** @param more canaries and places of the journey that was swept */
export function sweep(
  folder: string,
  more: {
    readonly canaries?: Readonly<Record<string, string | Buffer>>
    readonly allowed?: readonly Allowed[]
  } = {},
): Swept {
  const allowed = [...allowedPlaces, ...(more.allowed ?? [])]
  const shared = Object.entries({ ...canariesIn(folder), ...more.canaries })
  const watched = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const total = {
    gateways: watched.filter(isGateway(folder)).length,
    canaries: shared.length,
    needles: 0,
    files: 0,
    bytes: 0,
    expected: 0,
  }
  const hits: string[] = []
  for (const { name } of watched) {
    const place = join(folder, name)
    const own = ownSecrets(join(place, "folder", "data"))
    const needles = [...shared, ...own].flatMap(([kind, canary]) => needlesOf(kind, canary))
    const haystack = new Haystack(needles)
    total.canaries += own.length
    total.needles = Math.max(total.needles, needles.length)
    for (const file of filesUnder(place)) {
      const bytes = readFileSync(file)
      total.files += 1
      total.bytes += bytes.length
      for (const needle of haystack.find(bytes))
        if (isAllowed(allowed, needle, relative(place, file))) total.expected += 1
        else hits.push(`${needle.kind} as ${needle.form} in ${relative(folder, file)}`)
    }
  }
  const { bytes, ...counts } = total
  return { ...counts, megabytes: Math.round(bytes / 1e6), hits }
}

function isGateway(folder: string): (entry: { readonly name: string }) => boolean {
  return ({ name }) => readdirSync(join(folder, name)).includes("output")
}

/** Processes whose memory would go into a core dump (coredump_filter of core(5)). @returns a sentence for each */
export function dumpable(folder: string): readonly string[] {
  return filesUnder(folder)
    .filter((file) => basename(file) === "coredump_filter" && !/^0+\n?$/.test(readFileSync(file, "utf8")))
    .map((file) => `${relative(folder, file)} lets memory go into a core dump`)
}

function isAllowed(allowed: readonly Allowed[], { kind }: Needle, at: string): boolean {
  return allowed.some((one) => one.kind.test(kind) && one.place.test(at))
}

/** What a gateway draws for itself. */
function ownSecrets(data: string): readonly (readonly [string, string | Buffer])[] {
  const text = (name: string): string | undefined => readIfThere(join(data, name))?.toString().trim()
  const signing = text("keys/audit.key")
  const found: readonly (readonly [string, string | Buffer | undefined])[] = [
    ["adminKey", text("admin.key")?.split("_")[2]],
    ["signingKey", signing === undefined ? undefined : secretPartOf(signing)],
    ["sealingKey", readIfThere(join(data, "keys/seal.key"))],
    ["salt", readIfThere(join(data, "keys/audit.salt"))],
  ]
  return found.flatMap(([kind, secret]) => (secret === undefined ? [] : [[kind, secret]]))
}

/** What of a private key is not in its public one, and not the same in every key. */
export function secretPartOf(pem: string): Buffer {
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" })
  return Buffer.from(d, "base64url")
}

export function filesUnder(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true)
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
