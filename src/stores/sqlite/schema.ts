/**
 * The tables of `audit/log.db`. One thread writes them (writer-thread.ts), others read. `body` is what is hashed; every
 * other column of an entry repeats a part of it, to be found by.
 */

import type { DatabaseSync } from "node:sqlite"
import { GatewayError } from "../../errors.ts"

const format = 1
/** "mcpm": tells our files from others. */
const applicationId = 0x6d63706d

const tables = `
CREATE TABLE streams (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- what retention has dropped: entries up to base_size, the hash of the last of them, and the Merkle frontier there
  base_size INTEGER NOT NULL DEFAULT 0,
  base_head TEXT NOT NULL DEFAULT '',
  base_frontier BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  stream INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  call TEXT,
  principal TEXT,
  service TEXT,
  target TEXT,
  outcome TEXT,
  hash BLOB NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (stream, seq)
) STRICT;
CREATE INDEX entries_time ON entries (time);
CREATE INDEX entries_principal ON entries (principal, time) WHERE principal IS NOT NULL;
CREATE INDEX entries_service ON entries (service, time) WHERE service IS NOT NULL;
CREATE INDEX entries_target ON entries (target, time) WHERE target IS NOT NULL;
CREATE INDEX entries_outcome ON entries (outcome, time) WHERE outcome IS NOT NULL AND outcome <> 'ok';
CREATE INDEX entries_kind ON entries (kind, time) WHERE kind NOT IN ('start', 'end');
CREATE INDEX entries_call ON entries (call) WHERE call IS NOT NULL;
CREATE TABLE copies (
  stream INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (
  stream INTEGER NOT NULL,
  size INTEGER NOT NULL,
  time INTEGER NOT NULL,
  note TEXT NOT NULL,
  frontier BLOB NOT NULL,
  -- JSON: the ids of the starts, of any stream, that had no end yet
  open TEXT NOT NULL,
  PRIMARY KEY (stream, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage (
  grain TEXT NOT NULL, -- minute, hour, day
  bucket INTEGER NOT NULL, -- epoch ms of its start, UTC
  principal TEXT NOT NULL,
  principal_id TEXT NOT NULL,
  key TEXT NOT NULL,
  team TEXT NOT NULL,
  service TEXT NOT NULL,
  tool TEXT NOT NULL,
  tags TEXT NOT NULL, -- joined by line breaks
  outcome TEXT NOT NULL, -- '' for the row that counts starts
  started INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  compute_us INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  bytes_out INTEGER NOT NULL,
  cost_micro_usd INTEGER NOT NULL,
  PRIMARY KEY (grain, bucket, service, tool, principal_id, key, outcome, principal, team, tags)
) STRICT, WITHOUT ROWID;
CREATE TABLE latencies (
  bucket INTEGER NOT NULL, -- of an hour
  tool TEXT NOT NULL,
  bin INTEGER NOT NULL, -- latency-bins.ts
  calls INTEGER NOT NULL,
  PRIMARY KEY (tool, bucket, bin)
) STRICT, WITHOUT ROWID;
`

/** @throws GatewayError `invalid` where the file is something else, or of a later version */
export function prepareSchema(db: DatabaseSync): void {
  const found = { format: pragma(db, "user_version"), application: pragma(db, "application_id") }
  if (found.format === format && found.application === applicationId) return
  if (found.format !== 0 || found.application !== 0) throw unknownFormat(found.format)
  db.exec(
    `BEGIN IMMEDIATE; ${tables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${format}; COMMIT`,
  )
}

function pragma(db: DatabaseSync, name: string): unknown {
  return db.prepare(`PRAGMA ${name}`).get()?.[name]
}

function unknownFormat(found: unknown): GatewayError {
  return new GatewayError(
    "invalid",
    `audit/log.db in the data folder has the format ${String(found)}, which this version does not know. Run the version that wrote it, or move the folder audit away to begin a new log.`,
  )
}
