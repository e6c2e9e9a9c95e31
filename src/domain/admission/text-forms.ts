/**
 * Instructions and hidden things told by the form of a text. Each pattern reads a text once: nothing in it repeats what
 * repeats itself, and whatever may be long has an end.
 */

import { found, type Finding } from "./finding.ts"
import type { RuleId } from "./rules.ts"

type Form = { readonly id: RuleId; readonly pattern: RegExp }

/** Of the folded text, in lower case. Angle brackets around one word may stand for a value; what is closed is a tag. */
const forms: readonly Form[] = [
  form("important_tag", /<{1,2}\/?\s?(?:important|sys|hidden|critical)\s?>/),
  form(
    "important_tag",
    /<\/\s?(?:system|instructions?|secret|admin|assistant|developer|user|override|prompt|rules)\s?>/,
  ),
  form("important_tag", /<\|[a-z_]{1,24}\|>|\[\/?inst\]/),
  form(
    "important_tag",
    /(?:^|\n)#{1,4} ?(?:system|assistant|new instructions) ?:|(?:^|\n)(?:system|assistant) ?: ?you\b/,
  ),
  form(
    "secret_path",
    /\b(?:read|open|cat|contents?|send|pass|include|upload|attach|copy|fill)\b.{0,60}(?:\.ssh\/|\bid_(?:rsa|ed25519))/,
  ),
  form(
    "secret_path",
    /\b(?:read|open|cat|contents?|send|pass|include|upload|attach|copy|fill)\b.{0,60}\.(?:aws|kube|gnupg)\//,
  ),
  form(
    "secret_path",
    /\b(?:read|open|cat|contents?|send|pass|include|upload|attach|copy|fill)\b.{0,60}\.(?:netrc|pgpass|git-cred)/,
  ),
  form(
    "secret_path",
    /\b(?:read|open|cat|contents?|send|pass|include|upload|attach|copy|fill)\b.{0,60}(?:mcp\.json|_history\b)/,
  ),
  form("secret_path", /\/etc\/(?:passwd|shadow|sudoers)|wallet\.dat|claude_desktop_config|169\.254\.169\.254/),
  form(
    "settings_file",
    /(?:^|[\s"'`/~(])\.env\b(?!\.example)|\bmcp\.json|\.npmrc|\.(?:bash|zsh)_history|\.docker\/config/,
  ),
  form(
    "settings_file",
    /\.(?:ssh|aws|kube|gnupg)\/|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|\.git-credentials|\.netrc|\.pgpass/,
  ),
  form("shell_pipe", /\b(?:curl|wget)\b[^|\n]{0,200}\|\s?(?:sudo )?(?:ba|z|da)?sh\b|base64 (?:-d|--decode)/),
  form("shell_pipe", /\bpowershell\b.{0,40}-enc/),
  form("hidden_text", /<!--[^>]{20}|(?:\r?\n[ \t]?){20}|[ \t]{200}/),
  form("hidden_style", /display ?: ?none|font-size ?: ?0|visibility ?: ?hidden|opacity ?: ?0[;"' ]/),
  form("remote_image", /!\[[^\]\n]{0,200}\]\(\s?https?:|<img\b|<iframe\b|<script\b/),
  form(
    "send_to_address",
    /\b(?:send|forward|e-?mail|b?cc|post|upload|submit|report|copy)\b.{0,80}@[\w-]{1,64}\.[a-z]/,
  ),
  form("send_to_address", /\b(?:send|forward|post|upload|submit|transmit|report)\b.{0,80}\bhttps?:\/\//),
  form("written_escape", /\\(?:x1b|u001b|033|e)\[/),
]

function form(id: RuleId, pattern: RegExp): Form {
  return { id, pattern }
}

/** As it was written, since case matters. */
const encoded = /(?:[A-Za-z0-9+/_-]{60}){2}[A-Za-z0-9+/_-]{0,9999}/g

/** @returns one finding of each kind at most */
export function findForms(where: string, text: string, folded: string): readonly Finding[] {
  const findings = new Map<RuleId, Finding>()
  for (const { id, pattern } of forms) {
    if (findings.has(id)) continue
    const match = pattern.exec(folded)
    if (match) findings.set(id, found(id, where, folded.slice(Math.max(0, match.index - 16), match.index + 120)))
  }
  const blob = text.match(encoded)?.find(isDense)
  if (blob !== undefined) findings.set("base64_blob", found("base64_blob", where, blob.slice(0, 80)))
  return [...findings.values()]
}

/** What is encoded has letters of both cases and digits all over. */
function isDense(blob: string): boolean {
  const head = blob.slice(0, 120)
  return [/[a-z]/, /[A-Z]/, /\d/].every((pattern) => pattern.test(head)) && new Set(head).size > 20
}
