/**
 * The ways by which a suite can reach a fixture. The direct one shows that the fixture and the suite are right, so
 * that whatever fails through a gateway is the gateway's.
 */
type Opened = { readonly url: string; readonly close: () => Promise<void> }

/** Given where a fixture listens, says where to test, and how to end what was started for it. */
export type Door = (fixtureUrl: string) => Promise<Opened>

export const doors: Readonly<Record<string, Door>> = {
  direct: async (url) => ({ url, close: async () => {} }),
}
