/** One feature of the matrix: what is tried in every cell, and in which it cannot be. All of them: features.ts. */
import type { Revision } from "../../src/mcp/message.ts"
import type { Cell, ClientKind, ServiceKind } from "./cells.ts"
import type { Driver, Json } from "./driver.ts"

export type Bench = {
  readonly driver: Driver
  readonly client: ClientKind
  readonly service: ServiceKind
}

export type Feature = {
  readonly name: string
  /** The name of the test, by the eras that meet or for all of them: a sentence that says how it works there. */
  readonly proof: string | Readonly<Record<Cell, string>>
  prove(bench: Bench): Promise<void>
  /** Where the client's revision does not have it. */
  readonly missing?: {
    readonly before: Revision
    /** The specification's own words. */
    readonly says: string
    readonly where: string
    /** The name of the test that shows what happens there instead. */
    readonly proof: string
    prove(bench: Bench): Promise<void>
  }
}

export function isMissing({ missing }: Feature, { revision }: ClientKind): boolean {
  return missing !== undefined && revision < missing.before
}

export function proofOf({ proof }: Feature, cell: Cell): string {
  return typeof proof === "string" ? proof : proof[cell]
}

/** The name that a client knows a tool or prompt of the service by. */
export function nameOf({ service }: Bench, own: string): string {
  return `${service.name}__${own}`
}

/** The URI that a client knows a resource of the service by. */
export function uriOf({ service }: Bench, own: string): string {
  return `mcp://${service.name}/${own}`
}

/** Unlike any other of the run. */
export function nonceOf({ client, service }: Bench, use: string): string {
  return `${use} of ${client.title} at ${service.name}`
}

/** What the first block of a result's content says. */
export function textOf(result: Json): string {
  const [block] = (result["content"] ?? []) as { text?: string }[]
  return block?.text ?? JSON.stringify(result)
}
