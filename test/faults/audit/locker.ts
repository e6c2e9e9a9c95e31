/** Holds the write lock of a database until it is killed: `node locker.ts FILE`. */

import { DatabaseSync } from "node:sqlite"

const [path = ""] = process.argv.slice(2)
const db = new DatabaseSync(path, { timeout: 10_000 })
db.exec("BEGIN EXCLUSIVE")
console.log("locked")
process.stdin.resume()
setInterval(() => db.isTransaction, 1_000)
