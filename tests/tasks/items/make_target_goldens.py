#!/usr/bin/env python3
"""What lm-evaluation-harness 0.4.13 asks and gives for documents whose text, target, prefix or filtered
answer is no plain text: numbers, lists, truth values, null.

usage: make_target_goldens.py [SEED [ROUNDS]] > target_golden.json     (lm_eval and its `datasets` installed)
"""
import json
import logging
import os
import random
import sys
import tempfile
import warnings

os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
warnings.filterwarnings("ignore")
import datasets
from lm_eval.api.instance import Instance
from lm_eval.api.task import ConfigurableTask

logging.disable(logging.ERROR)
datasets.disable_progress_bars()
rng = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 1)
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 60
WORDS = ["yes", "no", "a", "ab", "1", "01", "3", "2.5", "x y", "é", "True", "None", "A.", "[b]"]


def words(least, most):
    return [rng.choice(WORDS) for _ in range(rng.randint(least, most))]


def target_column():
    """A column of one type, as Arrow has it."""
    return rng.choice([
        lambda: rng.choice(WORDS),
        lambda: rng.randint(-1, 3),
        lambda: rng.choice([1.0, 2.5, 0.0]),
        lambda: rng.random() < 0.5,
        lambda: words(1, 3),
        lambda: [rng.randint(0, 3) for _ in range(rng.randint(1, 3))],
        lambda: [rng.choice([1.0, 2.5]) for _ in range(rng.randint(1, 2))],
        lambda: repr(words(1, 3)),
        lambda: rng.choice([repr(words(1, 2)), rng.choice(WORDS)]),
        lambda: rng.choice(["[]", "['a', 'yes', 'no', 'ab', '1', '3', '01']"]),
        lambda: rng.choice(["[1, 2]", "[1, 'a']", "[1.5, 'a', 2]", "[]", "[None, 'a']", "[True]"]),
    ])


def mapping():
    values = rng.choice([[0, 1, 3], [1.0, 2.5], [True, False], ["a", "yes"], [["a"], ["a", "1"]]])
    dictionary = {word: rng.choice(values) for word in WORDS[:8]}
    step = {"function": "map", "mapping_dict": dictionary}
    if rng.random() < 0.7:
        step["default_value"] = rng.choice(values)
    return step


def filter_steps():
    return rng.choice([
        lambda: [{"function": "take_first"}],
        lambda: [{"function": "majority_vote"}],
        lambda: [{"function": "majority_vote"}, {"function": "take_first"}],
        lambda: [{"function": "take_first_k", "k": rng.randint(1, 3)}],
        lambda: [mapping(), {"function": "take_first"}],
        lambda: [mapping(), {"function": "majority_vote"}],
        lambda: [{"function": "remove_whitespace"}, mapping(), {"function": "take_first"}],
    ])()


def scoring_case():
    repeats = 3
    column = target_column()
    config = {"output_type": "generate_until", "doc_to_text": "q",
              "doc_to_target": rng.choice(["a", "{{a}}"]),
              "generation_kwargs": {"until": ["\n"]}, "repeats": repeats,
              "filter_list": [{"name": "f", "filter": filter_steps()}],
              "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True,
                               **rng.choice([{}, {}, {}, {"ignore_case": True}, {"ignore_punctuation": True},
                                             {"regexes_to_ignore": ["x"]}])}]}
    rows = [{"q": "?", "a": column()} for _ in range(3)]
    return config, rows, [words(repeats, repeats) for _ in rows]


def prompt_case():
    text = rng.choice([lambda: rng.choice(WORDS), lambda: rng.choice(["0", "1"]), lambda: rng.randint(0, 1),
                       lambda: rng.random() < 0.5])
    prefix = rng.choice([lambda: rng.choice([None, "", "So"]), lambda: rng.choice([None, 0]), lambda: "It is "])
    config = {"output_type": rng.choice(["multiple_choice", "generate_until"]),
              "doc_to_text": rng.choice(["t", "{{t}}"]), "doc_to_target": rng.choice(["a", "{{a}}"]),
              "fewshot_split": "train", "num_fewshot": rng.randint(0, 1),
              "fewshot_config": {"sampler": "first_n"},
              "metric_list": [{"metric": "bypass", "aggregation": "bypass", "higher_is_better": True}]}
    if config["output_type"] == "multiple_choice" or rng.random() < 0.3:
        config["doc_to_choice"] = "c"
    elif rng.random() < 0.5:
        config["fewshot_config"]["doc_to_choice"] = "c"
    if rng.random() < 0.5:
        config["gen_prefix"] = "p"
    if rng.random() < 0.3:
        config["fewshot_config"]["gen_prefix"] = "p"
    if rng.random() < 0.4:
        config["description"] = "p"
    target = rng.choice([lambda: rng.choice(["0", "1"]), lambda: rng.randint(0, 1), lambda: rng.choice(WORDS)])
    rows = [{"t": text(), "a": target(), "c": words(2, 2), "p": prefix()} for _ in range(3)]
    return config, rows, None


def task_of(config, folder):
    files = {"test": folder + "/test.jsonl", "train": folder + "/train.jsonl"}
    config = json.loads(json.dumps(config))
    return ConfigurableTask(config={"task": "t", "dataset_path": "json", "test_split": "test",
                                    "dataset_kwargs": {"data_files": files, "cache_dir": folder + "/cache"},
                                    **config})


def asked(task, config, row):
    context = task.fewshot_context(row, config["num_fewshot"], gen_prefix=task.doc_to_prefix(row))
    requests = task.construct_requests(row, context, metadata=("t", 0, 1))
    requests = requests if isinstance(requests, list) else [requests]
    assert all(isinstance(r.args[0], str) for r in requests), "no model takes a list as a context"
    return [[r.args[0], r.args[1] if isinstance(r.args[1], str) else None] for r in requests]


def given(task, row, answers):
    one = Instance(request_type="generate_until", doc=row, arguments=("", {}), idx=0, metadata=("t", 0, 3))
    one.resps = list(answers)
    task._instances = [one]
    task.apply_filters()
    value = float(task.process_results(row, [one.filtered_resps["f"]])["exact_match"])
    return None if value != value else value


def tried(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return {"error": type(error).__name__}


def case(make):
    config, rows, answers = make()
    with tempfile.TemporaryDirectory() as folder:
        for name, part in [("test", rows[1:]), ("train", rows[:1])]:
            with open(f"{folder}/{name}.jsonl", "w") as out:
                out.writelines(json.dumps(row) + "\n" for row in part)
        try:
            task = task_of(config, folder)
        except Exception:
            return None  # numbers where the harness's own look at the first document fails
        documents = list(task.eval_docs)
        if answers is None:
            results = [tried(asked, task, config, row) for row in documents]
        else:
            results = [tried(given, task, row, said) for row, said in zip(documents, answers)]
    return {"config": config, "rows": rows[1:], "shots": rows[:1], "answers": answers, "results": results}


cases = [one for _ in range(ROUNDS) for make in (scoring_case, prompt_case) if (one := case(make))]
print("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in cases) + "\n]")
