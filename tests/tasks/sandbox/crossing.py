#!/usr/bin/env python3
"""The programs of crossing.txt for `flmeval judge`, JSONL on stdout, each with what Python says of it.

    crossing.py

"passes": whether candidate and tests together run to their end in one process of this Python (3.11 was
the oracle), as code_eval of lm-evaluation-harness runs them."""
import json
import pathlib
import subprocess
import sys

TOGETHER = '''
import io, json, os, sys
class Written(io.StringIO):
    def readable(self): return False
program = json.load(sys.stdin)
sys.stdout = sys.stderr = Written()
try:
    exec(program["candidate"] + "\\n" + program["tests"], {})
except BaseException:
    os._exit(1)
os._exit(0)
'''


def cases():
    text = (pathlib.Path(__file__).parent / "crossing.txt").read_text(encoding="utf-8")
    for block in text.removeprefix("== ").split("\n== "):
        name, _, rest = block.partition("\n")
        candidate, _, tests = rest.partition("\n--\n")
        yield name, candidate + "\n", tests


def main():
    for name, candidate, tests in cases():
        program = json.dumps({"candidate": candidate, "tests": tests})
        run = subprocess.run([sys.executable, "-S", "-s", "-c", TOGETHER], input=program, text=True)
        print(json.dumps({"id": name, "candidate": candidate, "tests": tests,
                          "passes": run.returncode == 0}))


main()
