"""The work of bench/sft.ts with TRL's SFTTrainer: same checkpoint, examples, batch and loss on the answers alone.

    pip install torch==2.13.0 transformers trl
    python bench/sft-trl.py [examples]
"""
import json
import os
import sys
import tempfile
import time

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

examples = int(sys.argv[1]) if len(sys.argv) > 1 else 512
torch.set_num_threads(len(os.sched_getaffinity(0)))
with open("data/town/helpfulness-comparisons.jsonl") as file:
    rows = [json.loads(line) for line in list(file)[:examples]]
data = Dataset.from_list([{"prompt": row["prompt"], "completion": row["chosen"]} for row in rows])

times = []
for repetition in range(3):
    model = AutoModelForCausalLM.from_pretrained("models/town", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained("models/town")
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        settings = SFTConfig(
            output_dir=folder, per_device_train_batch_size=32, num_train_epochs=1, learning_rate=1e-4, lr_scheduler_type="constant",
            logging_strategy="no", save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True, bf16=False, fp16=False,
            gradient_checkpointing=False, max_length=512, dataloader_pin_memory=False)
        trainer = SFTTrainer(model=model, processing_class=tokenizer, args=settings, train_dataset=data)
        trainer.train()
        trainer.save_model(folder)
        times.append(time.perf_counter() - begun)
print(f"sft, first epoch of a process: {examples / times[0]:.1f} examples/s")
print(f"sft: {examples / min(times):.1f} examples/s")
