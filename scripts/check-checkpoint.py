"""transformers loads what Charter writes, vocabulary and scalar head alike, and computes the same numbers from it.

    pip install torch==2.13.0 transformers
    python scripts/check-checkpoint.py runs/ci          (any finished run)

Loads sl-cai, rl-cai and preference-model of the run; every tensor must find its place. Then Charter is asked, through
`scripts/numbers-of.ts`, for the log-probabilities and scores of a conversation, and transformers for the same.
"""
import json
import pathlib
import subprocess
import sys

import torch
from transformers import AutoTokenizer, LlamaForCausalLM, LlamaForSequenceClassification

run = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "runs/ci") / "checkpoints"
conversation = [{"role": "user", "content": "How do I open my letter?"}, {"role": "assistant", "content": "Sure! First, find a quiet place."}]
worst = 0.0
for stage in ("sl-cai", "rl-cai", "preference-model"):
    folder = run / stage
    kind = LlamaForSequenceClassification if stage == "preference-model" else LlamaForCausalLM
    model, info = kind.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), (stage, info)
    ours = json.loads(subprocess.check_output(
        ["node_modules/.bin/node", "scripts/numbers-of.ts", str(folder), json.dumps(conversation)]))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer.apply_chat_template(conversation, tokenize=True, return_dict=False)
    assert tokens == ours["tokens"], (stage, tokens, ours["tokens"])
    with torch.inference_mode():
        if stage == "preference-model":
            theirs = model(torch.tensor([tokens])).logits[0]
        else:
            log_probs = torch.log_softmax(model(torch.tensor([tokens])).logits[0, :-1], -1)
            theirs = log_probs.gather(-1, torch.tensor(tokens[1:])[:, None])[:, 0][-len(ours["numbers"]):]
    difference = (theirs - torch.tensor(ours["numbers"])).abs().max().item()
    worst = max(worst, difference)
    print(f"{stage}: {len(tokens)} tokens alike, numbers differ by at most {difference:.1e}")
assert worst < 1e-3, worst
