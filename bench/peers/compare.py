#!/usr/bin/env python3
"""The same work through flmeval and through its peers, in turn, in one run; prints Markdown.

    build/peers/venv/bin/python bench/peers/compare.py --model build/peers/smollm2 --data DATA [WORK ...]

WORK: rolling-512, rolling-2048, mmlu, gsm8k (all without any). DATA is a root as flmeval's --data
takes it (bpb/, mmlu/, gsm8k/). A peer runs in a process of its own; its time leaves out imports, the
loading of the model and one call on a little of the work. flmeval's is the whole command. Exit 1 where
a peer's answers are not flmeval's.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile

import works

PACKAGES = ["torch", "transformers", "lm-eval", "llama-cpp-python"]


def machine() -> str:
    name = "unknown CPU"
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    return f"{name}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}, load average {load} at the start"


def versions(flmeval) -> list[str]:
    ours = subprocess.run([flmeval, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    out = [ours.strip()]
    for package in PACKAGES:
        try:
            out.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            out.append(f"{package} not installed: its rows are missing")
    return out


def table(rows: list[dict]) -> str:
    out = ["| work | who | seconds (median) | tokens/s | flmeval is faster by | score | agrees |",
           "| --- | --- | ---: | ---: | ---: | --- | --- |"]
    for row in rows:
        ours = next(r for r in rows if (r["work"], r["dtype"], r["who"]) == (row["work"], row["dtype"], "flmeval"))
        ratio = "" if row is ours else f"{row['seconds'] / ours['seconds']:.2f}"
        agrees = "" if row is ours else ("yes: " if row["agrees"] else "NO: ") + row["same"]
        precision = "fp32" if row["dtype"] == "float32" else "bf16"
        out.append(f"| {row['work']} | {row['who']}, {precision} | {row['seconds']:.2f} | "
                   f"{row['tokens'] / row['seconds']:.0f} | {ratio} | {row['score']} | {agrees} |")
    return "\n".join(out)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--flmeval", default="build/flmeval")
    parser.add_argument("--rounds", type=int, default=1, help="of every work; the median counts")
    parser.add_argument("--domain", default="en/books", help="of the rolling work: texts longer than 2,048 tokens")
    parser.add_argument("--documents", type=int, default=4, help="of that domain")
    parser.add_argument("--subjects", default="anatomy,marketing,abstract_algebra,computer_security")
    parser.add_argument("--questions", type=int, default=0, help="of each subject (0: all)")
    parser.add_argument("--problems", type=int, default=30, help="of GSM8K")
    parser.add_argument("--tokens", type=int, default=256, help="of a GSM8K answer at most")
    parser.add_argument("--batches", help="of lm-evaluation-harness; default 1,best (MMLU), 1,8 (GSM8K)")
    parser.add_argument("--parallel", type=int, default=8, help="sequences of llama.cpp at once (GSM8K)")
    parser.add_argument("--bf16", action="store_true", help="bf16 too")
    parser.add_argument("--without", action="append", default=[], choices=sorted(works.LABEL), help="leave a peer out")
    parser.add_argument("--json", type=pathlib.Path, help="write every row and time here")
    parser.add_argument("--markdown", type=pathlib.Path, help="write the table here too")
    parser.add_argument("works", nargs="*", choices=[[], *works.WORKS], default=[])
    return parser.parse_args()


def measured(options) -> list[dict]:
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.works or works.WORKS:
            timed: dict[tuple, dict] = {}
            for _ in range(options.rounds):
                for row in works.run(name, options, pathlib.Path(scratch)):
                    kept = timed.setdefault((row["who"], row["dtype"]), {**row, "times": []})
                    kept["times"].append(row["seconds"])
                    kept["agrees"] = kept["agrees"] and row["agrees"]
                    print(f"{name}: {row['who']} {row['dtype']} {row['seconds']:.1f} s, {row['score']}; {row['same']}",
                          file=sys.stderr, flush=True)
            for row in timed.values():
                row["seconds"] = statistics.median(row["times"])
                rows.append(row)
    return rows


def main() -> None:
    options = parsed()
    about = {"machine": machine(), "date": str(datetime.date.today()), "rounds": options.rounds,
             "versions": versions(options.flmeval), "command": shlex.join(sys.argv)}
    rows = measured(options)
    text = (f"{about['machine']}; {about['date']}; {options.rounds} round(s)\n{'; '.join(about['versions'])}\n"
            f"`{about['command']}`\n\n{table(rows)}\n")
    print(text)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        options.json.write_text(json.dumps({**about, "rows": rows}, indent=1))
    sys.exit(0 if all(row["agrees"] for row in rows) else 1)


if __name__ == "__main__":
    main()
