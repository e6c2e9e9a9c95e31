/**
 * Who meets whom in the matrix: every client there is, by library and revision, and every service, by era and
 * transport. What is tried between two of them: features.ts.
 */
import type { Era, Revision } from "../../src/mcp/message.ts"

export type ClientKind = {
  readonly title: string
  readonly library: "sdk-1" | "sdk-2" | "raw"
  readonly era: Era
  readonly revision: Revision
}

export type ServiceKind = {
  /** What its tools are called after. */
  readonly name: string
  readonly title: string
  readonly era: Era
  readonly transport: "stdio" | "http" | "sse"
}

const library = { sdk1: "@modelcontextprotocol/sdk", sdk2: "@modelcontextprotocol/client" }

export const clients: readonly ClientKind[] = [
  { title: library.sdk1, library: "sdk-1", era: "legacy", revision: "2025-11-25" },
  { title: `${library.sdk2} as legacy`, library: "sdk-2", era: "legacy", revision: "2025-11-25" },
  { title: `${library.sdk2} as modern`, library: "sdk-2", era: "modern", revision: "2026-07-28" },
  { title: "a raw client of 2024-11-05", library: "raw", era: "legacy", revision: "2024-11-05" },
  { title: "a raw client of 2025-03-26", library: "raw", era: "legacy", revision: "2025-03-26" },
  { title: "a raw client of 2025-06-18", library: "raw", era: "legacy", revision: "2025-06-18" },
]

export const services: readonly ServiceKind[] = [
  { name: "elder-stdio", title: "a legacy service over stdio", era: "legacy", transport: "stdio" },
  { name: "elder-http", title: "a legacy service over HTTP", era: "legacy", transport: "http" },
  { name: "elder-sse", title: "a legacy service over SSE", era: "legacy", transport: "sse" },
  { name: "younger-stdio", title: "a modern service over stdio", era: "modern", transport: "stdio" },
  { name: "younger-http", title: "a modern service over HTTP", era: "modern", transport: "http" },
]

export const testOf = (client: ClientKind, service: ServiceKind): string => `${client.title} with ${service.title}`

/** The era of the client, then that of the service. */
export type Cell = `${Era}-${Era}`

export const cellOf = (client: ClientKind, service: ServiceKind): Cell => `${client.era}-${service.era}`
