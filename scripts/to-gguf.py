"""A checkpoint of the Llama family in Hugging Face layout as one GGUF file, which llama.cpp reads. Its own converter takes the
tokenizers of known models alone; this one writes any byte-level BPE that splits as GPT-2's does, as the town's.

    pip install gguf safetensors
    python scripts/to-gguf.py models/town town.gguf
"""
import json
import pathlib
import sys

import gguf
import numpy
from safetensors.numpy import load_file

folder, path = pathlib.Path(sys.argv[1]), sys.argv[2]
config, tokenizer, chat = (json.loads((folder / name).read_text())
                           for name in ("config.json", "tokenizer.json", "tokenizer_config.json"))
assert config["model_type"] == "llama" and tokenizer["model"]["type"] == "BPE", config["model_type"]
heads, groups = config["num_attention_heads"], config["num_key_value_heads"]

writer = gguf.GGUFWriter(path, "llama")
writer.add_block_count(config["num_hidden_layers"])
writer.add_context_length(config["max_position_embeddings"])
writer.add_embedding_length(config["hidden_size"])
writer.add_feed_forward_length(config["intermediate_size"])
writer.add_head_count(heads)
writer.add_head_count_kv(groups)
writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
writer.add_rope_freq_base(config["rope_theta"])
writer.add_rope_dimension_count(config["head_dim"])
writer.add_vocab_size(config["vocab_size"])

special = {added["content"]: added["id"] for added in tokenizer["added_tokens"]}
ids = tokenizer["model"]["vocab"] | special
tokens = sorted(ids, key=ids.get)
writer.add_tokenizer_model("gpt2")
writer.add_tokenizer_pre("gpt-2")
writer.add_token_list(tokens)
writer.add_token_types([gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token in tokens])
writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in tokenizer["model"]["merges"]])
writer.add_eos_token_id(config["eos_token_id"])
writer.add_add_bos_token(False)
writer.add_chat_template(chat["chat_template"])


def interleaved(weight, count):
    """The two halves that a rotation turns lie apart in Hugging Face's layout, and side by side in GGUF's."""
    return weight.reshape(count, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config["num_hidden_layers"])
for name, weight in load_file(folder / "model.safetensors").items():
    weight = weight.astype(numpy.float32)
    if "q_proj" in name or "k_proj" in name:
        weight = interleaved(weight, heads if "q_proj" in name else groups)
    writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), weight)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
