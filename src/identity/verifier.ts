/**
 * Checks secrets against their slow hashes, as seldom as can be: what was right is remembered for as long as its hash
 * stands, what was wrong for a minute, and the same question asked twice at once is answered once. How many are
 * checked at a time is bounded, apart for keys and for passwords, so that guessing at one does not stop the other.
 */

import { hash } from "node:crypto"
import { bulkhead, isBulkheadRejectedError } from "cockatiel"
import { GatewayError } from "../errors.ts"
import { Backoff } from "./backoff.ts"
import type { Claim } from "./credential.ts"
import { matchesPassword } from "./password.ts"
import { Recent } from "./recent.ts"
import { matchesSlowly } from "./slow-hash.ts"

const maxRemembered = 10_000
const wrongForMs = 60_000
/** Of each kind. Each check occupies one of Node's four threads for file and crypto work. */
const maxAtOnce = 2
const maxWaiting = 64

export class Verifier {
  readonly #pepper: string
  readonly #now: () => number
  readonly #backoff = new Backoff()
  /** By digest of the claim: the hash that it matched. */
  readonly #right = new Recent<string>(maxRemembered)
  readonly #wrong = new Recent<{ readonly hash: string; readonly untilMs: number }>(maxRemembered)
  readonly #open = new Map<string, Promise<boolean>>()
  readonly #gates = { key: bulkhead(maxAtOnce, maxWaiting), password: bulkhead(maxAtOnce, maxWaiting) }

  constructor(pepper: Buffer, now: () => number) {
    this.#pepper = pepper.toString("base64")
    this.#now = now
  }

  /** Never a secret itself, and of no use to whoever does not know this process's pepper. */
  digest(claim: Claim): string {
    const subject = claim.kind === "key" ? "" : claim.name
    return hash("sha256", `${this.#pepper} ${claim.kind} ${subject} ${claim.secret}`, "base64")
  }

  /** Whether this claim has matched this very hash before. */
  recalls(digest: string, kept: string | undefined): boolean {
    return kept !== undefined && this.#right.get(digest) === kept
  }

  /** Somebody else has found it to match. */
  remember(digest: string, kept: string): void {
    this.#right.set(digest, kept)
  }

  /**
   * @param kept undefined where there is nothing to match, which takes as long to find out
   * @throws GatewayError `unauthenticated` with `retryAfterMs` after too many failures; `overloaded`
   */
  async matches(claim: Claim, digest: string, kept: string | undefined): Promise<boolean> {
    this.#backoff.assertMayTry(subjectOf(claim), this.#now())
    if (this.#isKnownWrong(digest, kept)) {
      this.#backoff.fail(subjectOf(claim), this.#now())
      return false
    }
    const question = `${digest} ${kept ?? ""}`
    const asked =
      this.#open.get(question) ?? this.#ask(claim, digest, kept).finally(() => this.#open.delete(question))
    this.#open.set(question, asked)
    return asked
  }

  async #ask(claim: Claim, digest: string, kept: string | undefined): Promise<boolean> {
    try {
      return await this.#gates[claim.kind].execute(() => this.#check(claim, digest, kept))
    } catch (thrown) {
      if (!isBulkheadRejectedError(thrown)) throw thrown
      throw new GatewayError("overloaded", "Too many credentials are being checked; try again in a second.", {
        retryAfterMs: 1_000,
      })
    }
  }

  async #check(claim: Claim, digest: string, kept: string | undefined): Promise<boolean> {
    const subject = subjectOf(claim)
    this.#backoff.assertMayTry(subject, this.#now()) // others may have failed while this one waited
    this.#backoff.fail(subject, this.#now())
    const isRight = await (claim.kind === "key"
      ? matchesKey(kept, claim.secret)
      : matchesPassword(kept, claim.secret))
    if (isRight && kept !== undefined) {
      this.#backoff.succeed(subject)
      this.#right.set(digest, kept)
    } else {
      this.#wrong.set(digest, { hash: kept ?? "", untilMs: this.#now() + wrongForMs })
    }
    return isRight
  }

  #isKnownWrong(digest: string, kept: string | undefined): boolean {
    const wrong = this.#wrong.get(digest)
    return wrong !== undefined && wrong.hash === (kept ?? "") && this.#now() < wrong.untilMs
  }
}

/** An id of 71 random bits that nobody has tells nothing, so it costs nothing either. */
async function matchesKey(kept: string | undefined, secret: string): Promise<boolean> {
  return kept !== undefined && matchesSlowly(kept, secret)
}

function subjectOf(claim: Claim): string {
  return claim.kind === "key" ? `key ${claim.id}` : `name ${claim.name}`
}
