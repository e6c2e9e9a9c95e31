/** Whether a path says by itself which file it means. */

/** @returns what is wrong with it, to stand after its name in a sentence */
export function pathProblem(path: string): string | undefined {
  if (!isAbsolutePath(path)) return "is no absolute path"
  if (/[/\\]\.{1,2}(?:[/\\]|$)|[/\\]{2}/.test(path.slice(1))) return 'has "." or ".." or "//" in its path'
  return /^\/(?:proc|dev|sys)(?:\/|$)/.test(path) ? "is no file of a disk" : undefined
}

export function isAbsolutePath(path: string): boolean {
  return /^(?:\/(?!\/)|[A-Za-z]:[\\/])/.test(path)
}
