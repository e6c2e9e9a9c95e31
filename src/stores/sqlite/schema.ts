/**
 * The tables of `audit/log.db`. One thread writes them (writer-thread.ts), others read. `body` is what is hashed; the
 * columns of `found_by` repeat parts of it, to be found by, and follow some hundreds of entries behind (log/indexing.ts).
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
  hash BLOB NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (stream, seq)
) STRICT;
CREATE TABLE found_by (
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  call TEXT,
  principal TEXT,
  service TEXT,
  target TEXT,
  outcome TEXT
) STRICT;
CREATE INDEX entries_time ON found_by (time);
CREATE INDEX entries_principal ON found_by (principal, time) WHERE principal IS NOT NULL;
CREATE INDEX entries_service ON found_by (service, time) WHERE service IS NOT NULL;
CREATE INDEX entries_target ON found_by (target, time) WHERE target IS NOT NULL;
CREATE INDEX entries_outcome ON found_by (outcome, time) WHERE outcome IS NOT NULL AND outcome <> 'ok';
CREATE INDEX entries_kind ON found_by (kind, time) WHERE kind NOT IN ('start', 'end');
CREATE INDEX entries_call ON found_by (call) WHERE call IS NOT NULL;
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
CREATE TABLE usage_sums (
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
CREATE TABLE latency_sums (
  bucket INTEGER NOT NULL, -- of an hour
  tool TEXT NOT NULL,
  bin INTEGER NOT NULL, -- latency-bins.ts
  calls INTEGER NOT NULL,
  PRIMARY KEY (tool, bucket, bin)
) STRICT, WITHOUT ROWID;
CREATE TABLE usage_recent (
  id INTEGER PRIMARY KEY,
  -- JSON: arrays of a minute and the columns of usage_sums from principal on; and of the columns of latency_sums
  sums TEXT NOT NULL,
  latencies TEXT NOT NULL
) STRICT;
CREATE VIEW usage_later AS
  SELECT grain, (value ->> 0) - (value ->> 0) % ms AS bucket, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
    value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13,
    value ->> 14, value ->> 15
  FROM (SELECT 'minute' AS grain, 60000 AS ms UNION ALL SELECT 'hour', 3600000 UNION ALL SELECT 'day', 86400000),
    usage_recent, json_each(usage_recent.sums);
CREATE VIEW usage AS SELECT * FROM usage_sums UNION ALL SELECT * FROM usage_later;
CREATE VIEW latencies AS SELECT * FROM latency_sums UNION ALL
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM usage_recent, json_each(usage_recent.latencies);
`

/** Of `found_by`. */
export const foundColumns = "id, time, kind, call, principal, service, target, outcome"

/** The same of the entries that are not indexed yet. */
export const foundLater = `SELECT id, CAST(coalesce(said ->> '$.timeMs', 0) AS INTEGER) AS time,
  coalesce(said ->> '$.kind', '') AS kind, said ->> '$.callId' AS call, said ->> '$.principal' AS principal,
  said ->> '$.service' AS service, said ->> '$.target' AS target, said ->> '$.outcome' AS outcome
  FROM (SELECT id, iif(json_valid(body), body, '{}') AS said FROM entries
    WHERE id > (SELECT coalesce(max(id), 0) FROM found_by))`

/**
 * Writes nothing, so that a file that is not ours stays as it is.
 *
 * @throws GatewayError `invalid` where the file is something else, or of a later version
 */
export function findTables(db: DatabaseSync): "there" | "none" {
  const found = { format: pragma(db, "user_version"), application: pragma(db, "application_id") }
  if (found.format === format && found.application === applicationId) return "there"
  if (found.format !== 0 || found.application !== 0) throw unknownFormat(found.format)
  if (db.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined) throw foreign()
  return "none"
}

export function makeTables(db: DatabaseSync): void {
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

function foreign(): GatewayError {
  return new GatewayError(
    "invalid",
    "audit/log.db in the data folder is a database of something else. Put the log back in its place, or move the folder audit away to begin a new log.",
  )
}
