/** docs/admission.md: what is looked for in the definitions of a service, from the table of rules. */

import { rules, type RuleId, type Severity } from "../src/domain/admission/rules.ts"

const severities: readonly (readonly [Severity, string])[] = [
  [
    "high",
    "Holds a service whose first use would else be trusted (`pin: first_use`): nothing of it is listed or callable until `approve_tools`.",
  ],
  ["medium", "Seldom in what honest services say; worth a look."],
  ["low", "Good to know."],
]

const intro = [
  "A service tells models what its tools do, and a model cannot tell a description from an instruction. So before a service is relied upon, all that it says of itself is looked at: names, titles, descriptions, " +
    "schemas with every description, enum value and default in them, annotations, icons, `_meta`, prompts, resources, templates and its own instructions. The operation `inspect_service` gives the report: what was found, what the service offers, and what its tools cost a model in tokens with every request.",
  "What a service by URL offers can be seen before it is let in: the gateway makes one connection, asks for the lists, calls nothing, keeps nothing and closes it. The plan of `register_service` and `update_service` (with `dry_run`, or where a change needs an approval) has the report in its notes, and a finding of high severity makes it a plan of high risk. A program is never started to be looked at.",
  "What is shown of a foreign text is short, in one line, and has every character that no eye sees written out, as in `\\u{202e}`. Texts are read with lookalike letters, widths, marks and invisible characters undone, so that `Dо nоt tеll` with Cyrillic letters is what it looks like. " +
    "The lookalikes are the Latin, Greek, Cyrillic, Armenian and Cherokee letters of Unicode's `confusables.txt` (UTS 39).",
  "**What this is worth.** Hidden characters and escape sequences are always found, names like other names as far as the table of lookalikes goes. Instructions in plain words are found by rules, and whoever knows the rules can write around them; in other languages than English most are not found. " +
    "So what an agent or a workload registers, and whatever has changed since it was approved, waits for approval whatever the report says; and where the setting `pin` trusts the first use of a service, it does so only while nothing of high severity is found.",
  "At most 32 Ki characters of one text and 8 Mi of all are looked at, of one item at most a mebibyte; what is longer is itself a finding. Tokens are counted by the encoding `o200k_base`; other models split texts otherwise ([decision 19](decisions/0019-token-cost.md)).",
]

/** @param made the line that says where the page comes from */
export function admissionPage(made: string): string {
  const chapters = severities.map(([severity, sentence]) => {
    const ids = (Object.keys(rules) as RuleId[]).filter((id) => rules[id].severity === severity)
    const rows = ids.map((id) => `| \`${id}\` | ${rules[id].explanation} |`)
    return [`## ${severity}`, sentence, ["| rule | |", "|---|---|", ...rows].join("\n")].join("\n\n")
  })
  return `${["# Admission of services", made, ...intro, ...chapters].join("\n\n")}\n`
}
