/**
 * Letters that look like other letters, and names that look like other names. The pairs are those of the Latin,
 * Greek, Cyrillic, Armenian and Cherokee letters in Unicode's confusables.txt (UTS 39) that stand for a Latin one, and
 * the capitals and small capitals that look so in common fonts.
 */

/** A Latin letter, then what looks like it. Lower and upper case apart, since their looks differ. */
const pairs = [
  "aаɑα",
  "bьвƅ",
  "cсϲςᴄ",
  "dԁժ",
  "eеҽ",
  "fքϝ",
  "gɡց",
  "hһհн",
  "iіιı",
  "jјϳյ",
  "kкκĸ",
  "lӏɭ",
  "mм",
  "nпոη",
  "oоοօσ",
  "pрρ",
  "qԛզ",
  "rгᴦⲅ",
  "sѕꜱ",
  "tтτ",
  "uυսʋ",
  "vνѵ",
  "wԝшѡωա",
  "xхχ",
  "yуүγ",
  "zᴢʐ",
  "AАΑᎪ",
  "BВΒᏴ",
  "CСϹᏟ",
  "DᎠ",
  "EЕΕᎬ",
  "FϜ",
  "GԌᏀ",
  "HНΗᎻ",
  "IІΙӀ",
  "JЈᎫ",
  "KКΚᏦ",
  "LᏞ",
  "MМΜᎷ",
  "NΝ",
  "OОΟՕ",
  "PРΡᏢ",
  "RᎡ",
  "SЅՏᏚ",
  "TТΤᎢ",
  "VѴᏙ",
  "WԜᎳ",
  "XХΧ",
  "YҮΥ",
  "ZΖᏃ",
]

const latinOf = new Map(pairs.flatMap(([latin = "", ...others]) => others.map((other) => [other, latin] as const)))

/** In one case and width, without marks and invisible characters, each letter as the Latin one that it looks like. */
export function foldText(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase()
  const bare = text.normalize("NFKD").replaceAll(/[\p{Mn}\p{Cf}\p{DI}]/gu, "")
  return bare.replaceAll(/\P{ASCII}/gu, (letter) => latinOf.get(letter) ?? letter).toLowerCase()
}

/** What two names have in common that people take for each other. */
export function skeletonOf(name: string): string {
  return foldText(name)
    .replaceAll(/[\s._/-]/g, "")
    .replaceAll(/[i1|]/g, "l")
    .replaceAll("0", "o")
    .replaceAll("rn", "m")
    .replaceAll("vv", "w")
}

/** Whether there is more to the likeness of two names than case, separators and digits. */
export function isForeignLikeness(a: string, b: string): boolean {
  return [a, b].some((name) => /\P{ASCII}/u.test(name))
}

const latin = /\p{Script=Latin}/u
const alike = /[\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Cherokee}]/u
const letter = /\p{L}/u
/** What may stand beside Latin letters in one name: UTS 39, "highly restrictive". */
const besideLatin =
  /[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}\p{Script=Common}\p{Script=Inherited}]/gu

const likeLatin = [/\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u, /\p{Script=Cherokee}/u]

export function mixesScripts(name: string): boolean {
  const others = name.replaceAll(besideLatin, "")
  return latin.test(name) ? letter.test(others) : likeLatin.filter((script) => script.test(others)).length > 1
}

/** In prose Greek letters stand beside Latin ones for good reasons. */
export function findMixedWord(text: string): string | undefined {
  if (!alike.test(text)) return undefined
  return text.match(/[\p{L}\p{M}]+/gu)?.find((word) => alike.test(word) && latin.test(word))
}

/** Whether no letter of the name is Latin and each looks as if it were. */
export function looksLatin(name: string): boolean {
  return /\P{ASCII}/u.test(name) && !latin.test(name) && letter.test(name) && /^\p{ASCII}*$/u.test(foldText(name))
}
