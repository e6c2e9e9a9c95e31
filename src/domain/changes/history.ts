/**
 * What became of the gateway's configuration, change by change: each is a revision, with who made it, by what, why, and
 * what was before and after. Revisions are numbered from 1 without a gap and chained; none is changed afterwards.
 *
 * How they are kept: stores/history. What is made of them: operations/history/history.ts.
 */

/** An object of JSON: a service as its file has it, a value as its store has it. */
export type JsonObject = Readonly<Record<string, unknown>>

/** `file`: somebody edited a file while the gateway ran. `start`: something was otherwise when the gateway started. */
type Author =
  | { readonly kind: "principal"; readonly id: string; readonly name: string }
  | { readonly kind: "file" | "start" }

/** What may be shown of one change. */
export type ShownRecord = {
  readonly subject: string
  /** Of whatever has the subject, the one that is meant; of a service its name. */
  readonly id: string
  readonly name: string
  readonly effect: "create" | "update" | "remove" | "do"
  /** Without secrets. */
  readonly diff: readonly string[]
}

/** A change with all that undoing it takes, secrets of service files among it; absent on one side where it was not there. */
export type WholeRecord = ShownRecord & { readonly before?: JsonObject; readonly after?: JsonObject }

type RevisionFacts = {
  /** ms since 1970-01-01 UTC. */
  readonly atMs: number
  readonly who: Author
  /** Absent for edits by hand. */
  readonly operation?: string
  /** The id of the plan that was applied. */
  readonly plan?: string
  readonly why?: string
}

export type RevisionDraft = RevisionFacts & { readonly changes: readonly WholeRecord[] }

/** `open`: begun, and not yet known what came of it. */
export type Outcome = "applied" | "partly" | "failed" | "open"

export type Revision<Change extends ShownRecord = ShownRecord> = RevisionFacts & {
  readonly number: number
  readonly outcome: Outcome
  /** Which of the changes took effect, by their place; all of them where it was applied. */
  readonly done: readonly number[]
  readonly changes: readonly Change[]
  /** SHA-256 of its line and of the line before it, in base64url. */
  readonly digest: string
  readonly previous: string
}

export type RevisionFilter = {
  /** The name of a service that it changed. */
  readonly service?: string | undefined
  /** The name of who made it. */
  readonly principal?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

export type RevisionPage = {
  /** The newest first. */
  readonly revisions: readonly Revision[]
  /** Go on below this number; absent at the end. A page may hold fewer than asked for, or none, and still not be the last. */
  readonly below?: number
}

/** What a revision tells of. */
export type Work = {
  apply(): Promise<void>
  /** After `apply` has thrown: the places of the changes that took effect nevertheless. */
  done(): Promise<readonly number[]>
}

export interface History {
  /** The number of the last revision; 0 before the first. */
  head(): number
  /** The number of the oldest revision that is still kept; above the head where there is none. */
  oldest(): number
  /** The services as the last revision left them, by name. */
  services(): ReadonlyMap<string, JsonObject>
  /**
   * Puts on record what is about to be done, does it, and puts on record what of it took effect. One after the other:
   * what is drafted sees what the one before has left.
   *
   * @param draft undefined where there is nothing to record, and then nothing is done
   * @returns the number of the revision
   * @throws GatewayError `internal` where it cannot be written, and nothing is done then; `too_large`; what `work` throws
   */
  record(draft: () => RevisionDraft | undefined, work?: Work): Promise<number | undefined>
  /** @throws GatewayError `conflict` where the files are damaged, naming the place */
  page(filter: RevisionFilter, request: { readonly below: number; readonly limit: number }): Promise<RevisionPage>
  /**
   * All with a number above `from` and up to `to`, the oldest first.
   *
   * @throws GatewayError `not_found` where one of them is not kept any more, `too_large` for more than are read at once,
   *   `conflict` where the files are damaged, naming the place
   */
  between(from: number, to: number): Promise<readonly Revision<WholeRecord>[]>
}
