#!/usr/bin/env python3
"""What the filters of lm-evaluation-harness 0.4.13 make of each other's values: empty texts and lists, numbers,
null and lists of `map`, a text in place of a list: filter_golden.json, read by units_test.cc.
usage: make_filter_goldens.py > filter_golden.json     (lm_eval installed)"""
import itertools
import json
import logging
import random
import types

logging.disable(logging.ERROR)
from lm_eval.filters import build_filter_ensemble, extraction

extraction.sys = types.SimpleNamespace(maxunicode=0x3100)  # its table of punctuation, made for each call

MAP = {"a": 7, "b": "B", "": None, "ab": ["q", "r"], "A": 2.5, "B": "b"}
STEPS = [
    {"function": "take_first"}, {"function": "take_first_k", "k": 1}, {"function": "take_first_k", "k": 2}, {"function": "majority_vote"},
    {"function": "regex", "regex_pattern": "[a-z]+", "fallback": ""}, {"function": "regex", "regex_pattern": "(x)|(y)", "fallback": "ab"},
    {"function": "multi_choice_regex", "regex_pattern": "\\(([A-Z])\\)"},
    {"function": "multi_choice_regex", "regex_pattern": "\\(([A-Z])\\)", "ignore_case": True},
    {"function": "multi_choice_regex", "regex_pattern": "([a-z])", "ignore_punctuation": True},
    {"function": "multi_choice_regex", "regex_pattern": "([a-z])", "regexes_to_ignore": ["[,$]"]},
    {"function": "multi_choice_regex", "regex_pattern": "([a-z])", "regexes_to_ignore": []},
    {"function": "lowercase"}, {"function": "uppercase"}, {"function": "remove_whitespace"}, {"function": "format_span"}, {"function": "regex_pos"},
    {"function": "map", "mapping_dict": MAP}, {"function": "map", "mapping_dict": MAP, "default_value": "d"}, {"function": "map", "mapping_dict": {}, "default_value": 7}, {"function": "map", "mapping_dict": {"a": "a"}, "default_value": ["b", "a"]},
]
ANSWERS = [[""], ["a"], ["ab"], ["Apple pie"], [" b ", "b", "a"], ["", ""], ["person: Ada"], ["é"], ["a", "A", "a"], ["('x', 'NN')"]]
CHOICES = ["a", "Apple pie"]


class Instance:
    def __init__(self, answers):
        self.resps, self.doc, self.filtered_resps = answers, {"choices": CHOICES}, {}


def outcome(steps, answers):
    try:
        ensemble = build_filter_ensemble("f", [(s["function"], {k: v for k, v in s.items() if k != "function"} or None) for s in steps])
        instance = Instance(list(answers))
        ensemble.apply([instance])
        return {"value": json.loads(json.dumps(instance.filtered_resps["f"]))}
    except Exception as error:
        return {"error": type(error).__name__}


def shorter_than_k(steps, answers):
    """lm_eval asks k characters of the first document's text alone; here no text is too short."""
    for i, step in enumerate(steps):
        before = outcome(steps[:i], answers).get("value") if i else answers
        if step["function"] == "take_first_k" and isinstance(before, str) and len(before) < step["k"]:
            return True
    return False


def main():
    rng = random.Random(1)
    pipelines = [list(p) for n in (1, 2) for p in itertools.product(STEPS, repeat=n)]
    pipelines += [[rng.choice(STEPS) for _ in range(rng.randint(3, 4))] for _ in range(800)]
    rows = []
    for steps in pipelines:
        for answers in ANSWERS if len(steps) == 1 else rng.sample(ANSWERS, 2):
            if not shorter_than_k(steps, answers):
                rows.append({"steps": steps, "answers": answers, **outcome(steps, answers)})
    print('{"choices": %s,\n"rows": [\n%s]}' % (json.dumps(CHOICES), ",\n".join(json.dumps(row) for row in rows)))


main()
