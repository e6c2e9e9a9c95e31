/** Which services a folder defines already, for a command that adds to it without a gateway. */

import { readdir } from "node:fs/promises"
import { basename, join } from "node:path"
import { readServiceEntries } from "../../domain/services/service.ts"
import { readJsonFile } from "./client-file.ts"

/** The file of each service, by the service's name. A file that cannot be read holds at least the name that it has. */
export async function findServices(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json") && !file.startsWith("."))
  const names = await Promise.all(
    files.map(async (file) => (await namesIn(folder, file)).map((name) => [name, file] as const)),
  )
  return new Map(names.flat())
}

async function namesIn(folder: string, file: string): Promise<readonly string[]> {
  const stem = basename(file, ".json")
  try {
    return readServiceEntries(stem, await readJsonFile(join(folder, file))).map(
      ({ definition }) => definition.name,
    )
  } catch {
    return [stem]
  }
}
