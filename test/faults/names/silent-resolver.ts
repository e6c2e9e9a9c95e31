/**
 * A gateway whose system asks a resolver that never answers for some names: `unshare -m node silent-resolver.ts`, as
 * root, prints the figures. Needs mounts of its own, for /etc/resolv.conf, and port 53 of an address of this machine.
 */

import { execFileSync } from "node:child_process"
import { createSocket, type Socket } from "node:dgram"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { eventually } from "../../journeys/eventually.ts"
import { bearer, httpPipe } from "../../journeys/http-pipe.ts"
import { openPeer } from "../../journeys/peer.ts"
import { startService } from "../../journeys/scripted-service.ts"
import { startGateway } from "../../support/gateway.ts"
import type { Figures } from "../figures.ts"

const resolver = "127.0.0.99"
const silentServices = 12
const rounds = 3
/** Until all that is silent has been found to be. */
const laterMs = 6_000
const soonMs = 3_000

/** Answers every name with this machine, and those that begin with `silent` never. */
async function answerNames(): Promise<Socket> {
  const socket = createSocket("udp4")
  socket.on("message", (asked, { port, address }) => {
    const end = asked.indexOf(0, 12) + 1
    if (asked.subarray(13, end).toString("latin1").startsWith("silent")) return
    const isV4 = asked.readUInt16BE(end) === 1
    const answer = Buffer.from(asked.subarray(0, end + 4))
    answer.set([0x81, 0x80, 0, 1, 0, isV4 ? 1 : 0, 0, 0, 0, 0], 2)
    const here = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1])
    socket.send(isV4 ? Buffer.concat([answer, here]) : answer, port, address)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject)
    socket.bind(53, resolver, resolve)
  })
  return socket
}

const folder = await mkdtemp(join(tmpdir(), "mcp-meta-names-"))
const file = join(folder, "resolv.conf")
await writeFile(file, `nameserver ${resolver}\n`)
execFileSync("mount", ["--bind", file, "/etc/resolv.conf"])
const names = await answerNames()
const service = await startService({ tools: [{ name: "work" }] })
const at = (name: string): object => ({ url: service.url.replace("127.0.0.1", `${name}.test`) })
const silent = Array.from({ length: silentServices }, (_, index) => [`s${index}`, at(`silent${index}`)] as const)
const gateway = await startGateway({ services: { ...Object.fromEntries(silent), known: at("known") } })
try {
  const peer = await openPeer(httpPipe(gateway.url, bearer(gateway.key)))
  const usableMs = (name: string): Promise<number> =>
    eventually(`${name} is called`, async () => (await peer.tool(`${name}__work`)).result !== undefined, 60_000)
  const firstMs = await usableMs("known")
  await sleep(laterMs)
  const laterAllMs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await gateway.drop(`new${round}`, at(`new${round}`))
    laterAllMs.push(await usableMs(`new${round}`))
  }
  const worstMs = Math.max(firstMs, ...laterAllMs)
  const figures: Figures = {
    suite: "names that nobody answers for",
    figures: { "silent services": silentServices, "first usable after ms": firstMs, "worst of all ms": worstMs },
    violations: worstMs > soonMs ? [`A service whose name is known was not usable for ${worstMs} ms.`] : [],
  }
  process.stdout.write(JSON.stringify(figures))
  await peer.close()
} finally {
  await gateway.stop()
  await service.close()
  names.close()
  execFileSync("umount", ["/etc/resolv.conf"])
  await rm(folder, { recursive: true })
}
