/**
 * Writes an event stream (`text/event-stream`) to an HTTP response: events, keep-alive comments, and an end for readers
 * that do not keep up. Which events are sent is left to sse-server.ts and http-server.ts.
 */

import type { ServerResponse } from "node:http"
import { onHeartbeat } from "./heartbeat.ts"

type OutgoingEvent = {
  readonly event?: string
  readonly id?: string
  /** Ms the client should wait before it connects again. */
  readonly retry?: number
  readonly data: Buffer
}

/** What may wait unread when another event comes. */
export const maxUnreadBytes = 8 * 1024 * 1024

const dataField = Buffer.from("data: ")
const newline = Buffer.from("\n")
const eventEnd = Buffer.from("\n\n")

/** Whoever must know that a stream has closed. */
export interface StreamFollower {
  onClosed(response: ServerResponse): void
}

/** Sends the headers and keeps the stream alive, a comment every 15 s, until it closes. */
export function startEventStream(response: ServerResponse, follower?: StreamFollower): void {
  // Its close has been told already, so nothing would ever stop the heartbeat.
  if (response.destroyed) return
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  })
  response.flushHeaders()
  stopBeating ??= onHeartbeat(beatAll)
  open.set(response, follower)
  response.on("close", forget)
  // Its close follows and says all there is to say.
  response.on("error", ignore)
}

/** Ten thousand streams share one beat and these listeners: each of their own would cost as much as its session. */
const open = new Map<ServerResponse, StreamFollower | undefined>()
let stopBeating: (() => void) | undefined

function beatAll(): void {
  for (const response of open.keys()) writeComment(response, "keep-alive")
}

function forget(this: ServerResponse): void {
  open.get(this)?.onClosed(this)
  open.delete(this)
  if (open.size > 0) return
  stopBeating?.()
  stopBeating = undefined
}

function ignore(): void {}

/**
 * Answers false where the stream is closed, or is cut off now because its reader left more than
 * {@link maxUnreadBytes} unread.
 */
export function writeEvent(response: ServerResponse, event: OutgoingEvent): boolean {
  return write(response, formatEvent(event))
}

/** @param text of one line. */
export function writeComment(response: ServerResponse, text: string): boolean {
  return write(response, `: ${text}\n\n`)
}

function write(response: ServerResponse, bytes: Buffer | string): boolean {
  if (response.destroyed || response.writableEnded) return false
  if (response.writableLength > maxUnreadBytes) {
    response.destroy()
    return false
  }
  response.write(bytes)
  return true
}

function formatEvent({ event, id, retry, data }: OutgoingEvent): Buffer {
  let fields = ""
  if (event !== undefined) fields += `event: ${inOneLine(event)}\n`
  if (id !== undefined) fields += `id: ${inOneLine(id)}\n`
  if (retry !== undefined) fields += `retry: ${retry}\n`
  return Buffer.concat([Buffer.from(fields), ...dataLines(data), eventEnd])
}

/** One `data:` line for each line of the data: a line end left inside would start a field of the sender's choice. */
function dataLines(data: Buffer): Buffer[] {
  if (!data.includes(0x0a) && !data.includes(0x0d)) return [dataField, data]
  const lines = data.toString("latin1").split(/\r\n|\r|\n/)
  return lines.flatMap((line, index) => [
    ...(index === 0 ? [] : [newline]),
    dataField,
    Buffer.from(line, "latin1"),
  ])
}

function inOneLine(value: string): string {
  return value.replaceAll(/[\r\n\0]/g, "")
}
