/** A gateway in this process, on a folder that a suite has prepared: cheap enough to be opened a hundred times. */

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { loadConfig } from "../../../src/config.ts"
import { openGateway } from "../../../src/gateway.ts"
import { createLog } from "../../../src/log.ts"

export type Opened = {
  readonly origin: string
  readonly key: string
  close(): Promise<void>
}

/** @throws GatewayError where it refuses to start */
export async function openIn(folder: string, flags: Readonly<Record<string, string>> = {}): Promise<Opened> {
  const { config } = await loadConfig({
    flags: {
      data: join(folder, "data"),
      servers: join(folder, "servers.d"),
      port: "0",
      "log.level": "silent",
      "audit.timeoutMs": "300",
      ...flags,
    },
    env: {},
    cwd: folder,
  })
  const gateway = await openGateway({ config, log: createLog(config.log), version: "1.2.3" })
  try {
    const { url } = await gateway.listen()
    return {
      origin: new URL(url).origin,
      key: (await readFile(join(folder, "data/admin.key"), "utf8")).trim(),
      close: () => gateway.close(),
    }
  } catch (thrown) {
    await gateway.close()
    throw thrown
  }
}
