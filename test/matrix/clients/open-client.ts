/** Opens a client of the matrix on a gateway. */
import type { ClientKind } from "../cells.ts"
import type { Door, Driver } from "../driver.ts"
import { openNewSdk } from "./new-sdk.ts"
import { openOldSdk } from "./old-sdk.ts"
import { openRaw } from "./raw.ts"

export function openClient({ library, era, revision }: ClientKind, door: Door): Promise<Driver> {
  if (library === "sdk-1") return openOldSdk(door)
  if (library === "sdk-2") return openNewSdk(door, era)
  return openRaw(door, revision)
}
