/** STO-07 and LIF-05: what can be wrong with every file that a gateway keeps beside its audit log. */

import { join } from "node:path"
import { root, start } from "../../support/process.ts"
import type { Damage } from "./damage.ts"
import { harm } from "./harm.ts"

const state = "data/state.json"
const brokenState =
  /^state\.json in the data folder cannot be used .*(mend|restore).*begin with a new administrator/
const deadLock = "999999999 boot/1 x\n"
const fileSink = { "audit.file.path": "out.jsonl" }

const ofState: readonly Damage[] = [
  { what: "state.json is gone", harm: harm.remove(state), refused: /^state\.json is missing .*Restore it/ },
  { what: "state.json is empty", harm: harm.empty(state), refused: brokenState },
  { what: "state.json is cut in the middle", harm: harm.cut(state, 0.5), refused: brokenState },
  { what: "state.json has noise in the middle", harm: harm.noiseAt(state, 0.5, 20), refused: brokenState },
  { what: "state.json is of a later version", harm: harm.write(state, '{"format":2}'), refused: brokenState },
  { what: "state.json is a folder", harm: harm.folderInPlace(state), refused: brokenState },
  { what: "state.json may be written by all", harm: harm.mode(state, 0o666), refused: /chmod 600/ },
].map((damage) => ({ ...damage, file: "state.json" }))

const ofKeys: readonly Damage[] = ["keys/audit.key", "keys/audit.pub", "keys/audit.salt"].flatMap((file) => {
  const refused = new RegExp(
    `^${file.replaceAll(".", "\\.")} in the data folder cannot be used: .*(restore|chmod)`,
  )
  return [
    { what: `${file} is gone`, file, harm: harm.remove(`data/${file}`), refused },
    { what: `${file} is empty`, file, harm: harm.empty(`data/${file}`), refused: /(in the data folder|restore)/ },
    { what: `${file} may be read by all`, file, harm: harm.mode(`data/${file}`, 0o644), refused },
  ]
})

const ofLocks: readonly Damage[] = [
  { what: "another process holds the lock", harm: holdLock, refused: /The data folder is in use: process \d+/ },
  { what: "a lock of a dead process", harm: harm.write("data/state.lock", deadLock) },
  { what: "a dead lock over a dead lock", harm: harm.write("data/state.lock.removal", deadLock) },
  { what: "a lock that says nothing", harm: harm.write("data/state.lock", "") },
  {
    what: "gateway.json of a dead process",
    harm: harm.write("data/gateway.json", '{"url":"http://127.0.0.1:1","pid":9}'),
  },
  {
    what: "children.json of another boot",
    harm: harm.write("data/children.json", '{"bootId":"x","children":[]}'),
  },
]

const ofOthers: readonly Damage[] = [
  {
    what: "keys/seal.key is short",
    file: "keys/seal.key",
    harm: harm.cut("data/keys/seal.key", 0.5),
    refused: /seal\.key.*32 bytes; restore/,
  },
  { what: "children.json is no JSON", harm: harm.write("data/children.json", "{{") },
  { what: "children.json is a folder", harm: harm.folderInPlace("data/children.json"), refused: /children\.json/ },
  { what: "gateway.json is a folder", harm: harm.folderInPlace("data/gateway.json"), refused: /gateway\.json/ },
  { what: "the lists of a service are cut", harm: harm.cut("data/lists/made.json", 0.5) },
  { what: "the lists of a service are noise", harm: harm.noiseAt("data/lists/made.json", 0, 50) },
  { what: "the folder of lists is a file", harm: harm.fileInPlace("data/lists") },
  { what: "what a kill left of writes", harm: leaveTemporary },
  { what: "a hidden file half written in servers.d", harm: harm.write("servers.d/.made.json.1.tmp", '{"url":"') },
  { what: "the folder of services is a file", harm: harm.fileInPlace("servers.d"), refused: /folder of services/ },
  { what: "the folder of the log is a file", harm: harm.fileInPlace("data/audit"), refused: /audit/ },
  {
    what: "sinks.json is no JSON",
    flags: fileSink,
    file: "audit/sinks.json",
    harm: harm.write("data/audit/sinks.json", "{{"),
    refused: /sinks\.json .*Restore it/,
  },
  { what: "sinks.json half written", flags: fileSink, harm: harm.write("data/audit/sinks.json.new", "{{") },
]

export const stateDamages: readonly Damage[] = [...ofState, ...ofKeys, ...ofLocks, ...ofOthers]

/** By the store itself, in a process of its own. */
async function holdLock(folder: string): Promise<() => Promise<unknown>> {
  const script = join(root, "test/faults/stores/lock-holder.ts")
  const holder = await start({ args: [script, join(folder, "data")], ready: /^held$/ })
  return () => holder.stop("SIGKILL")
}

async function leaveTemporary(folder: string): Promise<void> {
  for (const name of ["state.json.1.tmp", "keys/audit.pub.1.tmp", "lists/made.json.1.tmp", "gateway.json.tmp"])
    await harm.write(`data/${name}`, '{"half":')(folder)
}
