/**
 * The thread that writes the audit log: takes what waits, commits it as one group and answers. It has no clock and no
 * plan of its own; when to sign, to try again or to end it is told by the main thread (writer.ts). After any failure it
 * holds no log and takes nothing until it is told to recover.
 */

import { createPrivateKey } from "node:crypto"
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { signerOf } from "../../../domain/audit/signed-note.ts"
import { armFailpoint, failpoint } from "../../../failpoint.ts"
import { PayloadDigests } from "./payload-digests.ts"
import { WriterLoop } from "./writer-loop.ts"
import type { FromThread, ThreadStart, ToThread } from "../handover/thread-messages.ts"

if (parentPort === null) throw new Error("This is the code of a thread.")
const port = parentPort
const { folder, sync, version, salt, name, pem, failpoint: armed } = workerData as ThreadStart
armFailpoint(armed)

const loop = new WriterLoop({
  place: {
    folder,
    sync,
    version,
    digests: new PayloadDigests(salt),
    signer: signerOf(name, createPrivateKey(pem)),
  },
  post(message: FromThread) {
    port.postMessage(message)
    if (message.type === "recorded") failpoint("audit.answer.after")
  },
  end: () => port.close(),
})

port.on("message", (first: ToThread) => {
  const messages = [first]
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    messages.push(next.message as ToThread)
  }
  loop.take(messages)
})
