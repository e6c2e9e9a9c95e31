/**
 * Who calls: a principal (a human, an agent or a workload), the keys it proves itself with, and the ports that keep
 * both. What it may do: permission.ts. How a credential becomes a caller is left to the identity adapters.
 */

import * as z from "zod"
import type { GatewayError } from "../errors.ts"
import type { Collection, Versioned } from "./collection.ts"
import { grantsSchema, type CompiledGrants, type Grants } from "./permission.ts"

export const principalNameSchema = z.string().regex(/^[A-Za-z0-9_.@-]{1,64}$/, "1 to 64 of A-Z a-z 0-9 _ . @ -")

export const principalKinds = ["human", "agent", "workload"] as const
type PrincipalKind = (typeof principalKinds)[number]

const idSchema = z.string().min(1).max(64)
const versionSchema = z.int().positive()
const instantSchema = z.int().nonnegative()
const slowHashSchema = z.string().startsWith("$argon2id$").max(256)

export const principalSchema = z.strictObject({
  id: idSchema,
  name: principalNameSchema,
  kind: z.enum(principalKinds),
  title: z.string().max(200).exactOptional(),
  team: principalNameSchema.exactOptional(),
  grants: grantsSchema,
  disabled: z.boolean(),
  createdAtMs: instantSchema,
  createdBy: idSchema,
  passwordHash: slowHashSchema.exactOptional(),
  version: versionSchema,
})

export type Principal = Versioned & {
  /** Unique, and unlike every other one in more than upper and lower case. */
  readonly name: string
  readonly kind: PrincipalKind
  readonly title?: string
  /** Its name, written like that of a principal. */
  readonly team?: string
  readonly grants: Grants
  readonly disabled: boolean
  readonly createdAtMs: number
  /** The id of a principal, or what made this one before there were any. */
  readonly createdBy: string
  /** Argon2id, in its own text form; absent where the principal has no password. */
  readonly passwordHash?: string
}

export const keySchema = z.strictObject({
  id: idSchema,
  principalId: idSchema,
  hash: slowHashSchema,
  label: z.string().max(200),
  createdAtMs: instantSchema,
  createdBy: idSchema,
  expiresAtMs: instantSchema.exactOptional(),
  revokedAtMs: instantSchema.exactOptional(),
  version: versionSchema,
})

export type Key = Versioned & {
  readonly principalId: string
  /** Argon2id of the whole text of the key, in its own text form. */
  readonly hash: string
  readonly label: string
  readonly createdAtMs: number
  readonly createdBy: string
  /** The first instant at which it is no longer good. */
  readonly expiresAtMs?: number
  readonly revokedAtMs?: number
}

export interface Principals extends Collection<Principal> {
  findByName(name: string): Promise<Principal | undefined>
}

export type Keys = Collection<Key>

/** Makes keys that are new. */
export interface KeyMaker {
  /** `text` is shown once and never kept; `hash` is what is kept. */
  make(): Promise<{ readonly id: string; readonly text: string; readonly hash: string }>
}

export interface Passwords {
  /** @throws GatewayError `invalid` for a password that is too short or too long */
  hash(password: string): Promise<string>
}

/** Who a credential proved to be. Still to be asked, at each call, whether that is good. */
export type Caller = { readonly principalId: string; readonly keyId?: string }

/** Why this caller may call no longer; undefined where it may. */
export type WhyRefused = (caller: Caller) => GatewayError | undefined

/** A principal that may call now. */
export type ActivePrincipal = {
  readonly principal: Principal
  readonly may: CompiledGrants
  readonly keyId?: string
}
