/** Whether the name of a package says exactly which version of it, from its registry and nowhere else. */

const npm =
  /^(?:@[a-z0-9][a-z0-9._-]{0,213}\/)?[a-z0-9][a-z0-9._-]{0,213}@\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,64})?(?:\+[0-9A-Za-z.-]{1,64})?$/
const python =
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,213}(?:\[[A-Za-z0-9,._-]{1,100}\])?(?:==|@)\d{1,9}(?:\.[0-9A-Za-z]{1,20}){1,6}$/

/** `@scope/name@1.2.3` */
export function isPinnedNpm(named: string): boolean {
  return npm.test(named)
}

/** `@scope/name@1.2.3`, `name[extra]==1.2.3` -> `name` */
export function programOf(named: string): string {
  return /^(?:@[^/]*\/)?([^@=[]*)/.exec(named)?.[1] ?? ""
}

/** `name==1.2.3`, `name@1.2.3` */
export function isPinnedPython(named: string): boolean {
  return python.test(named)
}
