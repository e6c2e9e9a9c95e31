#!/usr/bin/env node
/**
 * Starts mcp-meta with a Node.js that can run it: this one, or else the one that was installed beside it. Written for
 * any Node.js that knows modules, so that an old one gets to say what is missing.
 */

import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as module from "node:module"
import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"

const [major, minor] = process.versions.node.split(".").map(Number)
/**
 * What is told before the process begins. glibc keeps what large bodies leave behind, hundreds of MB, unless blocks of
 * this size are to be the system's again as soon as they are free. It gives each of a dozen threads a pool of its own,
 * most of which stays empty: two do. And half of libuv's threads look up names, each for as long as a resolver does not
 * answer: two of its four would be few (fleet/links/name-lookups.ts).
 */
const told = {
  MALLOC_MMAP_THRESHOLD_: "131072",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_ARENA_MAX: "2",
  UV_THREADPOOL_SIZE: "32",
}
const servesForLong = ["serve", "stdio"].includes(process.argv[2])
const isTold = Object.keys(told).every((name) => name in process.env)

if (!(major > 24 || (major === 24 && minor >= 15))) restart(findNode())
else if (process.platform === "linux" && servesForLong && !isTold) becomeTold()
else await run()

/** The same process, from its beginning. */
function becomeTold() {
  const args = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  process.execve(process.execPath, args, { ...told, ...process.env })
}

async function run() {
  // What is loaded stays, which would make the heap's young generation grow as if for load; gateway/heap-growth.ts lets it.
  setFlagsFromString("--semi-space-growth-factor=1")
  // The parser of answers (undici's, WebAssembly) is optimized under load, not after three answers: that takes 25 MB.
  setFlagsFromString("--wasm-tiering-budget=1000000000")
  // not the default folder: in a shared /tmp, somebody else may have put code there
  module.enableCompileCache(join(homedir(), ".cache", "mcp-meta"))
  // A checkout runs as it is written; the published package has only what was compiled.
  const source = new URL("../src/main.ts", import.meta.url)
  await import(existsSync(fileURLToPath(source)) ? source.href : new URL("../dist/main.js", import.meta.url).href)
}

function findNode() {
  const name = `node-${process.platform}-${process.arch}`
  try {
    return module
      .createRequire(import.meta.url)
      .resolve(`${name}/bin/node${process.platform === "win32" ? ".exe" : ""}`)
  } catch {
    const needs = `mcp-meta needs Node.js 24.15 or later; this is ${process.version} (${process.execPath}).`
    return refuse(`${needs} Install a newer Node.js, or put one beside mcp-meta: npm install ${name}@24`)
  }
}

function restart(node) {
  process.title = "mcp-meta" // anybody can list what stands here, and it may hold a key
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...told, ...process.env },
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", ({ message }) => refuse(`${node} cannot be started: ${message}`))
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function refuse(message) {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}
