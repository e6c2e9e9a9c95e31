/**
 * Everything that can be found in the definitions of a service, and how grave it is. What is high holds the service
 * until somebody has looked. docs/admission.md shows this table, and a test compares the two.
 */

export type Severity = "high" | "medium" | "low"

type Rule = { readonly severity: Severity; readonly explanation: string }

const high = (explanation: string): Rule => ({ severity: "high", explanation })
const medium = (explanation: string): Rule => ({ severity: "medium", explanation })
const low = (explanation: string): Rule => ({ severity: "low", explanation })

export const rules = {
  tag_characters: high("Characters of the tag block carry text that a model reads and nobody sees."),
  bidi_control: high("Bidirectional controls make the text look different from what it is."),
  variation_run: high("Variation selectors in a row can carry a hidden message."),
  invisible_run: high("Many invisible characters can carry a hidden message."),
  invisible_in_name: high("A name with an invisible character is not the name that it looks like."),
  ansi_escape: high("Escape sequences can rewrite what a terminal shows, or its clipboard."),
  control_character: medium("Control characters have no business in a text for people or models."),
  bidi_mark: medium("A mark of direction can change the order in which a text is seen."),
  invisible_character: medium("An invisible character can part words that a filter looks for."),
  lone_surrogate: medium("Half a character is read differently by different readers."),
  written_escape: medium("The text spells an escape sequence that a careless reader would carry out."),
  line_separator: low("An unusual line break; some readers see one line where others see two."),
  private_use: low("A character without a common meaning."),

  mixed_script: high("A name mixes letters of scripts that look alike."),
  lookalike_name: high("Letters of another script or width make this name look like another one."),
  similar_service: high("The service's name looks like that of another service."),
  similar_name_elsewhere: high("In the list of all tools this name looks like one of another service."),
  takes_operation_name: high("Without a prefix this name is that of one of the gateway's own operations."),
  mixed_words: medium("A word mixes Latin and other letters that look alike."),
  latin_lookalikes: medium("A name is written in letters that only look like Latin ones."),
  similar_name: medium(
    "Two names of the service differ only in case, separators or digits that look like letters.",
  ),
  reserved_name: medium(
    "The name is that of one of the gateway's own operations; only the prefix tells them apart.",
  ),
  names_operation: medium("The text names an operation of the gateway that changes it."),
  names_other_tool: medium("The text names a tool of another service."),
  same_name_elsewhere: low("Another service has one of the same name; the prefix tells them apart."),
  unusual_name: low(
    "A name with other signs than letters, digits, '_', '-', '.' and '/' is renamed by many clients.",
  ),

  do_not_tell: high("It asks that something be kept from the user."),
  secretly: high("It asks for something to be done without the user's knowledge."),
  ignore_instructions: high("It asks for other instructions to be ignored."),
  important_tag: high("A tag gives the text the looks of an instruction to the model."),
  exfiltrate: high("It asks for the conversation or its context to be passed on."),
  secret_path: high("It asks for a file in which people keep secrets."),
  new_role: high("It gives the model a new role or new instructions."),
  shell_pipe: high("It names a command that runs what it downloads."),
  hidden_text: high("Part of the text is made not to be seen: a comment, or far below the rest."),
  do_not_notify: medium("It asks that nobody be notified."),
  gather_context: medium("It asks for what the model was told, knows or thinks."),
  skip_consent: medium("It asks for something to be done without asking the user."),
  settings_file: medium("It names a file or an address that often holds secrets."),
  hidden_style: medium("A style that makes text invisible where it is rendered."),
  note_to_model: medium("It speaks to the model, not of what the tool does."),
  system_prompt: medium("It speaks of the system prompt."),
  before_using: medium("It asks for something else to be done first."),
  must_call: medium("It asks to be called whatever the task is."),
  other_tool: medium("It says how other tools are to be used."),
  credentials: medium("It asks for a password, a key or a token to be passed on."),
  send_to_address: medium("It asks for something to be sent to an address in the text."),
  gather_files: medium("It asks for files or variables to be read and passed on."),
  run_command: medium("It asks for a command to be run."),
  base64_blob: medium("A long encoded text that nobody can read."),
  remote_image: medium("An image from elsewhere; to fetch it tells its owner what stands in its address."),
  urgent_words: low("It insists more than a description needs to."),
  obey_words: low("It tells the model what it must do."),

  huge_text: high(
    "A text so long that it was not looked at to its end, and drowns whatever else a model is told.",
  ),
  too_much_text: high("The definitions are so long that not all of them were looked at."),
  long_text: medium("A long text costs tokens with every request, and hides things."),
  remote_ref: medium("A schema refers to something outside of itself, which can change."),
  unknown_type: medium("A schema names a type that does not exist."),
  deep_schema: medium("A schema is nested so deep that clients may refuse it."),
  misleading_annotation: medium("The annotations say that nothing is changed, the name says something else."),
  side_channel: medium("A parameter for remarks, through which a model can be made to pass on what it knows."),
  icon_address: medium("An icon is fetched by a scheme that no icon needs."),
  no_description: low("Nothing says what it does."),
  undescribed_parameter: low("Nothing says what a required parameter is for."),
  large_enum: low("A list of so many values costs tokens with every request."),
  costly_pattern: low("A pattern that can keep whoever runs it busy for very long."),
  unreadable_item: low("An item that could not be read; it is not offered."),
} as const satisfies Readonly<Record<string, Rule>>

export type RuleId = keyof typeof rules
