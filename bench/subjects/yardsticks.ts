/** Starts what the gateway is held against. What each is: its file in yardsticks/. */

import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { start, urlIn } from "../../test/support/process.ts"
import { subjectEnv } from "../measure/ask-subject.ts"
import { needed } from "../measure/programs.ts"
import type { Under } from "../measure/subject.ts"

export type Yardstick = Under & { readonly url: string; [Symbol.asyncDispose](): Promise<void> }

/** @param args after the script */
async function startOwn(script: string, ...args: readonly string[]): Promise<Yardstick> {
  const path = join(import.meta.dirname, "../yardsticks", script)
  const process = await start({ args: [path, ...args], env: subjectEnv, ready: /^listening / })
  return {
    process,
    saysDelay: true,
    url: urlIn(process.line),
    [Symbol.asyncDispose]: async () => void (await process.stop()),
  }
}

export const startBareProxy = (target: string): Promise<Yardstick> => startOwn("bare-proxy.ts", target)

export async function startRecordingProxy(target: string): Promise<Yardstick> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-recording-"))
  const proxy = await startOwn("recording-proxy.ts", target, folder)
  const stop = async (): Promise<void> => {
    await proxy[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...proxy, [Symbol.asyncDispose]: stop }
}

export const startNaiveGateway = (target: string): Promise<Yardstick> => startOwn("naive-gateway.ts", target)

export const startMultiplexer = (command: string, args: readonly string[]): Promise<Yardstick> =>
  startOwn("newline-multiplexer.ts", command, ...args)

export async function startNginx(target: string): Promise<Yardstick> {
  const folder = await mkdtemp(join(tmpdir(), "mcp-meta-nginx-"))
  const port = await freePort()
  const config = join(folder, "nginx.conf")
  await writeFile(config, nginxConfig(folder, port, new URL(target)))
  const url = `http://127.0.0.1:${port}/mcp`
  const process = await start({
    command: await needed("nginx"),
    args: ["-c", config, "-p", folder, "-e", "stderr"],
    ready: /using the "epoll"/,
  })
  return {
    process,
    saysDelay: false,
    url,
    [Symbol.asyncDispose]: async () => {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** One process, as every Node process here has one thread of JavaScript. */
function nginxConfig(folder: string, port: number, { host, pathname, search }: URL): string {
  return `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  client_max_body_size 16m; client_body_buffer_size 8m; keepalive_requests 100000000;
  upstream service { server ${host}; keepalive 64; keepalive_requests 100000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://service${pathname}${search}; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}
