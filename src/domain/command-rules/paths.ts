/** Whether a path says by itself which file it means. */

/** @returns what is wrong with it, to stand after its name in a sentence */
export function pathProblem(path: string): string | undefined {
  if (!isAbsolutePath(path)) return "is no absolute path"
  if (/[/\\]\.{1,2}(?:[/\\]|$)|[/\\]{2}/.test(path.slice(1))) return 'has "." or ".." or "//" in its path'
  return /^\/(?:proc|dev|sys)(?:\/|$)/.test(path) ? "is no file of a disk" : undefined
}

/** Where the system keeps its own programs: many of them write files or run others, and services are few. */
export function isOfSystem(path: string): boolean {
  return (
    /^\/(?:usr\/)?(?:s?bin|lib(?:32|64|exec)?|share|games)\/|^\/etc\//.test(path) ||
    /^[A-Za-z]:[\\/]windows[\\/]/i.test(path)
  )
}

/** A program of the system that is a script: an interpreter would run it in place of the system. */
export function isSystemScript(path: string): boolean {
  return /^\/(?:usr\/)?s?bin\/|^\/usr\/share\/debconf\/|^\/etc\//.test(path)
}

const runtimeScripts: readonly RegExp[] = [
  /\/lib(?:64)?\/(?:python|pypy)[\d.]*\/(?!(?:site|dist)-packages\/)/,
  /\/lib\/ruby\/\d[\d.]*\//,
  /^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]*-linux-[^/]*\/)?perl(?:5|-base)?\//,
  /\/(?:pear|pecl)cmd\.php$/,
  /\/dotnet\/sdk\//,
  /\/git-core\//,
  /\/node_modules\/(?:corepack|npm|pnpm|yarn)\//,
]

/** A script that comes with a language or with a package manager: some run code that they are told. */
export function isOfRuntime(path: string): boolean {
  return runtimeScripts.some((script) => script.test(path))
}

export function isAbsolutePath(path: string): boolean {
  return /^(?:\/(?!\/)|[A-Za-z]:[\\/])/.test(path)
}
