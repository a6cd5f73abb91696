#!/usr/bin/env python3
"""Rotary frequencies and attention factors of transformers 5.24 for random rope_scaling of every kind.

usage: make_rope_goldens.py [SEED [CASES]] > rope_golden.json     (transformers and torch installed)
"""
import json
import random
import sys

import torch
from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
HEAD = 16


def maybe(rope, share, **values):
    if rng.random() < share:
        rope.update({key: rng.choice(choices) for key, choices in values.items()})


def rope_of(kind, longest):
    rope = {"rope_type": kind, "factor": rng.choice([1.0, 1.5, 4.0, 32.0])}
    if kind == "linear":
        return rope
    rope["original_max_position_embeddings"] = rng.choice([n for n in (4, 16, 64, 2048, 32768, 131072) if n <= longest])
    if kind == "llama3":
        rope["low_freq_factor"], rope["high_freq_factor"] = rng.choice([(1.0, 4.0), (0.5, 8.0), (1.0, 1.5)])
        return rope
    maybe(rope, 0.3, attention_factor=[0.5, 1.25])
    if kind == "longrope":
        for key in ("short_factor", "long_factor"):
            rope[key] = [round(rng.uniform(1, 8), 3) for _ in range(HEAD // 2)]
        return rope
    maybe(rope, 0.6, beta_fast=[32, 8.5, 4, 2], beta_slow=[1, 0.25, 2])
    maybe(rope, 0.4, mscale=[0.707, 1.0, 0.0])
    maybe(rope, 0.4, mscale_all_dim=[0.707, 1.5, 0.0])
    maybe(rope, 0.4, truncate=[False, True])
    return rope


cases = []
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 120):
    longest = rng.choice([2048, 131072])
    kind = rng.choice(["linear", "llama3", "longrope", "yarn", "yarn", "yarn"])
    changes = {"max_position_embeddings": longest, "rope_theta": rng.choice([50.0, 1000.0, 10000.0, 500000.0]),
               "rope_scaling": rope_of(kind, longest)}
    config = LlamaConfig(hidden_size=64, num_attention_heads=4, max_position_embeddings=longest,
                         rope_parameters=dict(changes["rope_scaling"], rope_theta=changes["rope_theta"]))
    frequencies, factor = ROPE_INIT_FUNCTIONS[kind](config, torch.device("cpu"))
    cases.append({"changes": changes, "frequencies": frequencies.double().tolist(), "attention_factor": float(factor)})
print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")
