/** What a service offers: found in the lists, and used. */
import assert from "node:assert/strict"
import { nameOf, textOf, uriOf, type Bench, type Feature } from "../feature.ts"

export const tools: Feature = {
  name: "tools",
  proof: "tools are listed under the service's name and called; what they answer, failures too, comes as it is",
  prove: async (bench) => {
    const { driver } = bench
    const names = (await driver.items("tools")).map(({ name }) => name)
    assert.ok(names.includes(nameOf(bench, "test_simple_text")), names.join(" "))
    assert.match(textOf(await driver.call(nameOf(bench, "test_simple_text"))), /^This is a simple text response/)
    const { content } = await driver.call(nameOf(bench, "test_multiple_content_types"))
    assert.deepEqual(
      (content as { type: string }[]).map(({ type }) => type),
      ["text", "image", "resource"],
    )
    assert.equal((await driver.call(nameOf(bench, "test_error_handling")))["isError"], true)
    await assert.rejects(driver.call(nameOf(bench, "test_unknown")), /Unknown tool/)
  },
}

export const prompts: Feature = {
  name: "prompts",
  proof: "prompts are listed under the service's name and got with their arguments",
  prove: async (bench) => {
    const { driver } = bench
    const name = nameOf(bench, "test_prompt_with_arguments")
    const found = (await driver.items("prompts")).find((prompt) => prompt.name === name)
    assert.ok(found, "it is listed")
    const { messages } = await driver.prompt(name, { arg1: "one", arg2: "two" })
    assert.match(JSON.stringify(messages), /arg1='one', arg2='two'/)
  },
}

export const resources: Feature = {
  name: "resources",
  proof: "resources are listed with the service in their URI, and read as text and as bytes",
  prove: async (bench) => {
    const { driver } = bench
    const listed = (await driver.items("resources")).map(({ uri }) => uri)
    const [text, bytes] = [uriOf(bench, "test://static-text"), uriOf(bench, "test://static-binary")]
    assert.ok(listed.includes(text) && listed.includes(bytes), listed.join(" "))
    assert.match(JSON.stringify(await driver.read(text)), /content of the static text resource/)
    assert.match(JSON.stringify(await driver.read(bytes)), /"blob":"iVBOR/)
    await assert.rejects(driver.read(uriOf(bench, "test://missing")), refusesResource(bench))
  },
}

/** Told by another code since 2026-07-28, into which the library of that time turns the older one too. */
function refusesResource({ client }: Bench): (error: unknown) => boolean {
  const code = client.library === "sdk-2" ? -32602 : -32002
  return (error) => (error as { code?: number }).code === code
}

export const templates: Feature = {
  name: "templates",
  proof: "a listed template, filled in, is the URI of a resource",
  prove: async (bench) => {
    const { driver } = bench
    const template = uriOf(bench, "test://template/{id}/data")
    const listed = (await driver.items("templates")).map(({ uriTemplate }) => uriTemplate)
    assert.ok(listed.includes(template), listed.join(" "))
    assert.match(JSON.stringify(await driver.read(template.replace("{id}", "42"))), /Data for ID: 42/)
  },
}

export const completion: Feature = {
  name: "completion",
  proof: "arguments of prompts and of templates are completed",
  prove: async (bench) => {
    const { driver } = bench
    const prompt = { type: "ref/prompt" as const, name: nameOf(bench, "test_prompt_with_arguments") }
    const template = { type: "ref/resource" as const, uri: uriOf(bench, "test://template/{id}/data") }
    const cities = ["paris", "park", "party"]
    assert.deepEqual(await driver.complete(prompt, { name: "arg1", value: "par" }), cities)
    assert.deepEqual(await driver.complete(template, { name: "id", value: "par" }), cities)
  },
}
