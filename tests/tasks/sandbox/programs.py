#!/usr/bin/env python3
"""Programs of HumanEval and MBPP for `flmeval judge`, JSONL on stdout.

    programs.py DATA canonical|mutated [STEP] | flmeval judge -

canonical: the reference solutions; every one passes. mutated: the same, with every function that the
tests call returning another value of the same type; none passes. STEP: every STEP-th problem.
DATA holds humaneval/HumanEval.jsonl.gz and mbpp/mbpp.jsonl.gz."""
import ast
import gzip
import json
import sys

CHANGE = '''

def _another(value):
    if isinstance(value, bool): return not value
    if isinstance(value, (int, float, complex)): return value + 1
    if isinstance(value, str): return value + "?"
    if isinstance(value, bytes): return value + b"?"
    if isinstance(value, list): return value + [None]
    if isinstance(value, tuple): return value + (None,)
    if isinstance(value, (set, frozenset)): return value | {None}
    if isinstance(value, dict): return {**value, "?": None}
    return 0 if value is None else None

def _changed(function):
    return lambda *arguments, **keywords: _another(function(*arguments, **keywords))

'''


def problems(data):
    with gzip.open(data + "/humaneval/HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield (row["task_id"], row["prompt"] + row["canonical_solution"],
                   "%s\ncheck(%s)" % (row["test"], row["entry_point"]))
    with gzip.open(data + "/mbpp/mbpp.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield ("MBPP/%d" % row["task_id"], row["code"],
                   "\n".join([row["test_setup_code"]] + row["test_list"]))


def mutated(candidate, tests):
    functions = {node.name for node in ast.parse(candidate).body if isinstance(node, ast.FunctionDef)}
    used = {node.id for node in ast.walk(ast.parse(tests)) if isinstance(node, ast.Name)}
    names = sorted(functions & used)
    assert names, candidate
    return candidate + CHANGE + "".join("%s = _changed(%s)\n" % (name, name) for name in names)


def main():
    data, kind = sys.argv[1:3]
    step = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    for name, candidate, tests in list(problems(data))[::step]:
        program = mutated(candidate, tests) if kind == "mutated" else candidate
        print(json.dumps({"id": name, "candidate": program, "tests": tests}))


main()
