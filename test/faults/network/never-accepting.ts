/** A listener whose process has stopped: the system takes the first connections for it, and lets the others wait. */

import { join } from "node:path"
import { root, start, urlIn } from "../../support/process.ts"

export type NeverAccepting = { readonly port: number; close(): Promise<void> }

export async function startNeverAccepting(): Promise<NeverAccepting> {
  const listener = await start({
    args: [join(root, "test/faults/network/listen-and-stop.ts")],
    ready: /^listening /,
  })
  return {
    port: Number(new URL(urlIn(listener.line)).port),
    close: async () => void (await listener.stop("SIGKILL")),
  }
}
