"""Turns a GGUF file into a model folder that vLLM reads: convert.py WEIGHTS FOLDER.

Ends with an error when the converted model cannot answer one simple question.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils.quantization_config import GgufConfig

QUESTION = "What is the capital of France?"
EXPECTED = "Paris"

weights, target = Path(sys.argv[1]), Path(sys.argv[2])
# One thread: two spin at barriers and are slower on a busy machine.
torch.set_num_threads(1)

tokenizer = AutoTokenizer.from_pretrained(weights.parent, gguf_file=weights.name)
model = AutoModelForCausalLM.from_pretrained(
    weights.parent,
    gguf_file=weights.name,
    # By default the weights stay packed, and packed ones cannot be saved.
    quantization_config=GgufConfig(dequantize=True),
    dtype=torch.bfloat16,
)
tokenizer.save_pretrained(target)
model.save_pretrained(target)

prompt = tokenizer.apply_chat_template(
    [{"role": "user", "content": QUESTION}],
    add_generation_prompt=True,
    return_tensors="pt",
    return_dict=True,
)
output = AutoModelForCausalLM.from_pretrained(target, dtype=torch.bfloat16).generate(
    **prompt, max_new_tokens=16, do_sample=False
)
answer = tokenizer.decode(output[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True)
if EXPECTED not in answer:
    sys.exit(f"the converted model answered {answer!r} to {QUESTION!r}")
print(f"the converted model answers: {answer.strip()}")
