#!/usr/bin/env python3
"""Writes corpus_golden.json beside this file: pairs of reference and answer, and what the corpus
metrics of lm-evaluation-harness (0.4.13, with sacrebleu) say of all of them.

    python3 make_corpus_goldens.py
"""
import json
import pathlib

from lm_eval.api import metrics

PAIRS = [
    ["the cat sat on the mat", "the cat sat on a mat"],
    ["1989", "1990"],
    ["He said: \"no, not 3.5%\"!", "He said \"no, not 3.6 %\" !"],
    ["Grüße aus Köln, wie immer", "Grüße aus Koln wie immer"],
    ["语言模型 的 评测", "语言 模型 的 评测"],
    ["an answer that is not there", ""],
    ["one two three four five six", "four five six one two three"],
    ["", "something"],
]

aggregations = {"bleu": metrics.bleu, "chrf": metrics.chrf, "chrf++": metrics.chrfpp, "ter": metrics.ter}
values = {name: aggregate(PAIRS) for name, aggregate in aggregations.items()}
text = json.dumps({"pairs": PAIRS, "values": values}, ensure_ascii=False, indent=1)
pathlib.Path(__file__).with_name("corpus_golden.json").write_text(text + "\n")
