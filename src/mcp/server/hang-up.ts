/**
 * Whether the client of one response has gone before it was answered. Most calls end before anybody wants to hear of
 * that, so the signal that tells is made only when it is first looked at.
 */

import type { ServerResponse } from "node:http"
import { GatewayError } from "../../errors.ts"

export class HangUp {
  readonly #response: ServerResponse
  #controller: AbortController | undefined
  #gone = false

  constructor(response: ServerResponse) {
    this.#response = response
    if (response.destroyed) this.#gone = true
    else response.on("close", this.#onClose)
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#gone) this.#abort()
    }
    return this.#controller.signal
  }

  readonly #onClose = (): void => {
    if (this.#response.writableFinished) return
    this.#gone = true
    this.#abort()
  }

  #abort(): void {
    this.#controller?.abort(new GatewayError("invalid", "The client closed the stream."))
  }
}
