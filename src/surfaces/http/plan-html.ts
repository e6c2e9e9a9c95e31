/**
 * The page on which a person decides on a plan, as HTML: without script, style or anything from elsewhere. Whatever it shows
 * was written by somebody who is not trusted, so all of it is escaped, and what no eye sees is written out. What the page does:
 * plan-page.ts.
 */

import { visibleJson } from "../../domain/visible-text.ts"
import type { PlanRow } from "../../operations/plans/plan-row.ts"

/** A form is sent here only, with the Origin that the guard looks at; nothing else is loaded, run or framed. */
export const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-forms allow-same-origin",
  "referrer-policy": "same-origin",
} as const

/** The same whatever plan it is for, and whether or not there is one. */
export const entrance = page(`<h1>A plan</h1>
<p>Who may decide on plans sees it here. Nothing is kept: you are asked each time.</p>
<form method="post">
<p><label>Your key: <input type="password" name="key" autocomplete="off"></label></p>
<p>or <label>name: <input name="name" autocomplete="username"></label>
<label>password: <input type="password" name="password" autocomplete="current-password"></label></p>
<p><button name="do" value="show">Show the plan</button></p>
</form>`)

/** @param ticket stands for who has looked at this plan as it is here */
export function planPage(plan: PlanRow, ticket: string): string {
  const decide =
    plan.state === "pending"
      ? `<form method="post">
<input type="hidden" name="ticket" value="${escaped(ticket)}">
<p>${approving(plan)}</p>
<p><label>Reason: <input name="reason" maxlength="500"></label> <button name="do" value="reject">Reject it</button></p>
</form>`
      : "<p>There is nothing to decide on it now.</p>"
  return page(`<h1>Plan ${escaped(plan.id)}</h1>\n${factsOf(plan)}\n${decide}`)
}

function approving({ cannotApprove }: PlanRow): string {
  if (cannotApprove !== undefined) return `You cannot approve it. ${escaped(cannotApprove)}`
  return '<button name="do" value="approve">Approve what stands here</button>'
}

export function messagePage(title: string, message: string): string {
  return page(`<h1>${escaped(title)}</h1>\n<p>${escaped(message)}</p>\n<p><a href="">Look at the plan</a></p>`)
}

function factsOf(plan: PlanRow): string {
  const { operation, proposedBy, state, risk, changes, affects, notes, digest, createdAt, expiresAt } = plan
  const { principals, tools } = affects
  const facts = [
    ["State", state],
    ["Operation", operation],
    ["Proposed by", proposedBy],
    ["Risk", risk.class],
    ...risk.reasons.map(({ class: of, reason }) => [`${of}, because it`, reason]),
    ["Affects", `${sayAffected("principals", principals)}, ${sayAffected("tools", tools)}`],
    ...notes.map((note) => ["Note", note]),
    ["Made", createdAt],
    ["Until", expiresAt],
    ["Digest", digest],
  ] // oxfmt-ignore
  const rows = facts.map(
    ([name = "", value = ""]) => `<tr><th>${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  )
  const shown = changes.map(
    ({ subject, name, effect, diff }) =>
      `<h2>${escaped(`${effect} ${subject} ${name}`)}</h2>\n<pre>${diff.map(escaped).join("\n")}</pre>`,
  )
  return [`<table>\n${rows.join("\n")}\n</table>`, ...shown].join("\n")
}

function sayAffected(what: string, { count, names }: PlanRow["affects"]["tools"]): string {
  const all = `${count} ${count === 1 ? what.replace(/s$/, "") : what}`
  return names.length > 0 ? `${all} (${names.join(", ")})` : all
}

function page(body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>mcp-meta: a plan</title></head>
<body>
${body}
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
}
const control = /\p{Cc}/gu

/** One line, with escapes for what would act on it or hide in it. */
function escaped(text: string): string {
  const seen = visibleJson(text).replaceAll(
    control,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
  return seen.replaceAll(/[&<>"']/g, (one) => entities[one] ?? "")
}
