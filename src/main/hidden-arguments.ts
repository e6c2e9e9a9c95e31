/** Everybody on a machine can list the arguments of its processes: those that hold a secret are put out of sight. */

type Setting = { readonly flag: string; readonly secret?: true }

/** To be called once they are read. */
export function hideSecretArguments(args: readonly string[], settings: readonly Setting[]): void {
  const flags = settings.filter(({ secret }) => secret).map(({ flag }) => flag)
  const holdsSecret = args.some((arg) => flags.includes(arg.split("=")[0] ?? ""))
  if (holdsSecret) process.title = "mcp-meta"
}
