/**
 * One run of slowhttptest, with a credential: it knows none, so ours goes in with the value of a header that it lets us
 * choose.
 *
 * @see https://github.com/shekyan/slowhttptest/wiki
 */

import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"

export type Attack = {
  readonly name: string
  /** Of the program, without what they have in common. */
  readonly args: (door: { readonly origin: string; readonly key: string }) => readonly string[]
  /** Whether a gateway that keeps such a connection has failed. */
  readonly mustEnd: boolean
}

export type Outcome = {
  readonly connections: number
  /** By the gateway, before the attacker was done. */
  readonly closed: number
  /** Whether the program's own probe was answered throughout; it reads as slowly as the attack does. */
  readonly available: boolean
}

export type Length = { readonly connections: number; readonly seconds: number }

const credential = (key: string): string => `authorization: Bearer ${key}`

export const attacks: readonly Attack[] = [
  {
    name: "slow head (slowloris)",
    args: ({ origin, key }) => ["-H", "-u", `${origin}/mcp`, "-m", `*/*\r\n${credential(key)}`],
    mustEnd: true,
  },
  {
    name: "slow body",
    args: ({ origin, key }) => {
      const type = `application/json\r\n${credential(key)}`
      return ["-B", "-u", `${origin}/mcp`, "-f", type, "-s", "100000"]
    },
    mustEnd: true,
  },
  {
    name: "slow body, no credential",
    args: ({ origin }) => ["-B", "-u", `${origin}/mcp`, "-f", "application/json", "-s", "100000"],
    mustEnd: true,
  },
  {
    name: "slow read",
    args: ({ origin }) => ["-X", "-u", `${origin}/openapi.json`, ..."-w 512 -y 1024 -n 2 -z 16 -k 10".split(" ")],
    mustEnd: false, // who reads slowly but steadily is left alone
  },
  {
    name: "ranges",
    args: ({ origin, key }) => ["-R", "-u", `${origin}/openapi.json`, "-m", `*/*\r\n${credential(key)}`],
    mustEnd: false, // ranges are not served: each is answered whole, and its connection waits for the next
  },
]

export async function run(
  { args }: Attack,
  door: { readonly origin: string; readonly key: string },
  { connections, seconds }: Length,
): Promise<Outcome> {
  const pace = ["-c", connections, "-r", "100", "-l", seconds, "-i", "2", "-x", "16", "-p", "5"].map(String)
  const child = spawn("slowhttptest", [...args(door), ...pace], { stdio: ["ignore", "pipe", "inherit"] })
  const closed = once(child, "close")
  const said = await text(child.stdout)
  const last = (what: string): string => said.slice(said.lastIndexOf(what)).slice(what.length).trimStart()
  const [exit] = await closed
  if (exit !== 0) throw new Error(`slowhttptest exited with ${exit}: ${said.slice(-500)}`)
  const none = said.includes("No open connections left")
  return {
    connections,
    closed: none ? connections : Number.parseInt(last("closed:").replace(escapes, ""), 10),
    available: !/available:[^\n]*NO/.test(said),
  }
}

/** It writes in colours. */
const escapes = new RegExp(String.raw`^(${String.fromCodePoint(27)}\[[0-9;]*m|\s)+`)
