/** Listens with the shortest queue there is, says where, and stops itself: see never-accepting.ts. */

import { createServer, type AddressInfo } from "node:net"
import { writeSync } from "node:fs"

const server = createServer()
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
  writeSync(1, `listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
  process.kill(process.pid, "SIGSTOP")
})
