/** What the oracle is asked: one call, by whom, with what grants and policies, in plain words. */

export type Given = Readonly<Record<string, unknown>>

export type Rule = Given & {
  readonly effect: string
  readonly subject: { readonly principals?: string[]; readonly kinds?: string[]; readonly teams?: string[] }
  readonly target: Readonly<Partial<Record<"services" | "tools" | "prompts" | "resources" | "tags", string[]>>> & {
    readonly annotations?: Given
  }
  readonly arguments?: readonly Given[]
  readonly time?: { readonly days?: string[]; readonly from?: string; readonly to?: string; readonly not?: true }
  readonly source?: { readonly in: string[]; readonly not?: true }
  readonly client?: { readonly names: string[]; readonly not?: true }
}

export type Asked = {
  readonly principal: { readonly id: string; readonly name: string; readonly kind: string; readonly team?: string }
  readonly grants: { readonly allow: string[]; readonly deny: string[] }
  readonly policies: readonly { readonly mode: string; readonly rules: readonly Rule[] }[]
  readonly action: "call" | "get" | "read" | "complete"
  readonly item: {
    readonly kind: "tools" | "prompts" | "resources"
    readonly service: string
    readonly name: string
    readonly own?: string
    readonly tags: readonly string[]
    readonly hints: Given
  }
  /** Undefined where they cannot be read; a symbol stands for a number past what a double holds. */
  readonly args: unknown
  readonly minute: number
  readonly day: string
  readonly source: string | undefined
  readonly client: string | undefined
}
