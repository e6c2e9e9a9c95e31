/**
 * The sessions of legacy clients over Streamable HTTP. A session id is its own record, sealed: any process that holds
 * the key can go on with a session that another began, and dropping one from memory loses no client.
 */

import { randomBytes, randomUUID } from "node:crypto"
import type { ServerResponse } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { LegacySession, type ClientSide } from "./legacy-session.ts"
import { LiveSessions, type LiveLimits } from "./live-sessions.ts"
import { ResumableStream, readEventId, type StreamLimits } from "./resumable-stream.ts"
import type { ClientFacts, Handler } from "../message.ts"
import { openClient, sealClient, unknownClient, type SealedClient } from "./sealed-client.ts"

/** Turns a session's record into its id and back. */
export interface SessionSeal {
  seal(record: SessionRecord): string
  /** @returns undefined for whatever was not sealed by us */
  open(id: string): SessionRecord | undefined
}

export type SessionRecord = {
  /** Unguessable. */
  readonly n: string
  readonly owner: string
  readonly mount: string | undefined
  readonly expiresAtMs: number
  readonly client: SealedClient
}

export type SessionLimits = StreamLimits &
  LiveLimits & {
    /** A session idle for so long, with no stream open, is dropped from memory. */
    readonly idleMs: number
    readonly lifetimeMs: number
  }

/** Whose session it is, and who answers it. */
export type SessionPeer = {
  readonly owner: string
  readonly principal: string
  readonly mount: string | undefined
  readonly handle: Handler
}

/** Ended streams that a client may still ask for: those it has been sent whole, and those it has not. */
const maxSent = 8
const maxUnsent = 32
/** How long the last answers of a session may take, and how often they are looked for. */
const lingerMs = 10_000
const lookMs = 20

/** What a session is begun with, of which nothing is known yet. */
const sealedUnknown = sealClient(unknownClient)

export class HttpSession implements ClientSide {
  readonly record: SessionRecord
  readonly principal: string
  readonly session: LegacySession
  usedAtMs = Date.now()
  keptAs: string | undefined
  #general: ResumableStream | undefined
  /** Of single POSTs. */
  #streams: Map<string, ResumableStream> | undefined
  readonly #limits: StreamLimits
  /** Part of each stream's name, so that no event id of a session's life in another process means one of ours. */
  readonly #life = randomBytes(4).readUInt32BE().toString(36)
  #opened = 0

  constructor(record: SessionRecord, principal: string, handle: Handler, limits: StreamLimits) {
    this.record = record
    this.principal = principal
    this.#limits = limits
    const client = openClient(record.client)
    this.session = new LegacySession({ id: record.n, handle, side: this, client })
  }

  /** Whether nobody would miss it: no stream is read, no request waits for its answer. */
  get idle(): boolean {
    const streams = this.#streams?.values().some(({ attached }) => attached) ?? false
    return !this.session.busy && !streams && !this.#general?.attached
  }

  /** The stream for the messages of one POST, sent through its response while that lasts. */
  openStream(response: ServerResponse): ResumableStream {
    const stream = this.#streamOfPost()
    stream.attach(response, { afterSeq: 0, primed: this.#canResume() })
    return stream
  }

  /** Serves a GET: the general stream, or the rest of the one that an event id names. */
  attach(response: ServerResponse, lastEventId: string | undefined): boolean {
    const place = lastEventId === undefined ? undefined : readEventId(lastEventId)
    // The general stream of an earlier life goes on in this one's.
    const named = place && !place.stream.startsWith("g") ? place.stream : undefined
    const stream = named === undefined ? this.#generalStream() : this.#streams?.get(named)
    if (!stream) return false
    const afterSeq = place?.stream === stream.id ? place.seq : undefined
    stream.attach(response, { afterSeq, primed: this.#canResume() && afterSeq === undefined })
    this.session.watchLists()
    return true
  }

  send(message: Buffer): void {
    this.#generalStream().send(message)
  }

  refuse(): void {
    void this.#closeSoon()
  }

  close(): void {
    this.session.close()
    this.#general?.end()
    for (const stream of this.#streams?.values() ?? []) stream.end()
  }

  /** Its credential is good no longer: what its calls end with goes out first. */
  async #closeSoon(): Promise<void> {
    const late = performance.now() + lingerMs
    while (this.session.busy && performance.now() < late) await sleep(lookMs, undefined, { ref: false })
    this.close()
  }

  /** Revisions before it never heard of an event without data. */
  #canResume(): boolean {
    return this.session.client.revision === "2025-11-25"
  }

  #generalStream(): ResumableStream {
    return (this.#general ??= new ResumableStream(`g${this.#life}`, this.#limits))
  }

  #streamOfPost(): ResumableStream {
    const stream = new ResumableStream(`p${this.#life}p${(++this.#opened).toString(36)}`, this.#limits)
    const streams = (this.#streams ??= new Map<string, ResumableStream>())
    streams.set(stream.id, stream)
    const ended = [...streams.values()].filter((stream) => stream.ended)
    const [sent = [], unsent = []] = [true, false].map((isSent) =>
      ended.filter(({ sentAll }) => sentAll === isSent),
    )
    for (const { id } of [...sent.slice(0, -maxSent), ...unsent.slice(0, -maxUnsent)]) streams.delete(id)
    return stream
  }
}

export class HttpSessions {
  readonly #seal: SessionSeal
  readonly #limits: SessionLimits
  readonly #live: LiveSessions<HttpSession>
  /** Records of those that their clients ended -> when their ids expire by themselves. */
  readonly #ended = new Map<string, number>()
  readonly #sweep: NodeJS.Timeout

  constructor(seal: SessionSeal, limits: SessionLimits) {
    this.#seal = seal
    this.#limits = limits
    this.#live = new LiveSessions(limits)
    this.#sweep = setInterval(() => this.#dropIdle(Date.now()), 30_000).unref()
  }

  /**
   * A session whose handshake is yet to come; `name` gives it its id afterwards.
   *
   * @throws GatewayError `overloaded` where there is no room, and none can be made
   */
  begin({ owner, principal, mount, handle }: SessionPeer): HttpSession {
    this.#live.makeRoom(principal)
    const record = {
      n: randomUUID(),
      owner,
      mount,
      expiresAtMs: Date.now() + this.#limits.lifetimeMs,
      client: sealedUnknown,
    }
    return new HttpSession(record, principal, handle, this.#limits)
  }

  /** Keeps a session under the id that it returns. */
  name(session: HttpSession): string {
    const id = this.#seal.seal({ ...session.record, client: sealClient(session.session.client) })
    this.#live.keep(id, session)
    return id
  }

  /**
   * @returns undefined where the id is forged, expired, ended, or somebody else's: the client starts anew
   * @throws GatewayError `overloaded` where it is not in memory, and there is no room for it
   */
  find(id: string, { owner, principal, mount, handle }: SessionPeer): HttpSession | undefined {
    const known = this.#live.get(id)
    const record = known?.record ?? this.#seal.open(id)
    if (!record || record.owner !== owner || record.mount !== mount) return undefined
    if (record.expiresAtMs <= Date.now() || this.#ended.has(record.n)) return undefined
    if (!known) this.#live.makeRoom(principal)
    const session = known ?? new HttpSession(record, principal, handle, this.#limits)
    session.session.handleBy(handle)
    session.usedAtMs = Date.now()
    this.#live.keep(id, session)
    return session
  }

  end(id: string): void {
    const session = this.#live.get(id)
    if (!session) return
    this.#live.drop(id, session)
    this.#ended.set(session.record.n, session.record.expiresAtMs)
    // The earliest may be gone on with: by nobody but its owner, and as a session that says nothing new.
    const [first] = this.#ended.keys()
    if (this.#ended.size > this.#limits.maxSessions && first !== undefined) this.#ended.delete(first)
  }

  get size(): number {
    return this.#live.size
  }

  close(): void {
    clearInterval(this.#sweep)
    for (const [id, session] of this.#live) this.#live.drop(id, session)
  }

  #dropIdle(nowMs: number): void {
    for (const [id, session] of this.#live)
      if (session.idle && nowMs - session.usedAtMs > this.#limits.idleMs) this.#live.drop(id, session)
    for (const [n, expiresAtMs] of this.#ended) if (expiresAtMs <= nowMs) this.#ended.delete(n)
  }
}

export function clientOf(headerRevision: string | undefined): ClientFacts {
  return openClient({ ...sealedUnknown, r: headerRevision ?? unknownClient.revision })
}
