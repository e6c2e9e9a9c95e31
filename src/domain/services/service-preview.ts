/** What a change of services would come to in their files, for those who commit it where the gateway only reads. */

import type { FileDifference } from "../diff/unified-diff.ts"

/** Without `after` the service goes. */
export type PreviewedChange = {
  readonly name: string
  readonly after?: Readonly<Record<string, unknown>> | undefined
}

export interface ServicePreview {
  /** Services come from the files alone: whatever would write them is refused. */
  readonly isReadonly: boolean
  /**
   * The texts of files as they are and as they would be, by changes of different services.
   *
   * @throws GatewayError as writing them would, but for files that may not be written
   */
  preview(changes: readonly PreviewedChange[]): Promise<readonly FileDifference[]>
}
