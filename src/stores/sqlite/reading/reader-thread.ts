/**
 * The thread that reads for the others: takes questions one by one and opens the log anew after any failure, and where
 * another file has come in its place.
 */

import { parentPort, workerData } from "node:worker_threads"
import type { DatabaseSync } from "node:sqlite"
import { GatewayError } from "../../../errors.ts"
import { inodesOf } from "../log/log-database.ts"
import { answers, type FromReader, type ReaderPlace, type Refusal, type ToReader } from "./reader-answers.ts"
import { openReadOnly } from "./reader-database.ts"
import { addUsageFunctions } from "../usage/usage-sum.ts"

const place = workerData as ReaderPlace
let db: DatabaseSync | undefined
let inodes = ""

parentPort?.on("message", (message: ToReader | "close") => {
  if (message === "close") {
    db?.close()
    parentPort?.close()
  } else parentPort?.postMessage(answer(message), [])
})

function answer({ ask, question, asked }: ToReader): FromReader {
  try {
    if (inodesOf(place.folder) !== inodes) closeBroken()
    db ??= open()
    const reply = answers[question] as (db: DatabaseSync, asked: unknown, place: ReaderPlace) => unknown
    return { ask, answer: reply(db, asked, place) }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) closeBroken()
    return { ask, refusal: toRefusal(thrown) }
  }
}

function open(): DatabaseSync {
  const opened = openReadOnly(place.folder)
  addUsageFunctions(opened)
  inodes = inodesOf(place.folder)
  return opened
}

function closeBroken(): void {
  const broken = db
  db = undefined
  broken?.close()
}

function toRefusal(thrown: unknown): Refusal {
  if (thrown instanceof GatewayError) {
    const { code, message, detail, next } = thrown
    return { code, message, detail, ...(next && { operation: next.operation }) }
  }
  return {
    code: "internal",
    message: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
    detail: {},
  }
}
