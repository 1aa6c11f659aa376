// The special tokens of the tokenizers we train ourselves, and the chat template that uses them. Checkpoints from
// elsewhere bring their own of both.

/** Written once, here; everything else asks the tokenizer for ids. The order is the order of the ids. */
export const TURN_TOKENS = {
  end: "<|end|>",
  pad: "<|pad|>",
  user: "<|user|>",
  assistant: "<|assistant|>",
  system: "<|system|>",
} as const;

/** A turn is its role's token and its text; the assistant ends its turns with `<|end|>`. Jinja, as in tokenizer_config.json. */
export const TURN_TEMPLATE = [
  "{% for m in messages %}",
  `{% if m.role == 'user' %}${TURN_TOKENS.user}{{ m.content }}`,
  `{% elif m.role == 'system' %}${TURN_TOKENS.system}{{ m.content }}`,
  `{% else %}${TURN_TOKENS.assistant}{{ m.content }}${TURN_TOKENS.end}{% endif %}`,
  "{% endfor %}",
  `{% if add_generation_prompt %}${TURN_TOKENS.assistant}{% endif %}`,
].join("");
