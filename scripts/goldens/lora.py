"""Writes the goldens of test/goldens/lora-*: adapters as PEFT writes them beside checkpoints of decoders.py, and what PyTorch
makes of them: log-probabilities, loss, every adapter's gradient, ten AdamW steps, the merged weights.

    pip install torch==2.13.0 transformers peft safetensors
    python scripts/goldens/lora.py test/goldens
"""
import json
import pathlib
import sys

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
import transformers

from decoders import ADAMW, log_probs

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Folder: the base's folder, and the adapter's options.
VARIANTS = {
    "lora-llama": ("llama-untied", dict(r=3, lora_alpha=6, target_modules=ALL)),
    "lora-qwen2": ("qwen2", dict(r=2, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"])),
    "lora-rs": ("llama-tied", dict(r=4, lora_alpha=6, target_modules=["k_proj", "up_proj"], use_rslora=True)),
}


def write(root, name, base, options):
    g = torch.Generator().manual_seed(13)
    folder = root / name
    model = get_peft_model(transformers.AutoModelForCausalLM.from_pretrained(root / base, dtype=torch.float32),
                           LoraConfig(**options, lora_dropout=0.0, bias="none", task_type="CAUSAL_LM"))
    adapters = {n.replace("base_model.model.", "").replace(".default", ""): p
                for n, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad():
        for p in adapters.values():
            p.copy_(torch.randn(p.shape, generator=g) * 0.3)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    given = json.loads((root / base / "golden.json").read_text())["sequences"]
    sequences = [(torch.tensor(s["tokens"]), torch.tensor(s["weights"])) for s in given]
    facts, tensors = dict(base=base, adamW=ADAMW, sequences=given), {}

    def cross_entropy():
        return -sum((w[1:] * log_probs(model, t)).sum() for t, w in sequences)

    loss = cross_entropy()
    loss.backward()
    facts["crossEntropy"] = loss.item()
    facts["logProbs"] = [log_probs(model, t)[w[1:] > 0].tolist() for t, w in sequences]
    for n, p in adapters.items():
        tensors[f"gradient/{n}"] = p.grad.clone()
    optimizer = torch.optim.AdamW(adapters.values(), lr=ADAMW["learningRate"], betas=(ADAMW["beta1"], ADAMW["beta2"]),
                                  eps=ADAMW["epsilon"], weight_decay=ADAMW["weightDecay"])
    facts["losses"] = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = cross_entropy()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(adapters.values(), ADAMW["clipNorm"])
        optimizer.step()
        facts["losses"].append(loss.item())
    for n, p in adapters.items():
        tensors[f"afterTenSteps/{n}"] = p.detach().clone()
    merged = model.merge_and_unload()
    for n, p in merged.named_parameters():
        if any(f".{target}." in n for target in options["target_modules"]) and n.endswith("weight"):
            tensors[f"merged/{n}"] = p.detach().clone()
    save_file({n: t.contiguous() for n, t in tensors.items()}, folder / "golden.safetensors")
    (folder / "golden.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for name, (base, options) in VARIANTS.items():
        write(root, name, base, options)
