/** What counting-service.ts has seen. */

import { readFile } from "node:fs/promises"

/** @returns the trace ids of the calls that reached it, in that order */
export async function readJournal(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch(() => "")
  return text.split("\n").filter((line) => line !== "")
}
