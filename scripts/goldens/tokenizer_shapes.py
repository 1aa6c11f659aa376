"""Tokenizers of the shapes that real families have, and what transformers makes of awkward texts and conversations with them.

pip install tokenizers transformers jinja2
python scripts/goldens/tokenizer_shapes.py test/goldens/tokenizers

Each folder gets tokenizer.json, tokenizer_config.json and golden.json: ids of texts, and rendered conversations as text and ids. The
vocabularies are learnt here from a few sentences; pre-tokenizers, normalizers, decoders and chat templates are in the form of
the families named.
"""
import json
import pathlib
import sys

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "How do I brew the tea for my neighbour's party? First, boil the water; then wait for three minutes.",
    "def main(args):\n    for i in range(10):\n        print(i ** 2, end='\\t')\n\n\n# done",
    "The quick brown fox jumps over the lazy dog. It's what they'd said they'll do, and WON'T.",
    "zażółć gęślą jaźń, el niño comió piñatas, el café está frío, straße, ÆØÅ",
    "日本語のテキストです。中文文本也在这里。한국어 텍스트도 있습니다. Привет, мир!",
    "1234567890 3.14159 2024-05-17 +49 (0)30 123 456, 100% of $9.99",
] * 8

TEXTS = [
    " ", "   ", "\n", "\n\n \n", "\t\t x", "Hello world", "  two spaces  inside   and after ", "don't WON'T we'll I'd 's ''s",
    "line one\nline two\r\n\r\n   indented\ttab \r\n", "numbers 1234567890 3.14 12 345", "x=1;y+=22//3", "zażółć gęślą jaźń",
    "日本語のテキスト、中文。한국어", "emoji 🍵👩‍👩‍👧 flags 🇵🇱 ☕️", "\u00a0nbsp\u2003em\u200bzero\ufeffbom", "e\u0301 combining å vs a\u030a",
    "\x00\x01\x7f", "trailing spaces   ", "ΑΒΓ αβγ ſ ﬁ Ⅷ ½", "мир! Привет…", "a" * 40, "!?!?...---___", "https://example.org/a?b=c&d=%20",
    "▁under▁score", "<|im_start|", "[INST", "<0x41>", "שלום עולם", "नमस्ते दुनिया", "\u202eright to left\u202c",
]

CONVERSATIONS = [
    [("user", "Hello")],
    [("user", "Hello"), ("assistant", "Good day.")],
    [("system", "Be kind."), ("user", "Brew tea?")],
    [("user", "One"), ("assistant", "Two"), ("user", "Three"), ("assistant", "Four")],
    [("system", "Short answers."), ("user", "  spaces around  "), ("assistant", "\nline first\n"), ("user", "ok")],
    [("user", "日本語 🍵"), ("assistant", "code:\n\n    x = 1\n")],
    [("user", ""), ("assistant", "An empty question.")],
]

CHATML = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] +"
    " '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content"
    " %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
MISTRAL = (
    "{%- if messages[0]['role'] == 'system' %}{%- set system_message = messages[0]['content'] %}{%- set loop_messages = messages[1:] %}"
    "{%- else %}{%- set loop_messages = messages %}{%- endif %}{{- bos_token }}{%- for message in loop_messages %}"
    "{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{- raise_exception('roles must alternate') }}{%- endif %}"
    "{%- if message['role'] == 'user' %}{%- if loop.first and system_message is defined %}"
    "{{- ' [INST] ' + system_message + '\n\n' + message['content'] + ' [/INST]' }}{%- else %}"
    "{{- ' [INST] ' + message['content'] + ' [/INST]' }}{%- endif %}{%- else %}{{- ' ' + message['content'] + eos_token }}{%- endif %}{%- endfor %}"
)
LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPLIT = LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}")


def byte_level(pre_tokenizer, specials, normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=500, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    return tokenizer


def smollm2():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    names = dict(bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>")
    return byte_level(pre, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]), names, CHATML


def qwen2():
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN_SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    names = dict(eos_token="<|im_end|>", pad_token="<|endoftext|>")
    return byte_level(pre, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC()), names, CHATML


def llama3():
    pre = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(LLAMA3_SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    specials = ["<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>"]
    tokenizer = byte_level(pre, specials)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", tokenizer.token_to_id("<|begin_of_text|>"))])
    return tokenizer, dict(bos_token="<|begin_of_text|>", eos_token="<|eot_id|>"), LLAMA3


def mistral():
    """Sentencepiece as tokenizers has it: spaces become a mark, unknown characters bytes."""
    trained = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    trained.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    specials = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)]]
    trained.train_from_iterator([text.replace("日本語", "") for text in CORPUS], trainers.BpeTrainer(
        vocab_size=700, special_tokens=specials, limit_alphabet=90, show_progress=False))
    document = json.loads(trained.to_str())
    document["added_tokens"] = [token for token in document["added_tokens"] if token["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(document))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return tokenizer, dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>"), MISTRAL


def write(folder, tokenizer, names, template):
    folder.mkdir(parents=True, exist_ok=True)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, **names)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    (folder / "tokenizer_config.json").write_text(json.dumps({**names, "chat_template": template}, ensure_ascii=False) + "\n")
    texts = [
        {"text": text, "ids": (ids := tokenizer.encode(text, add_special_tokens=False).ids), "decoded": tokenizer.decode(ids)}
        for text in TEXTS
    ]
    conversations = []
    for turns in CONVERSATIONS:
        messages = [{"role": role, "content": content} for role, content in turns]
        opened = turns[-1][0] != "assistant"
        rendered = fast.apply_chat_template(messages, tokenize=False, add_generation_prompt=opened)
        conversations.append({"messages": messages, "opened": opened, "text": rendered,
                              "ids": fast(rendered, add_special_tokens=False)["input_ids"]})
    golden = {"texts": texts, "conversations": conversations}
    (folder / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")


root = pathlib.Path(sys.argv[1])
for make in (smollm2, qwen2, llama3, mistral):
    write(root / make.__name__, *make())
