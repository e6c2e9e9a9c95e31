/**
 * What happened in the gateway that somebody may be waiting for: clients that listen for list changes, the event
 * stream of the REST door, an operator's screen.
 */

export type GatewayEvent =
  /** The compiled lists were swapped. */
  | { readonly type: "catalog" }
  /** A service came, went, or changed its state. */
  | { readonly type: "service"; readonly service: string; readonly state: string }
  | { readonly type: "issues" }
  /** Principals, keys or grants changed. */
  | { readonly type: "identity" }

export interface Events {
  publish(event: GatewayEvent): void
  /** @returns ends the subscription */
  subscribe(listener: (event: GatewayEvent) => void): () => void
}
