"""The step of bench/train-step.ts in PyTorch: transformers' Llama of the same sizes, AdamW, eager, on the CPU.

    pip install torch==2.13.0 transformers
    python bench/train-step-torch.py [steps]
"""
import os
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

SIZES = {
    "town": dict(sizes=(192, 4, 6, 2, 512, 2048), T=192, B=14),
    "larger": dict(sizes=(576, 6, 9, 3, 1536, 8192), T=128, B=8),
}
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 10
torch.set_num_threads(len(os.sched_getaffinity(0)))

for name, size in SIZES.items():
    C, L, H, KV, F, V = size["sizes"]
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        hidden_size=C, num_hidden_layers=L, num_attention_heads=H, num_key_value_heads=KV, intermediate_size=F, vocab_size=V,
        max_position_embeddings=1024, tie_word_embeddings=True))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1)
    tokens = torch.randint(0, V, (size["B"], size["T"]))
    times = []
    for step in range(steps + 2):
        start = time.perf_counter()
        optimizer.zero_grad()
        model(tokens, labels=tokens).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step >= 2:
            times.append(time.perf_counter() - start)
    per_step = size["B"] * size["T"]
    median = sorted(times)[len(times) // 2]
    print(f"{name}: median {per_step / median:.0f} tokens/s; best {per_step / min(times):.0f} tokens/s", flush=True)
