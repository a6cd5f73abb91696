"""The works: each yields a row for every contender, flmeval first; the rows after it are compared with it.

Row: {work, who, dtype, seconds, tokens, score, same, agrees}; `same` says in words how close the answers are.
"""

import gzip
import importlib.util
import json
import math
import pathlib
import subprocess
import sys
import time

import task_files

WORKS = ["rolling-512", "rolling-2048", "mmlu", "gsm8k"]
# Most relative difference of bits per byte. llama.cpp caches keys and values in f16; Hugging Face's bf16
# rounds every activation, flmeval's the operands of products only.
BPB_TOLERANCE = {"hugging-face float32": 1e-5, "llama.cpp float32": 1e-3, "hugging-face bfloat16": 1e-2,
                 "llama.cpp bfloat16": 1e-2}
# Least share of equal answers: a near tie may fall either way. Texts of 256 tokens leave each other for good
# at the first near tie, so that those in bf16 are shown and not judged.
LEAST_EQUAL = {"mmlu float32": 0.99, "mmlu bfloat16": 0.9, "gsm8k float32": 0.6, "gsm8k bfloat16": 0.0}
LABEL = {"hugging-face": "Hugging Face", "lm-eval": "lm-eval + Hugging Face", "llama.cpp": "llama.cpp"}


def run(name, options, scratch):
    dtypes = ["float32", "bfloat16"] if options.bf16 else ["float32"]
    for dtype in dtypes:
        if name.startswith("rolling"):
            yield from rolling(name, int(name.split("-")[1]), dtype, options, scratch)
        else:
            yield from tasks(name, dtype, options, scratch)


def flmeval(options, scratch, dtype, *arguments):
    """Seconds of a run from nothing, results.json, and the folder of its output."""
    output, store = scratch / "out", scratch / "store.db"
    store.unlink(missing_ok=True)
    precision = "fp32" if dtype == "float32" else "bf16"
    command = [options.flmeval, "run", "--model", options.model, "--precision", precision, "--store", store,
               "--output", output, "--overwrite", "--fresh", "--quiet", *arguments]
    begin = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    return seconds, json.loads((output / "results.json").read_text()), output


def contender(scratch, **spec):
    spec["result"] = str(scratch / "result.json")
    (scratch / "spec.json").write_text(json.dumps(spec))
    script = pathlib.Path(__file__).with_name("contender.py")
    quiet = scratch / "contender.log"
    with open(quiet, "wb") as log:
        code = subprocess.run([sys.executable, script, scratch / "spec.json"], stdout=log, stderr=log).returncode
    if code != 0:
        sys.exit(f"{spec['peer']} failed:\n{quiet.read_text(errors='replace')[-2000:]}")
    return json.loads((scratch / "result.json").read_text())


def peers_for(name, options):
    """(peer, batch) in the order in which they run."""
    rolling = name.startswith("rolling")
    peers = [("hugging-face", None)] if rolling else [("lm-eval", batch) for batch in batches(name, options)]
    if name != "mmlu" and importlib.util.find_spec("llama_cpp") and "llama.cpp" not in options.without:
        peers.append(("llama.cpp", None if rolling else options.parallel))
    return [(peer, batch) for peer, batch in peers if peer not in options.without]


def batches(name, options):
    chosen = options.batches or ("1,best" if name == "mmlu" else "1,8")
    return chosen.split(",")


# Rolling log-likelihood: no context is shared, every window is computed by everybody.
def rolling(work, context, dtype, options, scratch):
    from transformers import AutoTokenizer

    texts = domain_texts(options)
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    prefix = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    windows = windows_of([tokenizer(t, add_special_tokens=False)["input_ids"] for t in texts], prefix, context)
    tokens = sum(len(inputs) for inputs, _ in windows)
    size = sum(len(text.encode()) for text in texts)

    rows = scratch / "data" / "bpb" / f"{options.domain}.jsonl"
    rows.parent.mkdir(parents=True, exist_ok=True)
    rows.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    task = "bpb_" + options.domain.replace("/", "_")
    seconds, results, _ = flmeval(options, scratch, dtype, "--tasks", task, "--data", scratch / "data", "--bpb-context",
                                  context, "--bpb-window", "rolling", "--prefix-token", prefix, "--no-log-samples")
    ours = next(v for k, v in results["results"][task].items() if k.startswith("bpb@"))
    row = {"work": work, "dtype": dtype, "tokens": tokens}
    yield {**row, "who": "flmeval", "seconds": seconds, "score": f"{ours:.5f} bits per byte", "same": "", "agrees": True}
    for peer, _ in peers_for(work, options):
        got = contender(scratch, peer=peer, work="rolling", dtype=dtype, model=str(options.model), windows=windows,
                        context=context)
        bpb = got["nll"] / math.log(2) / size
        difference = abs(bpb / ours - 1)
        who = LABEL[peer] + (f", batch {got['batch']}" if "batch" in got else "")
        yield {**row, "who": who, "seconds": got["seconds"], "score": f"{bpb:.5f} bits per byte",
               "same": f"differs by {difference:.1e}", "agrees": difference <= BPB_TOLERANCE[f"{peer} {dtype}"]}


def windows_of(documents, prefix, context):
    """(inputs, targets): every token a target once, `context` inputs at most, the first one the prefix."""
    out = []
    for ids in documents:
        whole = [prefix] + ids
        for begin in range(0, len(ids), context):
            end = min(begin + context, len(ids))
            start = max(0, end - context) if begin else 0  # as much context as fits
            out.append((whole[start:end], ids[begin:end]))
    return out


def domain_texts(options):
    path = options.data / "bpb" / f"{options.domain}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["text"] for _, line in zip(range(options.documents), lines)]


# MMLU and GSM8K: both harnesses read the same files.
def tasks(work, dtype, options, scratch):
    folder = scratch / work
    folder.mkdir(exist_ok=True)
    names = (task_files.mmlu_tasks if work == "mmlu" else task_files.gsm8k_tasks)(folder, options)
    seconds, results, output = flmeval(options, scratch, dtype, "--tasks", ",".join(names), "--include-path", folder)
    samples = {name: [json.loads(line) for line in open(output / f"samples_{name}.jsonl", encoding="utf-8")]
               for name in names}
    ours = answers(work, samples)
    row = {"work": work, "dtype": dtype, "tokens": results["flmeval"]["cost"]["tokens_submitted"]}
    yield {**row, "who": "flmeval", "seconds": seconds, "score": figures(results["results"], names), "same": "",
           "agrees": True}
    for peer, batch in peers_for(work, options):
        got = contender(scratch, peer=peer, work="tasks", dtype=dtype, model=str(options.model), tasks=names,
                        folder=str(folder), batch=batch)
        theirs = answers(work, got["samples"])
        equal = sum(a == b for a, b in zip(ours, theirs))
        best = ", the best" if batch == "best" else ""
        who = f"llama.cpp, {batch} at once" if peer == "llama.cpp" else f"{LABEL[peer]}, batch {got['batch']}{best}"
        yield {**row, "who": who, "seconds": got["seconds"], "score": figures(got["results"], names),
               "same": f"{equal} of {len(ours)} answers equal",
               "agrees": len(ours) == len(theirs) and equal >= LEAST_EQUAL[f"{work} {dtype}"] * len(ours)}


def answers(work, samples):
    """The letter chosen of each question, or the text of each answer."""
    out = []
    for name in sorted(samples):
        for sample in sorted(samples[name], key=lambda s: s.get("doc_id", 0)):
            if work == "gsm8k":
                out.append(sample["resps"][0][0].strip())
            else:
                scores = [float(pair[0]) for pair in sample["filtered_resps"]]
                out.append(scores.index(max(scores)))
    return out


def figures(results, names):
    """The first metric of every task."""
    out = []
    for name in names:
        key = next(k for k in results[name] if k.startswith(("acc,", "exact_match,")))
        out.append(f"{results[name][key]:.4f}")
    return " ".join(out)
