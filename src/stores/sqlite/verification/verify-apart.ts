/** Has the log verified without making anyone wait: the main thread's end of verify-thread.ts. */

import type { Verdict } from "../../../domain/audit/verdict.ts"
import { GatewayError } from "../../../errors.ts"
import { startThread } from "../start-thread.ts"
import type { VerifyFolder } from "./verify-folder.ts"

/** Rejects with the signal's reason when that is aborted. */
export async function verifyApart(asked: VerifyFolder, signal: AbortSignal): Promise<Verdict> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<Verdict>()
  const worker = startThread({
    file: "verify-thread",
    from: import.meta.url,
    name: "audit-verify",
    workerData: asked,
  })
  const stop = (): void => reject(signal.reason)
  signal.addEventListener("abort", stop, { once: true })
  worker.on("message", resolve)
  worker.on("error", (cause: unknown) => reject(failed(cause)))
  worker.on("exit", () => reject(failed()))
  try {
    return await promise
  } finally {
    signal.removeEventListener("abort", stop)
    await worker.terminate()
  }
}

function failed(cause?: unknown): GatewayError {
  return new GatewayError("internal", "The audit log could not be verified; the gateway's log has the cause.", {
    cause,
  })
}
