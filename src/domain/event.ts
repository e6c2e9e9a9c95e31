/**
 * What happened in the gateway that somebody may be waiting for: clients that listen for list changes, the event
 * stream of the REST door, an operator's screen.
 */

export type GatewayEvent =
  /** The compiled lists were swapped, because of what that service offers. */
  | { readonly type: "catalog"; readonly service?: string }
  /** A service came, went, or changed its state. */
  | { readonly type: "service"; readonly service: string; readonly state: string }
  /** Of a service, where its name is known. */
  | { readonly type: "issues"; readonly service?: string }
  /** Principals, keys or grants changed. */
  | { readonly type: "identity" }
  /** A policy was set or removed, or the time that one speaks of has begun or ended. */
  | { readonly type: "policies" }
  /** A quota was set or removed; or, with the percentage, it is used as far as somebody wants to be told of. */
  | { readonly type: "quotas"; readonly quota?: string; readonly percent?: number; readonly principalId?: string }
  /** A plan was made, decided on, applied, or has expired. */
  | { readonly type: "plans" }
  /** A checkpoint was signed, or entries can no longer, or again, be recorded. */
  | { readonly type: "audit"; readonly stream: string; readonly seq: number; readonly trouble?: string }

  /** The gateway refuses more, or less, than before: domain/overload.ts. */
  | { readonly type: "load"; readonly level: number }

export interface Events {
  publish(event: GatewayEvent): void
  /** @returns ends the subscription */
  subscribe(listener: (event: GatewayEvent) => void): () => void
}
