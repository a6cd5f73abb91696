#!/usr/bin/env python3
"""The same work through flmeval and through its peers, in turn, in one run; prints Markdown.

    build/peers/venv/bin/python bench/peers/compare.py --model build/peers/smollm2 --data DATA [WORK ...]

WORK: rolling-512, rolling-2048, mmlu, gsm8k (all without any). DATA is a root as flmeval's --data
takes it (bpb/, mmlu/, gsm8k/). A peer's time leaves out its imports and the loading of the model;
flmeval's is the whole command. Every peer is called once on a little work before it is timed.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import statistics
import tempfile

import works


def machine() -> str:
    name = "unknown CPU"
    for line in open("/proc/cpuinfo", encoding="utf-8"):
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{name}, {len(os.sched_getaffinity(0))} cores, Linux {platform.release()}"


def table(rows: list[dict]) -> str:
    out = ["| work | who | seconds (median) | tokens/s | flmeval is faster by | agrees |", "|---|---|---|---|---|---|"]
    for row in rows:
        ours = next(r for r in rows if r["work"] == row["work"] and r["who"].startswith(f"flmeval {row['dtype']}"))
        ratio = "" if row is ours else f"{row['seconds'] / ours['seconds']:.2f}x"
        rate = f"{row['tokens'] / row['seconds']:.0f}"
        out.append(f"| {row['work']} | {row['who']} | {row['seconds']:.1f} | {rate} | {ratio} | {row['check']} |")
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, type=pathlib.Path)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--flmeval", default="build/flmeval")
    parser.add_argument("--rounds", type=int, default=1, help="of every work; the median counts")
    parser.add_argument("--documents", type=int, default=8, help="of the rolling work")
    parser.add_argument("--subjects", default="anatomy,marketing,abstract_algebra,computer_security")
    parser.add_argument("--questions", type=int, default=0, help="of each subject (0: all)")
    parser.add_argument("--problems", type=int, default=30, help="of GSM8K")
    parser.add_argument("--batches", default="1,8", help="batch sizes of lm-evaluation-harness")
    parser.add_argument("--bf16", action="store_true", help="bf16 operands too")
    parser.add_argument("--json", type=pathlib.Path, help="write every time here")
    parser.add_argument("works", nargs="*", choices=[[], *works.WORKS], default=[])
    options = parser.parse_args()

    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.works or works.WORKS:
            timed: dict[str, dict] = {}
            for _ in range(options.rounds):
                for row in works.run(name, options, pathlib.Path(scratch)):
                    timed.setdefault(row["who"], {**row, "times": []})["times"].append(row["seconds"])
                    print(f"{row['work']}: {row['who']} {row['seconds']:.1f} s, {row['check']}", flush=True)
            for row in timed.values():
                row["seconds"] = statistics.median(row["times"])
                rows.append(row)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    print(f"\n{machine()}, {datetime.date.today()}, {options.rounds} round(s)\n\n{table(rows)}")


if __name__ == "__main__":
    main()
