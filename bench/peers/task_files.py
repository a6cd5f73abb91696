"""MMLU and GSM8K as task files and rows that flmeval and lm-evaluation-harness both read."""

import csv
import gzip
import json

MMLU_FORM = """task: {name}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/{subject}_test.jsonl, dev: {folder}/{subject}_dev.jsonl}}}}
test_split: test
fewshot_split: dev
fewshot_config: {{sampler: first_n}}
num_fewshot: 5
output_type: multiple_choice
description: "The following are multiple choice questions (with answers) about {title}.\\n\\n"
doc_to_text: "{{{{question.strip()}}}}\\nA. {{{{choices[0]}}}}\\nB. {{{{choices[1]}}}}\\nC. {{{{choices[2]}}}}\\nD. {{{{choices[3]}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
metric_list: [{{metric: acc, aggregation: mean, higher_is_better: true}}]
"""


def mmlu_tasks(folder, options):
    names = []
    for subject in options.subjects.split(","):
        for split in ("test", "dev"):
            with open(options.data / "mmlu" / split / f"{subject}_{split}.csv", encoding="utf-8", newline="") as file:
                rows = [{"question": r[0], "choices": r[1:5], "answer": "ABCD".index(r[5])} for r in csv.reader(file)]
            if split == "test" and options.questions:
                rows = rows[:options.questions]
            write_lines(folder / f"{subject}_{split}.jsonl", rows)
        name = f"peers_mmlu_{subject}"
        form = MMLU_FORM.format(name=name, folder=folder, subject=subject, title=subject.replace("_", " "))
        (folder / f"{name}.yaml").write_text(form)
        names.append(name)
    return names


GSM8K_FORM = """task: peers_gsm8k
dataset_path: json
dataset_kwargs: {{data_files: {{test: {folder}/test.jsonl, train: {folder}/train.jsonl}}}}
test_split: test
fewshot_split: train
num_fewshot: 5
output_type: generate_until
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["Question:", "</s>", "<|im_end|>"], do_sample: false, temperature: 0.0, max_gen_toks: {tokens}}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
filter_list: [{{name: strict-match, filter: [{{function: regex, regex_pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)"}}, {{function: take_first}}]}}]
"""


def gsm8k_tasks(folder, options):
    with open(options.data / "gsm8k" / "test.jsonl", encoding="utf-8") as file:
        write_lines(folder / "test.jsonl", [json.loads(line) for line in file][:options.problems])
    with gzip.open(options.data / "gsm8k" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        write_lines(folder / "train.jsonl", [json.loads(line) for line in file])
    (folder / "peers_gsm8k.yaml").write_text(GSM8K_FORM.format(folder=folder, tokens=options.tokens))
    return ["peers_gsm8k"]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
