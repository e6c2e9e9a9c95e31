/** JSON as a tree that can say what JSON.stringify cannot: a name twice, a number past every limit, a token of no kind. */

export type Tree = string | Members | Items
/** A string is a token as it stands in the text. */
export type Members = { readonly members: readonly (readonly [name: string, tree: Tree])[] }
export type Items = { readonly items: readonly Tree[] }

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return { items: value.map(treeOf) }
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const defined = Object.entries(value).filter(([, member]) => member !== undefined)
  return { members: defined.map(([name, member]) => [name, treeOf(member)] as const) }
}

export function textOf(tree: Tree): string {
  if (typeof tree === "string") return tree
  if ("items" in tree) return `[${tree.items.map(textOf).join(",")}]`
  return `{${tree.members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(",")}}`
}

export function sizeOf(tree: Tree): number {
  if (typeof tree === "string") return 1
  const children = "items" in tree ? tree.items : tree.members.map(([, member]) => member)
  return children.reduce((sum, child) => sum + sizeOf(child), 1)
}

/** The tree with its node number `at`, counted from the root, made over. */
export function changedAt(tree: Tree, at: number, change: (node: Tree) => Tree): Tree {
  if (at === 0 || typeof tree === "string") return change(tree)
  let before = 1
  const next = (child: Tree): Tree => {
    const [from, size] = [before, sizeOf(child)]
    before += size
    return at >= from && at < from + size ? changedAt(child, at - from, change) : child
  }
  if ("items" in tree) return { items: tree.items.map(next) }
  return { members: tree.members.map(([name, member]) => [name, next(member)] as const) }
}
