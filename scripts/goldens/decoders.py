"""Writes the goldens of test/goldens/: tiny random checkpoints of every family as transformers writes them, and what PyTorch
makes of them: logits, the four losses, every named gradient, ten AdamW steps.

    pip install torch==2.13.0 transformers safetensors
    python scripts/goldens/decoders.py test/goldens [variant ...]
"""
import json
import math
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
import transformers

SIZES = dict(hidden_size=16, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2)
LLAMA_3 = dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16)
# Folder: the family's prefix in transformers, and its options.
VARIANTS = {
    "llama-tied": ("Llama", dict(**SIZES, tie_word_embeddings=True, pad_token_id=1)),
    "llama-untied": ("Llama", dict(hidden_size=16, intermediate_size=20, num_attention_heads=4, num_key_value_heads=1, head_dim=8,
                                   tie_word_embeddings=False, rope_theta=500.0, pad_token_id=1)),
    "llama-3": ("Llama", dict(**SIZES, tie_word_embeddings=True, rope_parameters=dict(rope_theta=100.0, **LLAMA_3))),
    "llama-linear": ("Llama", dict(**SIZES, tie_word_embeddings=True,
                                   rope_parameters=dict(rope_theta=100.0, rope_type="linear", factor=2.0))),
    "mistral": ("Mistral", dict(**SIZES, tie_word_embeddings=False, sliding_window=32)),
    "qwen2": ("Qwen2", dict(**SIZES, tie_word_embeddings=True)),
    "qwen3": ("Qwen3", dict(**SIZES, head_dim=8, tie_word_embeddings=True)),
    "smollm3": ("SmolLM3", dict(**SIZES, num_hidden_layers=4, tie_word_embeddings=True)),
}
ADAMW = dict(learningRate=0.01, beta1=0.9, beta2=0.95, epsilon=1e-8, weightDecay=0.1, clipNorm=0.5)
CLIP = 0.2
VALUE_CLIP = 0.3


def sequences(generator, lengths, vocabulary):
    return [torch.randint(0, vocabulary, (n,), generator=generator) for n in lengths]


def log_probs(model, tokens):
    """[T-1] log-probability of each token after the first."""
    logits = model(tokens[None]).logits[0, :-1]
    return F.log_softmax(logits, -1).gather(-1, tokens[1:, None])[:, 0]


def scalars(model, tokens):
    """[T] the scalar head at every position."""
    return model.score(model.model(tokens[None]).last_hidden_state)[0, :, 0]


def named_gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def classes(family):
    """Configuration, language model and scorer of a family."""
    return [getattr(transformers, family + kind) for kind in ("Config", "ForCausalLM", "ForSequenceClassification")]


def write(folder, family, options):
    torch.manual_seed(7)
    g = torch.Generator().manual_seed(11)
    V = 40
    Config, Model, Scorer = classes(family)
    shared = dict(vocab_size=V, num_hidden_layers=2, max_position_embeddings=64, rms_norm_eps=1e-5, initializer_range=0.25,
                  bos_token_id=None, eos_token_id=0, pad_token_id=None)  # a padding token's row would get no gradient
    config = Config(**{**shared, **options})
    model = Model(config)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if "norm" in name or "bias" in name:
                p.add_(torch.randn(p.shape, generator=g) * 0.2)
    model.save_pretrained(folder)
    tensors, facts = {}, dict(adamW=ADAMW, clip=CLIP, valueClip=VALUE_CLIP)

    def record(prefix, gradients):
        for name, value in gradients.items():
            tensors[f"{prefix}/{name}"] = value.contiguous()

    # Cross-entropy over sequences of several lengths, weights summing to one, zero on some tokens.
    tokens = sequences(g, [12, 7, 9, 3], V)
    weights = [torch.rand(len(t), generator=g) * (torch.rand(len(t), generator=g) > 0.3) for t in tokens]
    total = sum(w[1:].sum() for w in weights)
    weights = [w / total for w in weights]
    facts["sequences"] = [dict(tokens=t.tolist(), weights=w.tolist()) for t, w in zip(tokens, weights)]
    tensors["logits"] = model(tokens[0][None]).logits[0].detach()

    def cross_entropy():
        return -sum((w[1:] * log_probs(model, t)).sum() for t, w in zip(tokens, weights))

    loss = cross_entropy()
    facts["crossEntropy"] = loss.item()
    record("crossEntropy", named_gradients(model, loss))
    facts["logProbs"] = [log_probs(model, t)[w[1:] > 0].tolist() for t, w in zip(tokens, weights)]

    # Clipped policy objective (PPO, eq. 7).
    policy = []
    objective = 0
    for t, w in zip(tokens, weights):
        read = w[1:] > 0
        new = log_probs(model, t)[read]
        old = new.detach() + 0.3 * torch.randn(new.shape, generator=g)
        advantages = torch.randn(new.shape, generator=g)
        ratio = (new - old).exp()
        clipped = ratio.clamp(1 - CLIP, 1 + CLIP)
        objective = objective - (w[1:][read] * torch.minimum(ratio * advantages, clipped * advantages)).sum()
        policy.append(dict(oldLogProbs=old.tolist(), advantages=advantages.tolist()))
    facts["policy"] = policy
    facts["ppoPolicy"] = objective.item()
    record("ppoPolicy", named_gradients(model, objective))

    # The scalar head: soft-label Bradley-Terry, and the clipped value loss.
    torch.manual_seed(8)
    scalar = Scorer(Config(**{**config.to_dict(), "num_labels": 1}))
    scalar.model.load_state_dict(model.model.state_dict())
    with torch.no_grad():
        scalar.score.weight.copy_(torch.randn(scalar.score.weight.shape, generator=g) * 0.3)
    tensors["score.weight"] = scalar.score.weight.detach().clone()
    pairs = [(tokens[0], tokens[1], 0.9, 0.5), (tokens[2], tokens[3], 0.35, 0.3), (tokens[3], tokens[1], 1.0, 0.2)]
    loss = 0
    for a, b, p, weight in pairs:
        margin = scalars(scalar, a)[-1] - scalars(scalar, b)[-1]
        loss = loss - weight * (p * F.logsigmoid(margin) + (1 - p) * F.logsigmoid(-margin))
    facts["pairs"] = [dict(a=a.tolist(), b=b.tolist(), probability=p, weight=w) for a, b, p, w in pairs]
    facts["preference"] = loss.item()
    facts["scores"] = [scalars(scalar, t)[-1].item() for t in tokens]
    record("preference", named_gradients(scalar, loss))

    values, loss = [], 0
    for t, w in zip(tokens, weights):
        read = w[1:] > 0
        v = scalars(scalar, t)[:-1][read]
        old = v.detach() + 0.4 * torch.randn(v.shape, generator=g)
        returns = torch.randn(v.shape, generator=g)
        clipped = old + (v - old).clamp(-VALUE_CLIP, VALUE_CLIP)
        loss = loss + 0.5 * (w[1:][read] * torch.maximum((v - returns) ** 2, (clipped - returns) ** 2)).sum()
        values.append(dict(oldValues=old.tolist(), returns=returns.tolist(), values=v.tolist()))
    facts["values"] = values
    facts["ppoValue"] = loss.item()
    record("ppoValue", named_gradients(scalar, loss))

    # Ten steps of AdamW with clipping; weight decay on matrices alone.
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [dict(params=matrices, weight_decay=ADAMW["weightDecay"]), dict(params=vectors, weight_decay=0.0)],
        lr=ADAMW["learningRate"], betas=(ADAMW["beta1"], ADAMW["beta2"]), eps=ADAMW["epsilon"])
    steps = []
    for _ in range(10):
        optimizer.zero_grad()
        loss = cross_entropy()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), ADAMW["clipNorm"])
        optimizer.step()
        steps.append(dict(loss=loss.item(), gradientNorm=norm.item()))
    assert all(math.isfinite(s["loss"]) for s in steps) and any(s["gradientNorm"] > ADAMW["clipNorm"] for s in steps)
    facts["steps"] = steps
    record("afterTenSteps", {name: p.detach().clone() for name, p in model.named_parameters()})

    save_file(tensors, folder / "golden.safetensors")
    (folder / "golden.json").write_text(json.dumps(facts))
    (folder / "generation_config.json").unlink(missing_ok=True)


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:] or VARIANTS:
        write(root / name, *VARIANTS[name])
