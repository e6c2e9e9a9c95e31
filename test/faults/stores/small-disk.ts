/**
 * STO-07 and STO-11: the disk of the state and that of the services' files is full, or can only be read, while the audit
 * log is well. `unshare -Urm node small-disk.ts` prints the figures. What is answered with an error is not there, then
 * or later; what is answered well is there after a restart; and nothing has to be started anew when the cause has gone.
 */

import { execFileSync } from "node:child_process"
import { mkdir, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { root, start } from "../../support/process.ts"
import { rest } from "../../support/rest.ts"
import { openIn, type Opened } from "./opened.ts"

type Cause = { readonly what: string; begin(disk: string): Promise<() => Promise<unknown>>; readonly says: RegExp }
type Write = { readonly path: string; readonly body: (name: string) => object; readonly disk: string }

const full: Cause = {
  what: "full",
  says: /full/,
  begin: async (disk) => {
    const script = join(root, "test/faults/audit/filler.ts")
    const filler = await start({ args: [script, join(disk, "filler")], ready: /^full$/ })
    return () => filler.stop("SIGTERM")
  },
}

const readOnly: Cause = {
  what: "read-only",
  says: /can only be read|read-only/i,
  begin: async (disk) => {
    mount("-o", "remount,ro", disk)
    return async () => mount("-o", "remount,rw", disk)
  },
}

const writes: readonly Write[] = [
  { disk: "data", path: "/principals", body: (name) => ({ name, kind: "agent", grants: {} }) },
  { disk: "servers.d", path: "/services", body: (name) => ({ name, url: "http://127.0.0.1:1/mcp" }) },
]

const violations: string[] = []
const figures = { causes: 0, "writes refused": 0, "writes answered": 0, "lost or made all the same": 0 }
const folder = await mkdtemp(join(tmpdir(), "mcp-meta-disk-"))
try {
  await run()
} finally {
  for (const disk of ["data/audit", "data", "servers.d"]) execFileSync("umount", ["--lazy", join(folder, disk)])
  await rm(folder, { recursive: true, force: true })
}
console.log(JSON.stringify({ suite: "a disk that is full or read-only", figures, violations }))

async function run(): Promise<void> {
  await makeDisks()
  const answered = new Map(writes.map(({ path }) => [path, [] as string[]]))
  let opened = await openIn(folder)
  for (const cause of [full, readOnly])
    for (const write of writes) {
      figures.causes += 1
      const names = answered.get(write.path) ?? []
      await endure(opened, cause, { write, names })
      await opened.close()
      opened = await openIn(folder)
      await compare(opened, write, names)
    }
  await opened.close()
}

type Course = { readonly write: Write; readonly names: string[] }

async function endure(opened: Opened, cause: Cause, { write, names }: Course): Promise<void> {
  const way = `${write.disk} is ${cause.what}`
  const attempt = (name: string) => rest(opened, "POST", write.path, write.body(`n${figures.causes}-${name}`))
  await expectAnswer(await attempt("before"), `n${figures.causes}-before`, names)
  const end = await cause.begin(join(folder, write.disk))
  try {
    const { status, body } = await attempt("meanwhile")
    const said = JSON.stringify(body)
    if (status < 400) violations.push(`${way}: the write was answered with ${status}`)
    if (!cause.says.test(said)) violations.push(`${way}: it says ${said}`)
    figures["writes refused"] += 1
    await compare(opened, write, names)
  } finally {
    await end()
  }
  await expectAnswer(await attempt("after"), `n${figures.causes}-after`, names)
}

async function expectAnswer(
  { status, body }: { readonly status: number; readonly body: unknown },
  name: string,
  names: string[],
): Promise<void> {
  if (status >= 400) violations.push(`${name} was refused: ${JSON.stringify(body)}`)
  else names.push(name)
  figures["writes answered"] += 1
}

/** What is listed is what was answered well, no more and no less. */
async function compare(opened: Opened, { path }: Write, names: readonly string[]): Promise<void> {
  const { body } = await rest(opened, "GET", path)
  const listed = [...JSON.stringify(body).matchAll(/"name":"(n\d[^"]*)"/g)].map(([, name]) => name)
  const odd = [...new Set([...listed, ...names])].filter(
    (name) => !listed.includes(name) || !names.includes(name ?? ""),
  )
  figures["lost or made all the same"] += odd.length
  if (odd.length > 0) violations.push(`${path} differs in ${odd.join(", ")}`)
}

/** Small ones of their own for the state and for the services; the log stays where there is room. */
async function makeDisks(): Promise<void> {
  const log = join(folder, "log")
  for (const name of ["data", "servers.d", "log"]) await mkdir(join(folder, name), { mode: 0o700 })
  for (const disk of ["data", "servers.d"])
    mount("-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", join(folder, disk))
  await mkdir(join(folder, "data/audit"), { mode: 0o700 })
  mount("--bind", log, join(folder, "data/audit"))
}

function mount(...args: readonly string[]): void {
  execFileSync("mount", [...args], { stdio: ["ignore", "ignore", "inherit"] })
}
