/**
 * `mcp-meta import`: the services of a client's file as files of our own. They are read as data; nothing is started,
 * and no gateway needs to run.
 */

import { link, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { makeFolder } from "../../durable-file.ts"
import { readServiceEntries, type ServiceDefinition } from "../../domain/services/service.ts"
import { visibleLine } from "../../domain/visible-text.ts"
import { GatewayError } from "../../errors.ts"
import { operations } from "../../operations/index.ts"
import { findEntries, readJsonFile, type ClientEntry } from "./client-file.ts"
import { exitCodes, type Run } from "./commands.ts"
import { findServices } from "./services-folder.ts"
import { complain, print } from "./screen.ts"

export const importServices: Run = async ({ load }, flags, command) => {
  const { servers } = (await load(flags)).config
  const force = command.opts<{ readonly force?: true }>().force === true
  const entries = findEntries(await readJsonFile(command.args[0] ?? ""))
  await makeFolder(servers).catch((cause: unknown) => {
    const why = (cause as NodeJS.ErrnoException).code ?? "unknown"
    throw new GatewayError(
      "invalid",
      `The folder ${servers} cannot be made (${why}); choose another with --servers.`,
      { cause },
    )
  })
  let refused = 0
  for (const entry of entries) {
    try {
      print(visibleLine(await importOne(entry, servers, force ? "replace" : "keep")))
    } catch (thrown) {
      refused += 1
      complain(GatewayError.from(thrown).message)
    }
  }
  return refused > 0 ? exitCodes.notFine : exitCodes.fine
}

/** @returns what was done. @throws GatewayError `invalid`, `conflict` */
async function importOne(
  { name, entry }: ClientEntry,
  folder: string,
  existing: "replace" | "keep",
): Promise<string> {
  const [read] = readServiceEntries(ownName(name), entry)
  const own = read?.definition.name ?? ""
  if (operations.some((operation) => operation.name === own)) {
    throw new GatewayError("conflict", `${own} is the name of an operation; give the service another.`)
  }
  const file = `${own}.json`
  const holder = (await findServices(folder)).get(own)
  if (holder !== undefined && (existing === "keep" || holder !== file)) {
    const remedy = holder === file ? "use --force to replace it" : "change it there"
    throw new GatewayError("conflict", `${own} is already in ${join(folder, holder)}; ${remedy}.`)
  }
  await writeWhole(join(folder, file), `${JSON.stringify(entry, undefined, 2)}\n`, existing)
  const clear = read ? secretsInClear(read.definition) : []
  const note = `(${clear.join(", ")} in clear; better in data/secrets, as \${secret:NAME})`
  return [`${own} -> ${join(folder, file)}`, ...(clear.length > 0 ? [note] : [])].join(" ")
}

/** Names of variables and headers whose values look like secrets and stand in the file itself. */
function secretsInClear(definition: ServiceDefinition): string[] {
  const given = Object.entries(definition.type === "stdio" ? definition.env : definition.headers)
  const isSecret = /key|token|secret|pass|auth|credential|cookie/i
  return given.filter(([name, value]) => isSecret.test(name) && !value.includes("${")).map(([name]) => name)
}

/** Clients allow any text. */
function ownName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replaceAll(/_{2,}/g, "_")
  return plain.replaceAll(/^[_-]+|_+$/g, "").slice(0, 48)
}

/** So that a gateway that watches the folder never sees half of it; only its owner may read what may hold a token. */
async function writeWhole(file: string, text: string, existing: "replace" | "keep"): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  await writeFile(temporary, text, { mode: 0o600, flag: "wx" })
  try {
    await (existing === "replace" ? rename(temporary, file) : link(temporary, file))
  } catch (cause) {
    throw new GatewayError("conflict", `${file} cannot be written; is there such a file already?`, { cause })
  } finally {
    await rm(temporary, { force: true })
  }
}
