/**
 * The pool of undici, and of undici nothing else: whole, it brings `fetch`, caches and mocks, 4 MB of heap and a fifth
 * of the time to start. What its index adds to the class (`request`, `stream`) is not there.
 */

import { createRequire } from "node:module"
import type { Pool } from "undici"

export type DispatchPool = Pick<Pool, "dispatch" | "destroy">
type PoolClass = new (origin: string, options: Pool.Options) => DispatchPool

const loaded: unknown = createRequire(import.meta.url)("undici/lib/dispatcher/pool.js")

export const DispatchPool = loaded as PoolClass
