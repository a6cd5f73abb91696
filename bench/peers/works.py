"""The works: each yields one row {work, who, dtype, seconds, tokens, check} a contender."""

import csv
import gzip
import json
import math
import pathlib
import subprocess
import time

import peers

WORKS = ["rolling-512", "rolling-2048", "mmlu", "gsm8k"]
DOMAIN = "en/wikipedia"


def run(name, options, scratch):
    dtypes = ["float32", "bfloat16"] if options.bf16 else ["float32"]
    for dtype in dtypes:
        if name.startswith("rolling"):
            yield from rolling(name, int(name.split("-")[1]), dtype, options, scratch)
        else:
            yield from tasks(name, dtype, options, scratch)


def flmeval(options, scratch, dtype, *arguments):
    """Seconds of a run from nothing, and its results.json."""
    output, store = scratch / "out", scratch / "store.db"
    store.unlink(missing_ok=True)
    precision = "fp32" if dtype == "float32" else "bf16"
    command = [options.flmeval, "run", "--model", options.model, "--precision", precision, "--store", store,
               "--output", output, "--fresh", "--no-log-samples", "--quiet", *arguments]
    begin = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    return seconds, json.loads((output / "results.json").read_text())


def row(work, who, dtype, seconds, tokens, check):
    return {"work": work, "who": f"{who} {'fp32' if dtype == 'float32' else 'bf16'}"
            if who != "flmeval" else f"flmeval {dtype}", "dtype": dtype, "seconds": seconds, "tokens": tokens,
            "check": check}


# Rolling log-likelihood: no context is shared, every window is computed by everybody.
def rolling(work, context, dtype, options, scratch):
    texts = domain_texts(options.data, options.documents)
    model = peers.HuggingFace(options.model, dtype)
    windows = model.windows(texts, context)
    tokens = sum(len(inputs) for inputs, _ in windows)
    size = sum(len(text.encode()) for text in texts)

    data = scratch / "data" / "bpb" / DOMAIN.split("/")[0]
    data.mkdir(parents=True, exist_ok=True)
    (data / f"{DOMAIN.split('/')[1]}.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in texts))
    task = "bpb_" + DOMAIN.replace("/", "_")
    seconds, results = flmeval(options, scratch, dtype, "--tasks", task, "--data", scratch / "data", "--bpb-context",
                               context, "--bpb-window", "rolling", "--prefix-token", model.prefix)
    ours = next(v for k, v in results["results"][task].items() if k.startswith("bpb@"))
    yield row(work, "flmeval", dtype, seconds, tokens, f"bpb {ours:.5f}")
    seconds, nll = model.score(windows)
    yield row(work, "Hugging Face", dtype, seconds, tokens, f"bpb {nll / math.log(2) / size:.5f}")
    if peers.llama_is_here():
        seconds, nll = peers.llama_rolling(options.model, windows, context)
        yield row(work, "llama.cpp", dtype, seconds, tokens, f"bpb {nll / math.log(2) / size:.5f}")


def domain_texts(data: pathlib.Path, documents: int):
    path = data / "bpb" / f"{DOMAIN}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for _, line in zip(range(documents), lines)]


# MMLU and GSM8K: task files and rows that both harnesses read, written here.
def tasks(work, dtype, options, scratch):
    folder = scratch / work
    folder.mkdir(exist_ok=True)
    names = mmlu_tasks(folder, options) if work == "mmlu" else gsm8k_tasks(folder, options)
    seconds, results = flmeval(options, scratch, dtype, "--tasks", ",".join(names), "--include-path", folder)
    tokens = results["flmeval"]["cost"]["tokens_submitted"]
    yield row(work, "flmeval", dtype, seconds, tokens, figures(results, names))
    for batch in options.batches.split(","):
        seconds, results = peers.lm_eval(options.model, dtype, int(batch), names, folder)
        yield row(work, f"lm-eval batch {batch}", dtype, seconds, tokens, figures(results, names))


def figures(results, names):
    """The first metric of every task."""
    out = []
    for name in names:
        scores = results["results"][name]
        key = next(k for k in scores if k.startswith(("acc,", "exact_match,")))
        out.append(f"{scores[key]:.4f}")
    return " ".join(out)


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
generation_kwargs: {{until: ["Question:", "</s>", "<|im_end|>"], do_sample: false, temperature: 0.0, max_gen_toks: 256}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
filter_list: [{{name: strict-match, filter: [{{function: regex, regex_pattern: "#### (\\\\-?[0-9\\\\.\\\\,]+)"}}, {{function: take_first}}]}}]
"""


def gsm8k_tasks(folder, options):
    with open(options.data / "gsm8k" / "test.jsonl", encoding="utf-8") as file:
        write_lines(folder / "test.jsonl", [json.loads(line) for line in file][:options.problems])
    with gzip.open(options.data / "gsm8k" / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        write_lines(folder / "train.jsonl", [json.loads(line) for line in file])
    (folder / "peers_gsm8k.yaml").write_text(GSM8K_FORM.format(folder=folder))
    return ["peers_gsm8k"]


def write_lines(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
