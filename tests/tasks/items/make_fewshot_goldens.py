#!/usr/bin/env python3
"""The rows that lm-evaluation-harness 0.4.13 draws as shots for each document, pools with equal rows among them.

usage: make_fewshot_goldens.py [SEED [CASES]] > fewshot_golden.json     (lm_eval installed)
"""
import json
import random
import sys

from lm_eval.api.samplers import ContextSampler, FirstNSampler

rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
cases = []
while len(cases) < (int(sys.argv[2]) if len(sys.argv) > 2 else 60):
    pool = [{"v": rng.choice("abcdefgh"[:rng.randint(1, 8)])} for _ in range(rng.randint(2, 30))]
    case = {"pool": pool, "shots": rng.randint(1, 5), "seed": rng.randint(0, 2000), "first_n": rng.random() < 0.2,
            "same_split": rng.random() < 0.8, "draws": []}
    sampler = (FirstNSampler if case["first_n"] else ContextSampler)(pool, rnd=case["seed"])
    try:
        for document in pool:
            case["draws"].append(sampler.sample(case["shots"], document if case["same_split"] else None))
    except (AssertionError, ValueError):
        case["draws"].append(None)  # too few: it fails, and so do the documents behind it
    cases.append(case)
print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")
