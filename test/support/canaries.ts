/**
 * A gateway with canaries: secrets of every kind that a test's gateway can be given without its test knowing, each
 * unlike any other text. What such a gateway wrote, said and showed is kept in a folder, which test/faults/secrets/sweep.ts
 * looks through. `MCP_META_TESTS_CANARIES=DIR` does so with every gateway that a suite starts.
 */

import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { cp, mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { startReplyRecorder, type ReplyRecorder } from "./reply-recorder.ts"

/** By kind. */
export type Canaries = Readonly<Record<string, string>>

/** Random at both ends, and in between what has to be escaped in JSON and in URLs. */
const drawText = (): string =>
  `${randomBytes(12).toString("base64url")}"\\/ü%${randomBytes(12).toString("base64url")}`
/** What may stand in a header. */
const drawToken = (): string => randomBytes(24).toString("base64url")

const kinds = {
  secretFile: drawText,
  secretVariable: drawToken,
  variable: drawText,
  webhookSecret: drawToken,
} as const

/** The canaries of a folder; made for the first who asks. */
export function canariesIn(folder: string): Readonly<Record<keyof typeof kinds, string>> {
  const path = join(folder, "canaries.json")
  if (!existsSync(path)) {
    const drawn = Object.fromEntries(Object.entries(kinds).map(([kind, draw]) => [kind, draw()]))
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, JSON.stringify(drawn), { mode: 0o600 })
  }
  return JSON.parse(readFileSync(path, "utf8")) as Record<keyof typeof kinds, string>
}

/** One gateway that is watched. Its own folder is that of its services and data. */
export class CanaryWatch {
  readonly place: string
  readonly #canaries: ReturnType<typeof canariesIn>
  readonly #recorders: ReplyRecorder[] = []

  constructor(folder: string) {
    this.#canaries = canariesIn(folder)
    this.place = join(folder, `${process.pid}-${randomBytes(4).toString("hex")}`)
    mkdirSync(this.place, { recursive: true })
  }

  /** Of the gateway's process, behind what the test itself sets. */
  get env(): Readonly<Record<string, string>> {
    return {
      MCP_META_LOG_LEVEL: "trace",
      MCP_META_SECRET_CANARY_HEADER: this.#canaries.secretVariable,
      MCP_META_AUDIT_WEBHOOK_SECRET: this.#canaries.webhookSecret,
      CANARY_TOKEN: this.#canaries.variable,
    }
  }

  /** Where all output of the process goes. */
  get transcript(): string {
    return join(this.place, "output")
  }

  async putSecrets(gatewayFolder: string): Promise<void> {
    const secrets = join(gatewayFolder, "data", "secrets")
    await mkdir(secrets, { recursive: true, mode: 0o700 })
    await writeFile(join(secrets, "CANARY_FILE"), this.#canaries.secretFile, { mode: 0o600 })
  }

  /** A definition with canaries where it has secrets. */
  dress(definition: unknown): unknown {
    if (typeof definition !== "object" || definition === null) return definition
    const { env, headers } = definition as { readonly env?: object; readonly headers?: object }
    const variables = { CANARY_SECRET: "${secret:CANARY_FILE}", CANARY_OTHER: "${env:CANARY_TOKEN}" }
    if ("command" in definition) return { ...definition, env: { ...env, ...variables } }
    const header = { "x-canary-token": "${secret:CANARY_HEADER}" }
    return "url" in definition || "endpoints" in definition
      ? { ...definition, headers: { ...headers, ...header } }
      : definition
  }

  /** @returns the URL under which all that is answered is kept */
  async front(url: string): Promise<string> {
    const recorder = await startReplyRecorder(url, join(this.place, "replies"))
    this.#recorders.push(recorder)
    return recorder.url
  }

  /**
   * What anybody on the machine sees of the gateway and its children, what each of these sees of itself, and what is in
   * the files of a log that runs.
   */
  async look(pid: number, gatewayFolder: string): Promise<void> {
    await cp(join(gatewayFolder, "data", "audit"), join(this.place, "running"), { recursive: true })
    const names = childNames(gatewayFolder)
    for (const each of descendantsOf(pid)) {
      const name = names.get(each) ?? "gateway"
      const folder = join(this.place, "processes", name, String(each))
      mkdirSync(folder, { recursive: true })
      for (const file of ["cmdline", "environ", "coredump_filter"])
        keepFile(`/proc/${each}/${file}`, join(folder, file))
    }
  }

  async keep(gatewayFolder: string): Promise<void> {
    await Promise.all(this.#recorders.map((recorder) => recorder.close()))
    await cp(gatewayFolder, join(this.place, "folder"), {
      recursive: true,
      filter: (from) => !from.endsWith(".sock"),
    })
    await rm(gatewayFolder, { recursive: true, force: true })
  }
}

function childNames(gatewayFolder: string): ReadonlyMap<number, string> {
  try {
    const text = readFileSync(join(gatewayFolder, "data", "children.json"), "utf8")
    const { children } = JSON.parse(text) as { children: { pid: number; name: string }[] }
    return new Map(children.map(({ pid, name }) => [pid, name]))
  } catch {
    return new Map()
  }
}

function descendantsOf(pid: number): readonly number[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
  )
  const found = [pid]
  for (const each of found)
    found.push(...[...parents].filter(([, parent]) => parent === each).map(([child]) => child))
  return found
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1])
  } catch {
    return 0
  }
}

function keepFile(from: string, to: string): void {
  try {
    writeFileSync(to, readFileSync(from))
  } catch {
    // It has ended meanwhile.
  }
}
