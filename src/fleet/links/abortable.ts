/** Waiting that ends when nobody wants the outcome any more. What was waited for goes on. */

/** @throws the signal's reason when it aborts first */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener("abort", stop, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

/** Resolves after the time or when the signal aborts, whichever comes first; keeps no process alive. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = (): void => {
    clearTimeout(timer)
    signal.removeEventListener("abort", stop)
    resolve()
  }
  const timer = setTimeout(stop, ms).unref()
  signal.addEventListener("abort", stop, { once: true })
  if (signal.aborted) stop()
  return promise
}
