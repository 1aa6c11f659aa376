"""The work of bench/decode.ts with transformers' `generate`, on the same checkpoint: new tokens a second.

    python bench/decode-transformers.py FOLDER        (torch 2.13, transformers 5)

FOLDER is what `node bench/decode.ts FOLDER` wrote or read. Run the two in turn on a quiet machine.
"""

import statistics
import sys
import time

import torch
from transformers import LlamaForCausalLM

PROMPT_TOKENS, NEW_TOKENS, REPETITIONS = 32, 128, 3

model = LlamaForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
for rows in (1, 16, 64, 256):
    room = model.config.vocab_size - 5
    tokens = torch.tensor([[5 + (row * 31 + i * 7) % room for i in range(PROMPT_TOKENS)] for row in range(rows)])
    times = []
    for repetition in range(REPETITIONS + 1):
        begun = time.perf_counter()
        with torch.inference_mode():
            out = model.generate(
                tokens,
                attention_mask=torch.ones_like(tokens),
                do_sample=True,
                temperature=1.0,
                top_k=0,
                min_new_tokens=NEW_TOKENS,
                max_new_tokens=NEW_TOKENS,
                pad_token_id=1,
            )
        assert out.shape[1] == PROMPT_TOKENS + NEW_TOKENS
        if repetition > 0:
            times.append(time.perf_counter() - begun)
    print(f"batch {rows:3d}: {rows * NEW_TOKENS / statistics.median(times):6.0f} tokens/s")
