/**
 * What one service was told in confidence, and what may be quoted of it: where the gateway says why it cannot be
 * reached nothing that was filled in for it, in what the service answers no secret. What merely sets it up, a folder or
 * an address, belongs into its answers.
 */

import { isMixed, longWord, looksRandom } from "../../domain/audit/redaction/redact-looks.ts"
import { namesOf } from "../../domain/audit/redaction/redact-names.ts"
import type { PlaceholderLookup } from "../../domain/secrets/placeholder.ts"
import { SecretMask } from "../../domain/secrets/secret-mask.ts"
import { GatewayError } from "../../errors.ts"

type Source = Parameters<PlaceholderLookup>[0]

const names = namesOf([])
const scheme = /^(?:Bearer|Basic|Token|ApiKey|Digest)\s+/i

export class Confided {
  /** Left out of the gateway's own errors, and of what programs write beside their answers. */
  readonly inErrors = new SecretMask()
  /** Left out of all that the service answers, asks and tells. */
  readonly inAnswers = new SecretMask()

  /** What a placeholder stands for. Variables of the gateway's environment are not all secrets. */
  addPlaceholder(source: Source, name: string, value: string): void {
    this.inErrors.add(value)
    if (source === "secret" || looksRandom(value)) this.inAnswers.add(value)
    else this.addNamed(name, value)
  }

  /** A variable or a header as the service gets it. */
  addNamed(name: string, value: string): void {
    const secret = value.replace(scheme, "")
    if (names.isSecret(name)) this.#addFound(secret)
  }

  /** All that a program finds in its environment. */
  addVariable(name: string, value: string): void {
    this.inErrors.add(value)
    this.addNamed(name, value)
  }

  addUrl(url: string): void {
    const parsed = URL.parse(url)
    if (!parsed) return
    const { password, searchParams } = parsed
    for (const spelt of new Set([password, decoded(password)])) this.#addFound(spelt)
    for (const [name, value] of searchParams) this.addNamed(name, value)
  }

  error(error: GatewayError): GatewayError {
    const message = this.inErrors.text(error.message)
    if (message === error.message) return error
    const { code, detail, retryAfterMs, next } = error
    return new GatewayError(code, message, {
      detail,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(next && { next }),
    })
  }

  /** A password such as "postgres" is a word as well, and answers may be full of it. */
  #addFound(secret: string): void {
    this.inErrors.add(secret)
    if (secret.length >= longWord || isMixed(secret)) this.inAnswers.add(secret)
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
