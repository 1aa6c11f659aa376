"""Encodes awkward texts with Python's tokenizers: python check-tokenizer.py src/lm/goldens/tokenizer.

Writes python-ids.json into the folder. With transformers installed, also renders a chat with the folder's template.
"""
import json
import sys
from tokenizers import Tokenizer

folder = sys.argv[1]
TEXTS = [
    "", " ", "   ", "Hello world", "How do I brew the tea for my neighbour's party?", "don't WON'T we'll I'd",
    "line one\nline two\n\n\n  indented\ttab \r\n", "numbers 1234567890 3.14", "zażółć gęślą jaźń", "日本語のテキスト",
    "emoji 🍵👩‍👩‍👧 flags 🇵🇱", "<|user|>hi<|assistant|>no<|end|>", "a<|end|><|end|> b", "<|end", "||><<|user|",
    "\u00a0nbsp\u2003em\u200bzero", "e\u0301 combining", "\x00\x01\x7f", "''s 's", "trailing spaces   ",
]
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
cases = [{"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids} for text in TEXTS]
with open(f"{folder}/python-ids.json", "w") as file:
    json.dump(cases, file, indent=1)
    file.write("\n")
try:
    from transformers import AutoTokenizer
except ImportError:
    sys.exit()
chat = [{"role": "user", "content": "Brew tea"}, {"role": "assistant", "content": "First, boil water."}]
auto = AutoTokenizer.from_pretrained(folder)
print(type(auto).__name__, auto.eos_token, auto.pad_token, len(auto))
print(auto.apply_chat_template(chat, tokenize=False), auto.apply_chat_template(chat[:1], add_generation_prompt=True))
