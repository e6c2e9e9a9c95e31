/** How a verification stops: thrown by a check, caught by who runs it, who then shows the damage. */

import type { Damage } from "../verdict.ts"

export class DamageFound extends Error {
  readonly damage: Damage

  constructor(kind: Damage["kind"], at: { readonly stream: string; readonly seq: number }, message: string) {
    super(message)
    this.name = "DamageFound"
    this.damage = { stream: at.stream, seq: at.seq, kind, message }
  }
}
