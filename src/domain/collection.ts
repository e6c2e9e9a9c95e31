/**
 * How the gateway keeps its nouns, whatever keeps them: each value has an id and a version, and a change names the
 * version it was made from, so that of two changes made at once one is refused.
 */

export type Versioned = {
  readonly id: string
  /** 1 when inserted, one more with each replacement; the store counts. */
  readonly version: number
}

/** A value before the store has given it its version. */
export type Draft<T extends Versioned> = Omit<T, "version">

export type PageRequest = {
  /** `nextCursor` of the page before; opaque. */
  readonly cursor?: string
  /** 1 to `maxPageLength`. */
  readonly limit: number
}

export const maxPageLength = 1_000

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor?: string }

export type Change<T> =
  | { readonly kind: "kept"; readonly value: T }
  | { readonly kind: "removed"; readonly id: string }

/** Values in, values out: what is given may be changed afterwards, what is returned is frozen. */
export interface Collection<T extends Versioned> {
  find(id: string): Promise<T | undefined>
  /**
   * In the order of ids. What is inserted or removed between two pages may be missed; nothing comes twice.
   *
   * @throws GatewayError `invalid` for a cursor or a limit that cannot be
   */
  list(request: PageRequest): Promise<Page<T>>
  /** @throws GatewayError `conflict` where it exists, `invalid` where the value breaks its schema */
  insert(draft: Draft<T>): Promise<T>
  /**
   * @throws GatewayError `conflict` where the version is no longer `ifVersion`, `not_found` where it is gone,
   *   `invalid` where the value breaks its schema
   */
  replace(draft: Draft<T>, ifVersion: number): Promise<T>
  /** @throws GatewayError `conflict` where the version is no longer `ifVersion`, `not_found` where it is gone */
  remove(id: string, ifVersion: number): Promise<void>
  /**
   * Tells of each change in the order made, on this node before the promise of the change resolves. The listener
   * must not throw.
   *
   * @returns ends the watch
   */
  watch(listener: (change: Change<T>) => void): () => void
}
