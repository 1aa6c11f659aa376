"""The first half of bench/score.ts with transformers: same checkpoint and examples, batches of like length, no gradient.

    pip install torch==2.13.0 transformers
    python bench/score-transformers.py [examples]
"""
import json
import os
import sys
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

ROWS = 32
examples = int(sys.argv[1]) if len(sys.argv) > 1 else 512
torch.set_num_threads(len(os.sched_getaffinity(0)))
model = AutoModelForCausalLM.from_pretrained("models/town", dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained("models/town")
with open("data/town/helpfulness-comparisons.jsonl") as file:
    rows = [json.loads(line) for line in list(file)[:examples]]
sequences = [tokenizer.apply_chat_template(row["prompt"] + row["chosen"], tokenize=True, return_dict=False) for row in rows]
sequences.sort(key=len)
batches = []
for start in range(0, len(sequences), ROWS):
    batch = sequences[start : start + ROWS]
    longest = max(map(len, batch))
    tokens = torch.tensor([tokens + [1] * (longest - len(tokens)) for tokens in batch])
    batches.append((tokens, torch.tensor([[1] * len(tokens) + [0] * (longest - len(tokens)) for tokens in batch])))

times = []
for repetition in range(6):
    begun = time.perf_counter()
    with torch.inference_mode():
        for tokens, mask in batches:
            logits = model(tokens, attention_mask=mask).logits[:, :-1]
            torch.log_softmax(logits, -1).gather(-1, tokens[:, 1:, None])
    if repetition > 0:
        times.append(time.perf_counter() - begun)
print(f"answers: {examples / min(times):.0f} examples/s")
