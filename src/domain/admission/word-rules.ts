/**
 * Instructions to a model where a description should be, told by words that stand near each other. A rule is a list of
 * choices: one word of each, in order, within a window. The work is linear in the text, however it is made.
 */

import { found, type Finding } from "./finding.ts"
import type { RuleId } from "./rules.ts"

type WordRule = {
  readonly id: RuleId
  /** From the first word to the last. */
  readonly window: number
  readonly choices: readonly ReadonlySet<string>[]
}

const ban = "dont mustnt without"
const user = "user users human humans person people operator operators anyone anybody owner"
const give =
  "send pass include put provide insert add append attach place submit forward upload post transmit share copy leak encode"
const read = "read open load access fetch get retrieve find collect gather cat extract list dump"
const model =
  "ai llm llms model models assistant assistants agent agents claude gpt chatgpt copilot cursor gemini chatbot"
const keys =
  "password passwords passphrase credential credentials secret secrets token tokens cookie cookies apikey"
const orders = "instruction instructions guideline guidelines prompt prompts directions guardrails"

const wordRules: readonly WordRule[] = [
  rule("do_not_tell", 7, ban, "tell inform telling informing", user),
  rule(
    "do_not_tell",
    9,
    ban,
    "mention say reveal disclose show display explain report mentioning showing",
    "to",
    user,
  ),
  rule("do_not_tell", 4, ban, "mention tell reveal disclose", "this that it"),
  rule("do_not_tell", 7, "keep", "secret hidden confidential", "from", `${user} conversation`),
  rule("do_not_tell", 7, "hide conceal hides", "this that it these", "from", user),
  rule("do_not_notify", 6, ban, "notify alert notifying alerting", user),
  rule("secretly", 1, "secretly covertly stealthily surreptitiously"),
  rule("secretly", 6, "without", user, "knowledge knowing noticing awareness seeing"),
  rule("secretly", 4, user, "mustnt", "know notice learn suspect realize"),
  rule("secretly", 4, user, "mustnt", "see", "this it that"),
  rule("skip_consent", 6, "without", user, "consent approval permission confirmation"),
  rule("skip_consent", 6, "without", "consent approval permission confirmation asking confirming", user),
  rule("skip_consent", 5, ban, "ask confirm prompt question consult asking", `${user} confirmation permission`),
  rule(
    "ignore_instructions",
    6,
    "ignore disregard forget",
    "previous prior above earlier all preceding other",
    orders,
  ),
  rule(
    "ignore_instructions",
    6,
    "ignore disregard forget",
    "any",
    `prior previous earlier other ${orders}`,
    orders,
  ),
  rule(
    "ignore_instructions",
    6,
    "ignore disregard forget",
    "previous prior above earlier",
    "rules policies restrictions",
  ),
  rule(
    "ignore_instructions",
    6,
    "override bypass discard",
    "previous prior system safety all",
    `${orders} rules policies`,
  ),
  rule("new_role", 6, "from", "now", "on", "you your always dont must"),
  rule("new_role", 4, "you", "are", "now", "a an my the"),
  rule("new_role", 4, "now", "developer dan god debug", "mode"),
  rule("new_role", 3, "new updated real actual true", "system", "prompt instructions instruction message"),
  rule("new_role", 2, "new updated real actual true", "instructions instruction", "are follow as"),
  rule("new_role", 6, "act behave pretend respond roleplay", "as like", "unrestricted unfiltered jailbroken"),
  rule("exfiltrate", 1, "exfiltrate smuggle siphon"),
  rule("exfiltrate", 8, give, "full entire whole complete all previous prior", "conversation transcript dialogue"),
  rule("exfiltrate", 8, give, "previous prior", "prompt prompts messages conversations"),
  rule("exfiltrate", 8, give, "conversation chat dialogue", "history transcript log"),
  rule("exfiltrate", 8, give, "your", "system", "prompt prompts instructions"),
  rule("gather_context", 6, give, "your", "context reasoning memory thoughts tools instructions"),
  rule("system_prompt", 1, "system", "prompt prompts"),
  rule(
    "note_to_model",
    4,
    "note message instruction instructions notice reminder directive important",
    "to for",
    model,
  ),
  rule("note_to_model", 3, "dear hey hello attention hi", model),
  rule(
    "before_using",
    5,
    "before prior",
    "using calling invoking running executing use answering replying doing",
    "this that these any tool tools other every",
  ),
  rule(
    "must_call",
    5,
    "must always should need first",
    "call invoke use run execute",
    "first before always every each tool",
  ),
  rule("must_call", 5, "always first", "call invoke run execute", "this"),
  rule("must_call", 6, "call invoke use run", "this", "tool function", "before first every each whenever always"),
  rule("must_call", 5, "regardless matter irrespective", "of what", "question task request tool user prompt"),
  rule(
    "other_tool",
    7,
    "when whenever every any each all",
    "tool tools",
    "called invoked used runs available call use",
  ),
  rule("other_tool", 7, "whenever when if", "you", "calling using use call invoke", "tool tools"),
  rule("other_tool", 8, "instead rather place lieu replaces supersedes", "of than", "tool tools function server"),
  rule("other_tool", 8, "change modify alter redirect replace", "recipient recipients destination", "of to with"),
  rule(
    "other_tool",
    6,
    "other another",
    "tool tools server",
    "are is broken deprecated unsafe disabled insecure must should",
  ),
  rule("credentials", 7, give, keys),
  rule("credentials", 7, give, "api private ssh access secret session", "key keys"),
  rule("credentials", 7, read, "password passwords credential credentials secrets cookies keychain"),
  rule(
    "gather_files",
    9,
    read,
    "file files variables directory",
    `${give} as into`,
    "parameter argument field note sidenote it them",
  ),
  rule("gather_files", 8, give, "contents content", "of", "file files environment env directory"),
  rule("gather_files", 4, read, "environment env", "variable variables"),
  rule(
    "run_command",
    5,
    "run execute type paste",
    "command commands script shell bash powershell",
    "first before following then below",
  ),
  rule("run_command", 2, "sudo", "rm chmod curl wget apt npm pip sh bash"),
  rule("run_command", 2, "rm", "rf"),
  rule("urgent_words", 1, "important critical mandatory urgent warning"),
  rule("obey_words", 3, "you", "must shall mustnt", "always dont call use do follow first read send include"),
  rule("obey_words", 2, model, "must shall should mustnt"),
]

function rule(id: RuleId, window: number, ...choices: readonly string[]): WordRule {
  return { id, window, choices: choices.map((words) => new Set(words.split(" "))) }
}

const byFirst = new Map<string, WordRule[]>()
for (const each of wordRules) {
  for (const word of each.choices[0] ?? []) byFirst.set(word, [...(byFirst.get(word) ?? []), each])
}

/** @returns one finding of each kind at most */
export function findInstructions(where: string, words: readonly string[]): readonly Finding[] {
  const findings = new Map<RuleId, Finding>()
  for (const [at, word] of words.entries()) {
    for (const rule of byFirst.get(word) ?? []) {
      if (findings.has(rule.id) || !applies(rule, words, at)) continue
      const piece = words.slice(Math.max(0, at - 2), at + rule.window + 6).join(" ")
      findings.set(rule.id, found(rule.id, where, piece))
    }
  }
  return [...findings.values()]
}

function applies({ choices, window }: WordRule, words: readonly string[], start: number): boolean {
  let at = start
  for (const choice of choices.slice(1)) {
    at += 1
    while (at <= start + window && !choice.has(words[at] ?? "")) at += 1
    if (at > start + window) return false
  }
  return true
}
