/**
 * The real servers of the journeys: those from npm that users have, and ours for the transports that none of them
 * speaks. Each runs twice over, behind a gateway and directly, so that the answers can be compared.
 */
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Agent, fetch as undiciFetch } from "undici"
import { root, start, urlIn, type Running } from "../support/process.ts"
import { freePort } from "./free-port.ts"
import { httpPipe } from "./http-pipe.ts"
import type { Pipe } from "./peer.ts"
import { ssePipe } from "./sse-pipe.ts"
import { stdioPipe, type Program } from "./stdio-pipe.ts"
import { webSocketPipe } from "./websocket-pipe.ts"

export type RealService = {
  readonly definition: object
  readonly kind: "everything" | "filesystem" | "memory" | "journey"
  openDirect(): Promise<Pipe>
}

export type RealServices = {
  readonly services: Readonly<Record<string, RealService>>
  readonly filesFolder: string
  close(): Promise<void>
}

const npm = (name: string): string => join(root, "node_modules/@modelcontextprotocol", name, "dist/index.js")

/** @param folder of this test's own */
export async function startRealServices(folder: string): Promise<RealServices> {
  const filesFolder = join(folder, "files")
  await mkdir(filesFolder)
  const socketPath = join(folder, "journey.sock")
  const [http, sse, unix, webSocket] = await Promise.all([
    startEverything("streamableHttp", "/mcp"),
    startEverything("sse", "/sse"),
    start({ args: ["test/fixtures/unix-socket-server.ts", socketPath], ready: /^listening / }),
    start({ args: ["test/fixtures/websocket-server.ts"], env: { PORT: "0" }, ready: /^listening / }),
  ])
  const webSocketUrl = urlIn(webSocket.line)
  const memory = (file: string): Program => ({
    args: [npm("server-memory")],
    env: { MEMORY_FILE_PATH: join(folder, file) },
  })
  const running = [http.running, sse.running, unix, webSocket]
  return {
    filesFolder,
    services: {
      "everything-stdio": overStdio("everything", { args: [npm("server-everything"), "stdio"] }),
      "everything-http": {
        kind: "everything",
        definition: { url: http.url },
        openDirect: async () => httpPipe(http.url),
      },
      "everything-sse": {
        kind: "everything",
        definition: { type: "sse", url: sse.url },
        openDirect: () => ssePipe(sse.url),
      },
      filesystem: overStdio("filesystem", { args: [npm("server-filesystem"), filesFolder] }),
      memory: overStdio("memory", memory("behind.jsonl"), memory("direct.jsonl")),
      socket: {
        kind: "journey",
        definition: { url: `unix://${socketPath}:/mcp` },
        openDirect: async () => socketPipe(socketPath),
      },
      websocket: {
        kind: "journey",
        definition: { url: webSocketUrl },
        openDirect: () => webSocketPipe(webSocketUrl),
      },
    },
    close: async () => void (await Promise.all(running.map((each) => each.stop("SIGKILL")))),
  }
}

/** The files that the calls of the filesystem server expect. `still.txt` is never touched again. */
export async function layOutFiles(folder: string): Promise<void> {
  await mkdir(join(folder, "notes"))
  await writeFile(join(folder, "notes/a.txt"), "first\nsecond\nthird\n")
  await writeFile(join(folder, "notes/pixel.png"), Buffer.from("iVBORw0KGgo=", "base64"))
}

function overStdio(kind: RealService["kind"], behind: Program, direct = behind): RealService {
  return { kind, definition: { command: "node", ...behind }, openDirect: async () => stdioPipe(direct) }
}

function socketPipe(socketPath: string): Pipe {
  const dispatcher = new Agent({ connect: { socketPath } })
  const reach = (url: string, init: RequestInit): unknown => undiciFetch(url, { ...init, dispatcher } as never)
  return httpPipe("http://localhost/mcp", {}, { fetch: reach as typeof fetch })
}

/** Takes a port that was free a moment ago, since the server says neither which it got nor takes 0 for any. */
async function startEverything(mode: string, path: string): Promise<{ running: Running; url: string }> {
  const port = await freePort()
  const args = ["-r", join(root, "test/fixtures/loopback.cjs"), npm("server-everything"), mode]
  const running = await start({ args, env: { PORT: String(port) }, ready: /listening on port|running on port/ })
  return { running, url: `http://127.0.0.1:${port}${path}` }
}
