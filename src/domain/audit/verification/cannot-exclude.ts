/** What a log that verifies still does not prove by itself, and what would. */

export type Proven = {
  readonly extent: "whole" | "range"
  /** Whether the key trusted came from elsewhere than the log. */
  readonly keyBrought: boolean
  readonly last:
    | {
        readonly stream: string
        readonly size: number
        /** Entries that a checkpoint in the store covers, and those that one kept elsewhere covers. */
        readonly covered: number
        readonly agreed: number
      }
    | undefined
}

export function cannotExclude({ extent, keyBrought, last }: Proven): string[] {
  return [
    ...(last === undefined ? [] : aboutTheEnd(last)),
    ...(extent === "range" ? ["What lies outside the range that was asked for has not been looked at."] : []),
    ...(keyBrought
      ? []
      : [
          "The public key was found beside the log: whoever could write there could have signed all of it anew. Verify with the public key kept elsewhere.",
        ]),
  ]
}

function aboutTheEnd({ stream, size, covered, agreed }: NonNullable<Proven["last"]>): string[] {
  return [
    ...(covered < size
      ? [
          `Entries ${covered + 1} to ${size} of stream ${stream} come after its last checkpoint: whoever could write there could have changed them without a trace. The next checkpoint will cover them.`,
        ]
      : []),
    agreed > 0
      ? `What came after entry ${agreed} of stream ${stream}, the last that a checkpoint kept elsewhere covers, could have been cut off together with its checkpoints. Compare with a later one.`
      : `What came after entry ${covered} of stream ${stream} could have been cut off together with its checkpoints, or the whole log replaced by an older copy of itself. Compare with checkpoints kept elsewhere.`,
  ]
}
