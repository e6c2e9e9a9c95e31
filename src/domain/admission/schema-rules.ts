/**
 * What is odd about the shape of a tool: its schemas, its annotations, its icons. Whether a schema is valid at all is
 * decided when it is listed, and nothing here is compiled or fetched.
 */

import type { Part } from "./definition-texts.ts"
import { found, type Finding } from "./finding.ts"
import { isCostlyPattern } from "./pattern-cost.ts"
import type { RuleId } from "./rules.ts"

type Members = Readonly<Record<string, unknown>>

const deepest = 16
const largestEnum = 200
const types = new Set(["array", "boolean", "integer", "null", "number", "object", "string"])

/** @returns one finding of each kind at most */
export function findShapeTrouble({ where, kind, name }: Part, value: unknown): readonly Finding[] {
  if (!isMembers(value)) return []
  const findings = new Map<RuleId, Finding>()
  const add = (id: RuleId, at: string, text: string): void => {
    if (!findings.has(id)) findings.set(id, found(id, at, text))
  }
  if (kind !== undefined && Object.keys(value).length === 0) add("unreadable_item", where, "")
  if (kind === "tools") {
    if (isBlank(value["description"])) add("no_description", where, name)
    const silent = undescribed(value["inputSchema"])
    if (silent.length > 0) add("undescribed_parameter", `${where}/inputSchema`, silent.join(", "))
    for (const role of ["inputSchema", "outputSchema"]) lintSchema(value[role], `${where}/${role}`, add)
    if (isMisleading(name, value["annotations"])) add("misleading_annotation", where, name)
  }
  for (const address of iconsOf(value))
    if (!/^(?:https:|data:image\/)/i.test(address)) add("icon_address", `${where}/icons`, address)
  return [...findings.values()]
}

type Add = (id: RuleId, at: string, text: string) => void

function lintSchema(root: unknown, at: string, add: Add): void {
  if (!isMembers(root)) return
  const waiting: { value: unknown; depth: number; isSchema: boolean }[] = [
    { value: root, depth: 1, isSchema: true },
  ]
  for (const { value, depth, isSchema } of waiting) {
    if (typeof value !== "object" || value === null) continue
    if (depth > deepest) add("deep_schema", at, `${depth} levels`)
    if (isSchema && isMembers(value)) lintOne(value, at, add)
    for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
      if (isSchema && data.has(key)) continue
      waiting.push({ value: inner, depth: depth + 1, isSchema: !(isSchema && maps.has(key)) })
    }
  }
}

const maps = new Set(["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"])
const data = new Set(["const", "enum", "default", "examples"])

function lintOne(schema: Members, at: string, add: Add): void {
  const { $ref, type, pattern, properties } = schema
  if (typeof $ref === "string" && !$ref.startsWith("#")) add("remote_ref", at, $ref)
  const named = [type].flat().filter((each) => each !== undefined)
  if (named.some((each) => typeof each !== "string" || !types.has(each)))
    add("unknown_type", at, JSON.stringify(type))
  if (Array.isArray(schema["enum"]) && schema["enum"].length > largestEnum)
    add("large_enum", at, `${schema["enum"].length} values`)
  if (typeof pattern === "string" && isCostlyPattern(pattern)) add("costly_pattern", at, pattern)
  const remark = isMembers(properties) && Object.keys(properties).find((key) => remarks.test(key))
  if (typeof remark === "string") add("side_channel", at, remark)
}

const remarks =
  /^_?(?:side_?note|hidden_?note|scratch_?pad|internal_?note|conversation_?history|chat_?history|system_?prompt)s?$/i

function undescribed(schema: unknown): readonly string[] {
  if (!isMembers(schema) || !Array.isArray(schema["required"])) return []
  return schema["required"].filter((name) => typeof name === "string" && isBlank(describedIn(schema, name)))
}

function describedIn({ properties }: Members, name: string): unknown {
  const property = isMembers(properties) ? properties[name] : undefined
  return isMembers(property) ? (property["description"] ?? property["title"]) : ""
}

const changing =
  /^(?:delete|remove|drop|write|send|create|update|destroy|purge|transfer|pay|execute|kill|erase)(?:[_-]|[A-Z]|$)/

function isMisleading(name: string, annotations: unknown): boolean {
  if (!isMembers(annotations)) return false
  const { readOnlyHint, destructiveHint } = annotations
  return readOnlyHint === true && (destructiveHint === true || changing.test(name))
}

function iconsOf({ icons }: Members): readonly string[] {
  return Array.isArray(icons)
    ? icons.flatMap((icon) => (isMembers(icon) && typeof icon["src"] === "string" ? [icon["src"]] : []))
    : []
}

function isBlank(value: unknown): boolean {
  return typeof value !== "string" || value.trim() === ""
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
