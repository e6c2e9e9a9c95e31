/** The settings `limits.*`: what nobody may have more of, whoever they are. Where they stand among the others: table.ts. */

import { whole } from "./setting.ts"

const bytes = { unit: "bytes" }
const ms = { unit: "ms" }
const KiB = 1_024
const MiB = 1_024 * KiB
const minuteMs = 60_000
const hourMs = 60 * minuteMs

export const limits = {
  bodyBytes: whole(4 * MiB, { ...bytes, min: KiB }, "The largest request, and the largest message on a pipe."),
  resultBytes: whole(64 * MiB, { ...bytes, min: KiB }, "The largest answer of a service."),
  headerBytes: whole(16 * KiB, { ...bytes, min: KiB }, "The largest block of request headers."),
  headers: whole(256, { unit: "headers", min: 16 }, "Headers of one request."),
  requestMs: whole(30_000, ms, "How long a request may take to arrive."),
  callIdleMs: whole(minuteMs, ms, "How long a service may be silent during a call; progress starts it anew."),
  callHardMs: whole(10 * minuteMs, ms, "How long a call may take, whatever progress it reports."),
  listMs: whole(5_000, ms, "How long a service may take to list what it offers."),
  childStartMs: whole(minuteMs, ms, "How long a program may take from its start to its first answer."),
  writeMs: whole(
    minuteMs,
    ms,
    "How long a program may read nothing of what waits for it; it is started anew after it.",
  ),
  drainMs: whole(10_000, { ...ms, min: 0 }, "How long open calls may take to finish when the gateway stops."),
  concurrency: whole(
    64,
    { unit: "calls" },
    "Open calls to one endpoint of a service that sets no limit of its own.",
  ),
  listBytes: whole(16 * MiB, { ...bytes, min: KiB }, "All pages of one list of a service."),
  starting: whole(8, { unit: "programs" }, "Programs on their way up at once; the others wait."),
  connecting: whole(64, { unit: "connections" }, "Connections to services being made at once; the others wait."),
  connectsPerSecond: whole(
    100,
    { unit: "connections" },
    "Connections to services and programs begun in a second, so that many that went down together come back one after the other.",
  ),
  queue: whole(
    1_024,
    { unit: "calls", min: 0 },
    "Calls that may wait for one endpoint; they are taken in turn, one of each principal, and in a full queue whoever has most makes room.",
  ),
  tools: whole(10_000, { unit: "tools" }, "Tools of one service."),
  pages: whole(64, { unit: "pages" }, "Pages of one list of a service."),
  callsPerPrincipal: whole(1_024, { unit: "calls" }, "Calls that one principal may have open at once."),
  managementPerMinute: whole(
    600,
    { unit: "operations", min: 0 },
    "Operations on the gateway itself that one principal may perform in a minute; 0 lets it any number.",
  ),
  changesPerMinute: whole(
    60,
    { unit: "operations", min: 0 },
    "Those of them that do more than read; 0 lets it any number.",
  ),
  parkedMs: whole(
    10 * minuteMs,
    ms,
    "How long a client may take to answer what a service asks during a call; the call is cancelled after it.",
  ),
  parkedPerPrincipal: whole(
    64,
    { unit: "calls" },
    "Calls of one principal that may wait for its answers while no request of its is open.",
  ),
  sessions: whole(10_000, { unit: "sessions" }, "Sessions of legacy clients kept in memory."),
  sessionIdleMs: whole(30 * minuteMs, ms, "How long a legacy session without a stream stays in memory."),
  sessionLifetimeMs: whole(24 * hourMs, ms, "How long the id of a legacy session is good."),
  streams: whole(
    10_000,
    { unit: "streams" },
    "Requests and streams open over HTTP at once; the same again for WebSockets and HTTP+SSE.",
  ),
  streamsPerPrincipal: whole(
    5_000,
    { unit: "streams" },
    "Requests and streams that one principal may have open over HTTP at once.",
  ),
  sessionsPerPrincipal: whole(
    5_000,
    { unit: "sessions" },
    "Sessions of one principal kept in memory; one more takes the place of the longest idle of its own.",
  ),
  pipesPerPrincipal: whole(
    1_000,
    { unit: "pipes" },
    "WebSockets, HTTP+SSE streams and streams of events that one principal may have open at once.",
  ),
  connections: whole(
    20_000,
    { unit: "connections" },
    "Connections open at once; fewer where the system gives the process fewer descriptors.",
  ),
  connectionsPerSource: whole(
    8_192,
    { unit: "connections" },
    "Connections open at once from one address (IPv6: from one network of 64 bits).",
  ),
  heldBytes: whole(
    256 * MiB,
    { ...bytes, min: KiB },
    "Bytes of large requests, and of messages on WebSockets that are not whole, that are held at once, all clients together.",
  ),
  heldBytesPerPrincipal: whole(128 * MiB, { ...bytes, min: KiB }, "The same of one principal."),
  unreadBytes: whole(
    512 * MiB,
    { ...bytes, min: KiB },
    "Bytes of answers that clients have not read yet, all together; over it those that stand still are cut, the largest first.",
  ),
  stallMs: whole(
    30_000,
    { ...ms, min: 100 },
    "How long a client may leave unread what waits for it; its connection is cut after it.",
  ),
  streamEvents: whole(1_024, { unit: "events" }, "Events kept of one stream for a client that reconnects."),
  streamBytes: whole(MiB, { ...bytes, min: KiB }, "Bytes kept of one stream for a client that reconnects."),
} as const
