/** Values that leave the gateway and come back to it, and that only the gateway can read or make. */

export interface Sealer {
  /**
   * A base64url text that says nothing of the value and opens for this purpose alone.
   *
   * @throws GatewayError `too_large` where the text would pass 16 KiB
   */
  seal(purpose: string, value: unknown): string
  /** The value, or undefined for whatever was not sealed here for this purpose. Never throws. */
  open(purpose: string, text: string): unknown
}
