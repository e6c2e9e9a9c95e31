/**
 * What the gateway may not read or write: `unshare -U node without-rights.ts` prints the figures. There even root has no
 * more rights than the modes of its files give it.
 */

import { damageFigures, type Damage } from "./damage.ts"
import { harm, together } from "./harm.ts"

const log = "data/audit/log.db"
const modes = { unreadable: 0o000, readable: 0o400, closed: 0o500, whole: 0o700 }

const unwritable = /audit\/log\.db in the data folder cannot be opened or written; check its owner, its mode/

const damages: readonly Damage[] = [
  {
    what: "the data folder is read-only",
    harm: harm.mode("data", modes.closed),
    refused: /data folder .+ cannot be read and written \(EACCES\); give the gateway.s user the right to/,
  },
  {
    what: "state.json cannot be read",
    harm: harm.mode("data/state.json", modes.unreadable),
    refused: /state\.json .*EACCES/,
  },
  {
    what: "a key cannot be read",
    harm: harm.mode("data/keys/audit.key", modes.unreadable),
    refused: /keys\/audit\.key .*EACCES/,
  },
  { what: "log.db is read-only", harm: harm.mode(log, modes.readable), refused: unwritable },
  {
    what: "the folder of the log is read-only",
    of: "killed",
    harm: together(harm.remove(`${log}-shm`), harm.mode("data/audit", modes.closed)),
    refused: unwritable,
  },
  { what: "the folder of lists is read-only", harm: harm.mode("data/lists", modes.closed) },
  { what: "the folder of services is read-only", harm: harm.mode("servers.d", modes.closed) },
]

const folders = ["data", "data/audit", "data/lists", "servers.d"]

/** Else the folder could not be removed. */
function undone(damage: Damage): Damage {
  const open = together(...folders.map((name) => harm.mode(name, modes.whole)))
  return {
    ...damage,
    harm: async (folder) => {
      await damage.harm(folder)
      return () => open(folder)
    },
  }
}

console.log(JSON.stringify(await damageFigures("files without rights", damages.map(undone))))
