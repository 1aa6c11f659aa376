"""The work of bench/real-shape.ts with PyTorch, transformers and PEFT, on the same checkpoint.

    pip install torch==2.13.0 transformers peft
    python bench/real-shape-torch.py FOLDER        (which bench/real-shape.ts made)

PPO is written out here as there: one pass over all answers, policy and value model with adapters, the policy without its adapters
as reference, a scalar head of its own as preference model.
"""

import os
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

ROWS, LENGTH, PROMPT, ANSWERS, NEW = 8, 192, 64, 16, 64
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(0)
folder = sys.argv[1]


def best(work):
    work()
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def report(name, count, unit, seconds):
    print(f"{name}: {count / seconds:.{2 if count / seconds < 10 else 0}f} {unit}/s")


def causal():
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def scalar():
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, num_labels=1)
    model.config.pad_token_id = 1
    return model


def adapted(model, task):
    return get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules=TARGETS, task_type=task))


def optimiser(model):
    return torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-5, weight_decay=0)


tokens = torch.randint(5, 40_000, (ROWS, LENGTH))
labels = tokens.clone()
labels[:, :PROMPT] = -100


def step(model, optim):
    loss = model(tokens, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optim.step()
    optim.zero_grad()


def log_probs(model, sequences, start):
    logits = model(sequences).logits[:, start - 1 : -1]
    return torch.log_softmax(logits, -1).gather(-1, sequences[:, start:, None])[..., 0]


whole = causal()
optim = optimiser(whole)
report("SFT, all weights", ROWS * LENGTH, "tokens", best(lambda: step(whole, optim)))
del whole, optim
policy = adapted(causal(), "CAUSAL_LM")
policy_optim = optimiser(policy)
report("SFT, adapters", ROWS * LENGTH, "tokens", best(lambda: step(policy, policy_optim)))
with torch.inference_mode():
    report("log-probabilities", ROWS * LENGTH, "tokens", best(lambda: log_probs(policy, tokens, 1)))

tokenizer = AutoTokenizer.from_pretrained(folder)
questions = [f"{i} how to brew the tea and paint the fence? " * 4 for i in range(ANSWERS)]
prompts = [
    tokenizer.apply_chat_template(
        [{"role": "user", "content": question}], add_generation_prompt=True, tokenize=True, return_dict=False
    )
    for question in questions
]
longest = max(map(len, prompts))
padded = torch.tensor([[1] * (longest - len(prompt)) + prompt for prompt in prompts])
mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
ends = torch.tensor([policy.generation_config.eos_token_id]).flatten()


def generate():
    with torch.inference_mode():
        return policy.generate(
            input_ids=padded,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            max_new_tokens=NEW,
            pad_token_id=1,
        )


def sampled(sequences):
    """1 on the answer's tokens, its end included."""
    answer = sequences[:, longest:]
    is_end = torch.isin(answer, ends)
    ended = is_end.cumsum(-1)
    return ((ended == 0) | ((ended == 1) & is_end)).float()


policy.eval()
made = generate()
report(f"decoding, {ANSWERS} rows", int(sampled(made).sum()), "tokens", best(generate))

scorer = scalar()
value = adapted(scalar(), "SEQ_CLS")
value_optim = optimiser(value)


def values_of(sequences):
    """The scalar at every position before an answer's token."""
    hidden = value.base_model.model.model(sequences).last_hidden_state
    head = value.base_model.model.score
    return head(hidden)[:, longest - 1 : -1, 0]


def iteration():
    sequences = generate().clone()
    counted = sampled(sequences)
    with torch.no_grad():
        old = log_probs(policy, sequences, longest)
        with policy.disable_adapter():
            reference = log_probs(policy, sequences, longest)
        before = values_of(sequences)
        score = scorer(sequences).logits[:, 0]
        rewards = -0.05 * (old - reference) * counted
        last = counted.sum(-1).long() - 1
        rewards[torch.arange(ANSWERS), last] += score
        advantages = torch.zeros_like(rewards)
        running = torch.zeros(ANSWERS)
        for t in reversed(range(rewards.shape[1])):
            following = before[:, t + 1] * counted[:, t + 1] if t + 1 < rewards.shape[1] else 0
            running = rewards[:, t] + following - before[:, t] + 0.95 * running
            advantages[:, t] = running
        returns = advantages + before
        advantages = (advantages - advantages.mean()) / advantages.std()
    new = log_probs(policy, sequences, longest)
    ratio = (new - old).exp()
    clipped = torch.clamp(ratio, 0.8, 1.2)
    loss = -(torch.minimum(ratio * advantages, clipped * advantages) * counted).sum() / counted.sum()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
    policy_optim.step()
    policy_optim.zero_grad()
    loss = (((values_of(sequences) - returns) ** 2) * counted).sum() / counted.sum() / 2
    loss.backward()
    torch.nn.utils.clip_grad_norm_(value.parameters(), 1.0)
    value_optim.step()
    value_optim.zero_grad()


report("PPO, adapters", ANSWERS, "answers", best(iteration))
