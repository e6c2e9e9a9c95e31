/**
 * One call, at least, of every tool of the real servers, with arguments that make its answer the same each time. Where
 * an answer varies by its nature, the part that does is named and left out of the comparison, with the reason.
 */
import type { RealService } from "./real-services.ts"

export type ToolCall = {
  readonly tool: string
  readonly values: object
  readonly varies?: { readonly why: string; readonly where: RegExp }
}

const call = (tool: string, values: object = {}): ToolCall => ({ tool, values })

const time = { why: "says when it was made", where: /\d{1,2}:\d{2}:\d{2}.[AP]M|(?<="blob":")[^"]+/g }
const session = { why: "names the session, which differs behind the gateway", where: /for session [^\s"]+/g }
const surroundings = { why: "shows the environment of its own process", where: /(?<="text":").*(?=")/g }

const everything: readonly ToolCall[] = [
  call("echo", { message: 'Grüße, "world" \u2028 \ud83d\udc4b' }),
  call("get-annotated-message", { messageType: "error", includeImage: true }),
  { ...call("get-env"), varies: surroundings },
  call("get-resource-links", { count: 4 }),
  { ...call("get-resource-reference", { resourceType: "Text", resourceId: 3 }), varies: time },
  call("get-structured-content", { location: "Chicago" }),
  call("get-sum", { a: 0.1, b: 0.2 }),
  call("get-sum", { a: "no number" }),
  call("get-tiny-image"),
  call("gzip-file-as-resource", { name: "a.gz", data: "data:text/plain,hello", outputType: "resource" }),
  { ...call("toggle-simulated-logging"), varies: session },
  { ...call("toggle-simulated-logging"), varies: session },
  { ...call("toggle-subscriber-updates"), varies: session },
  { ...call("toggle-subscriber-updates"), varies: session },
  call("trigger-long-running-operation", { duration: 0.2, steps: 2 }),
  call("simulate-research-query", { topic: "gateways" }),
]

const ann = { name: "Ann", entityType: "person", observations: ["likes tea"] }
const relation = { from: "Ann", to: "Bob", relationType: "knows" }

/** Ends with an empty graph, as it began. */
const memory: readonly ToolCall[] = [
  call("create_entities", { entities: [ann, { ...ann, name: "Bob" }] }),
  call("create_relations", { relations: [relation] }),
  call("add_observations", { observations: [{ entityName: "Ann", contents: ["has a cat"] }] }),
  call("add_observations", { observations: [{ entityName: "Nobody", contents: ["is missing"] }] }),
  call("read_graph"),
  call("search_nodes", { query: "tea" }),
  call("open_nodes", { names: ["Bob"] }),
  call("delete_observations", { deletions: [{ entityName: "Ann", observations: ["has a cat"] }] }),
  call("delete_relations", { relations: [relation] }),
  call("delete_entities", { entityNames: ["Ann", "Bob"] }),
]

function filesystem(folder: string): readonly ToolCall[] {
  const notes = `${folder}/notes`
  const file = `${notes}/a.txt`
  return [
    call("list_allowed_directories"),
    call("create_directory", { path: `${notes}/deep/er` }),
    call("write_file", { path: `${notes}/b.txt`, content: "written\n" }),
    call("read_file", { path: file }),
    call("read_text_file", { path: file, tail: 1 }),
    call("read_text_file", { path: "/etc/passwd" }),
    call("read_media_file", { path: `${notes}/pixel.png` }),
    call("read_multiple_files", { paths: [file, `${notes}/missing.txt`] }),
    call("edit_file", { path: file, edits: [{ oldText: "second", newText: "2nd" }] }),
    call("list_directory", { path: notes }),
    call("list_directory_with_sizes", { path: notes, sortBy: "size" }),
    call("directory_tree", { path: folder }),
    call("move_file", { source: `${notes}/b.txt`, destination: `${notes}/deep/b.txt` }),
    call("search_files", { path: folder, pattern: "**/*.txt" }),
    call("get_file_info", { path: `${folder}/still.txt` }),
  ]
}

const journey: readonly ToolCall[] = [
  call("echo", { message: "12345678901234567890" }),
  call("add", { a: 1, b: 2 }),
  call("slow", { steps: 2 }),
]

export function callsOf({ kind }: RealService, folder: string): readonly ToolCall[] {
  return kind === "filesystem" ? filesystem(folder) : { everything, memory, journey }[kind]
}
