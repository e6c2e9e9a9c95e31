/** A piece of a foreign text as it may be shown: short, in one line, and with every sign that no eye sees written out. */

const maxLength = 160
const unseen = /[\p{Cc}\p{Cf}\p{DI}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu

export function shownExcerpt(text: string): string {
  const shown = escapeUnseen(text.slice(0, maxLength * 2))
  return shown.length > maxLength ? `${shown.slice(0, maxLength - 3)}...` : shown
}

/** `\u{202e}` for what is not seen. */
function escapeUnseen(text: string): string {
  return text.replaceAll(unseen, escapeSign)
}

/** The same for whatever is not ASCII, where letters of two scripts look alike. */
export function escapeForeign(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]/gu, escapeSign)
}

function escapeSign(sign: string): string {
  return `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`
}
