/** One kind of thing in the state file, behind the port that the domain has for it. */

import {
  maxPageLength,
  type Collection,
  type Draft,
  type Page,
  type PageRequest,
  type Versioned,
} from "../../domain/collection.ts"
import { listProblems } from "../../domain/describe-issues.ts"
import { GatewayError } from "../../errors.ts"
import type { StateFile } from "./state-file.ts"
import { byId, freeze, schemas, type Kind, type Kinds } from "./state.ts"

/** @throws GatewayError `conflict` where the value cannot stand beside the others */
type Check<T> = (value: T, others: readonly T[]) => void

export function jsonCollection<K extends Kind>(
  file: StateFile,
  kind: K,
  check: Check<Kinds[K]>,
): Collection<Kinds[K]> {
  const put = (value: Kinds[K], items: readonly Kinds[K][]) => {
    const others = items.filter(({ id }) => id !== value.id)
    check(value, others)
    return { items: Object.freeze([...others, value].sort(byId)), change: { kind: "kept", value } } as const
  }
  return {
    find: async (id) => file.items(kind).find((item) => item.id === id),
    list: async (request) => pageOf(file.items(kind), request),
    insert: async (draft) => {
      const value = read(kind, draft, 1)
      await file.update(kind, (items) => {
        if (items.some(({ id }) => id === value.id))
          throw new GatewayError("conflict", `${value.id} exists already.`)
        return put(value, items)
      })
      return value
    },
    replace: async (draft, ifVersion) => {
      const value = read(kind, draft, ifVersion + 1)
      await file.update(kind, (items) => {
        assertVersion(items, value.id, ifVersion)
        return put(value, items)
      })
      return value
    },
    remove: (id, ifVersion) =>
      file.update(kind, (items) => {
        assertVersion(items, id, ifVersion)
        return { items: Object.freeze(items.filter((item) => item.id !== id)), change: { kind: "removed", id } }
      }),
    watch: (listener) => file.watch(kind, listener),
  }
}

/** A frozen copy. Checked here, since a state file that breaks its schema is refused at the next start. */
function read<K extends Kind>(kind: K, draft: Draft<Kinds[K]>, version: number): Kinds[K] {
  const result = schemas[kind].safeParse({ ...draft, version })
  if (result.success) return freeze(result.data)
  const problems = listProblems(result.error.issues, schemas[kind])
  throw new GatewayError("invalid", `This cannot be kept. ${problems.join("; ")}`)
}

function assertVersion(items: readonly Versioned[], id: string, ifVersion: number): void {
  const version = items.find((item) => item.id === id)?.version
  if (version === undefined) throw new GatewayError("not_found", `${id} does not exist.`)
  if (version !== ifVersion) {
    throw new GatewayError("conflict", `${id} has changed meanwhile; read it again.`, { detail: { version } })
  }
}

function pageOf<T extends { readonly id: string }>(items: readonly T[], { cursor, limit }: PageRequest): Page<T> {
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPageLength) {
    throw new GatewayError("invalid", `limit must be 1 to ${maxPageLength}.`)
  }
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const rest = after === undefined ? items : items.filter(({ id }) => id > after)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return rest.length > limit && last ? { items: page, nextCursor: writeCursor(last.id) } : { items: page }
}

function writeCursor(id: string): string {
  return Buffer.from(id).toString("base64url")
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, "base64url").toString()
  if (id === "" || cursor.length > 512 || writeCursor(id) !== cursor) {
    throw new GatewayError("invalid", "The cursor is not one that was given out; begin again without.")
  }
  return id
}
