/** One verification in a thread of its own, which ends with it. */

import { parentPort, workerData } from "node:worker_threads"
import { verifyFolder, type VerifyFolder } from "./verify-folder.ts"

parentPort?.postMessage(await verifyFolder(workerData as VerifyFolder), [])
