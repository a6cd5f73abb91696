#!/usr/bin/env python3
"""Records what filters of lm-evaluation-harness 0.4.13 make of responses drawn at random.

Needs what make_native_goldens.py needs. usage: make_filter_goldens.py [SEED [ROUNDS]] > filter_golden.json
"""

import json

from make_native_goldens import ROUNDS, module, pick, r, record

CHOICES = [
    "정답",
    "정답: ",
    "정답은",
    " b",
    "C",
    "입니다",
    "A.",
    "e. ",
    "E",
    "answer ",
    "\n",
    ":",
    "(d)",
    "Ab",
    "가B",
    "1",
]
ASSERTED = [
    "assert f(",
    "assert f",
    "f(",
    ")",
    "(1, 2)",
    "==",
    " == ",
    "[1, (2)]",
    "'x'",
    '"',
    "\n",
    "# note",
    " ",
    "é",
    "[ANSWER]",
    "[/ANSWER]",
    "17",
    "()",
]
TAGGED = ["[ANSWER]", "[ANSWER]\nassert f(3) == [1]", "f((1, 2))", "[/ANSWER]", " x", "assert f(')') == 4", "f()", "\n"]

NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million eight eighteen"
    " eighty eighth eightieth Eight"
).split()
BETWEEN = [" ", " ", " ", "-", " and ", ", ", "\n", " cats ", "", " & "]
DIGITS = {"regex_pattern": "([-0-9]+)", "group_select": 0}


def joined(parts, most):
    return "".join(pick(parts) for _ in range(r.randint(0, most)))


def crux():
    return {"code": "def f(x):\n    return x", "input": pick(["1", "'a'", "[1, 2], 3"]), "output": pick(["1", "'é'"])}


def korean(responses, doc):
    return module("kormedmcqa/utils").ExtractChoiceFilter().apply([responses], [doc])[0]


def bbh_number(responses, doc):
    return module("bbh/zeroshot/utils").NumberParseRegexFilter(**DIGITS).apply([responses], [doc])[0]


def counted():
    words = "".join(pick(NUMBERS) + pick(BETWEEN) for _ in range(r.randint(1, 4)))
    return pick(["I count ", "", "so ", "There are "]) + words + pick([".", "", " apples", "!", " birds", " of 12"])


def built(name, function):
    return lambda responses, doc: getattr(module(name), function)([responses], [doc])[0]


def cases_of(key, draw, say, call, **more):
    for _ in range(4 * ROUNDS):
        responses = [say() for _ in range(r.randint(1, 2))]
        yield record("filter", key, draw(), lambda doc: call(responses, doc), responses=responses, **more)


def all_cases():
    yield from cases_of("kormedmcqa/utils.ExtractChoiceFilter", dict, lambda: joined(CHOICES, 5), korean)
    number = "bbh/zeroshot/utils.NumberParseRegexFilter"
    for case in cases_of(number, dict, counted, bbh_number, arguments=DIGITS):
        if "value" in case:  # where the words make no number the harness stops
            yield case
    for name in ("input", "input_cot", "output", "output_cot"):
        function = f"build_predictions_{name}"
        say = lambda: pick([joined(ASSERTED, 6), joined(TAGGED, 3)])
        yield from cases_of(f"cruxeval/utils.{function}", crux, say, built("cruxeval/utils", function))


if __name__ == "__main__":
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in all_cases()) + "\n]")
