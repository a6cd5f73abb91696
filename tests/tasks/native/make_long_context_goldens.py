#!/usr/bin/env python3
"""Records what lm-evaluation-harness 0.4.13's functions give for long contexts: LongBench, InfiniteBench, LongProc.

Needs what make_reading_goldens.py needs, and fuzzywuzzy without python-Levenshtein, jieba, pandas and rouge (PyPI).
usage: make_long_context_goldens.py [SEED [ROUNDS [FOLDER...]]] > goldens/long_contexts.json
"""

import json

from make_native_goldens import near, pick, pick_some, r, words
from make_reading_goldens import answers, respond, text, write_cases

# LongBench


def numbered(pattern):
    return lambda: {"answers": [pick([text(), ""]) + pattern + str(r.randint(1, 30)) for _ in range(r.randint(0, 3))]}


def counted():
    return {"answers": [str(r.randint(0, 3)) for _ in range(r.randint(0, 2))]}


def say_numbers(doc):
    return pick(["", text() + "\n"]) + " ".join(pick(["1", "2", "12", "no", "x3", "٣"]) for _ in range(r.randint(0, 4)))


def say_paragraph(doc):
    return pick([say_numbers(doc), pick(doc["answers"] or [""]) + pick(["", " or 3", "."])])


def summaries():
    return {"answers": [pick(["", " ", "."]) + words(3, 20) for _ in range(r.randint(0, 3))]}


def code():
    line = "".join(pick(["    ", "return ", "self.", "x", "(a, b)", " = ", "é", "中"]) for _ in range(r.randint(0, 8)))
    return {"answers": [line, line + " " * r.randint(0, 3)][: r.randint(0, 2)]}


def long_code():
    return {"answers": ["".join(pick("abcdefgh xyz()") for _ in range(r.randint(190, 260)))]}


def say_code(doc):
    line = pick(doc["answers"] or ["pass"])
    shuffled = line[len(line) // 3 :] + line[: len(line) // 3].upper()
    before = pick(["", "\n", "```python\n", "# note\n\n", "// x\n", " \n"])
    return before + pick([line, shuffled, line[: len(line) // 2], "", line.replace("a", "")]) + pick(["", "\nnext"])


CLASSES = ["Food", "Food dish", "Other food", "Number", "Number of food", "Dis", "dish", ""]


def classes():
    return {"all_classes": r.sample(CLASSES, r.randint(1, 7)), "answers": r.sample(CLASSES, r.randint(0, 2))}


def say_classes(doc):
    return " ".join(pick(CLASSES) for _ in range(r.randint(0, 3)))


# InfiniteBench


def accepted(*choices):
    """Documents whose accepted answers are drawn from these."""
    return lambda: pick([{}, {"answer": []}] + 8 * [{"answer": [pick(choices) for _ in range(r.randint(1, 2))]}])


def say(*parts):
    return lambda doc: "".join(pick(parts + tuple(doc.get("answer", ()))) for _ in range(r.randint(0, 4)))


def lettered():
    options = r.sample(["func_a", "func_b ", "A", "run", "Dog", "j", "é", "k", "stop", "last"], r.randint(0, 10))
    return {"options": options, "answer": [pick(options[:3] + options[:2] + ["B", "c", "Z", "ß", " run "])]}


def say_option(doc):
    letter = "ABCDEFGHIJ"[doc["options"].index(doc["answer"][0])] if doc["answer"][0] in doc["options"] else "B"
    return say(*SAID, letter, letter, letter.lower() + ".")(doc)


SAID = [
    "Answer: ",
    "answer is: ",
    "The answer is ",
    "option is ",
    "is: ",
    "correct option is: ",
    "Option",
    "A",
    "B.",
    "C",
    "j",
    "- ",
    "*",
    "b",
    "func_a",
    "  ",
    " d",
    "ﬀ",
    "İ",
    "\n",
    "\t",
    "{a}",
    "'D'",
    "nothing",
    ",",
    "?",
]


def summed_up():
    parts = [
        "The cat",
        "running",
        "dogs",
        "relational ",
        "\n",
        "agreed",
        "happy,",
        "news",
        "Éa",
        ". ",
        "ies",
        "running\n",
    ]
    return {"answer": [" ".join(pick(parts) for _ in range(r.randint(1, 9))) for _ in range(r.randint(0, 2))]}


def in_book():
    asked = ["The second largest number of the list?", "What is func_3(-12) or func_4(5)?", " Who? ", "The of", text()]
    doc = {"context": text(), "input": pick(asked), "options": pick_some(r.randint(0, 5))}
    if r.random() < 0.2:
        del doc["options"]
    return doc


# LongProc


def lines(*parts, least=0, most=5):
    return [pick(parts) for _ in range(r.randint(least, most))]


def changed(text_lines):
    """The lines, or some of them, with one that is another."""
    kept = list(text_lines[: r.randint(0, len(text_lines))]) if r.random() < 0.4 else list(text_lines)
    if kept and r.random() < 0.6:
        kept[r.randint(0, len(kept) - 1)] = pick(["other", "", " ", "- x", "a\tb", "é"])
    return "\n".join(kept)


def route():
    return {"reference_output": "\n".join(lines("From A to B", "by bus ", "", "é", least=1)) + pick(["", "\n", " "])}


def say_route(doc):
    said = changed(doc["reference_output"].split("\n"))
    return pick([f"x <Route>\n{said}\n</Route>", f"<Route>{said}</Route>", f"<Route> {said}", f"</Route>{said}<Route>"])


def believed():
    parts = [
        "- Step 1: Bob thinks the ball is in Anna’s box.",
        "  - the",
        "- of",
        "text",
        "-  the Cup, on: table",
        "--x",
        "-é",
    ]
    return {"reference_output": "\n".join(lines(*parts, most=6))}


def say_believed(doc):
    return changed(doc["reference_output"].replace("the ", pick(["", "The ", "the "])).splitlines())


def countdown():
    a, b, c, d = (r.randint(1, 60) for _ in range(4))
    steps = [f"{a} + {b} = {a + b}", f"{c} * {d} = {c * d}", f"{a + b} - {c * d} = {a + b - c * d}"]
    search = [
        "# Search Procedure",
        "Initial number set",
        f"Pick two numbers ({a}, {b})",
        f"|- Try {a} + {b} = {a + b}. drop this branch",
        f"|- Try {a} - {b} = {a - b}. pursue",
        "note",
    ]
    reference = "\n".join(["intro"] + search + [pick(["Now we have found the target", ""])] + steps)
    metadata = {"nums": [a, b, c, d], "target": pick([a + b - c * d] * 4 + [7])}
    return {"metadata_parsed": metadata, "reference_output": reference}


def say_countdown(doc):
    a, b, c, d = doc["metadata_parsed"]["nums"]
    solution = doc["reference_output"].split("\n")[-3:]
    other = [
        f"{a}+{b}={a + b}",
        f"0{a} + {b} = {a + b}",
        f"{a * 2} / 2 = {a}",
        f"{c}*{d} = {c * d}",
        f"{a} - {b}",
        f"{a} ** 2 = 4",
        f"{d} * {c} = {c * d}",
        f"{b}+{a}= {a + b}",
        f"{c} - {d} = {c - d}",
        f"-{a} + {b} = {b - a}",
        "x y = 3",
    ]
    solution = [pick([line, line, line, pick(other)]) for line in solution][: pick([3, 3, 3, 2])]
    search = doc["reference_output"].split("Now we")[0].split("\n")[1:7]
    search = [
        pick([line, line, line.replace("+", "*"), line.replace("= ", "= 1"), line.split(".")[0]]) for line in search
    ]
    said = "\n".join(pick([search, [], search[:2]])) + "\n" + pick(["<Solution>", "<Solution>", ""])
    return said + "\n".join(solution) + "</Solution>"


CITIES = ["Oslo", "Rome", "Nîmes", "Bonn"]


def travel():
    cities, days = r.sample(CITIES, 3), [r.randint(1, 5) for _ in range(3)]
    reference = [
        "<Solving Procedure>",
        "We start in the " + cities[0],
        "",
        "Then: a flight.",
        "Output the plan in the required format:",
    ]
    metadata = {
        "ground_truth_cities": "**".join(cities),
        "ground_truth_durations": "**".join(map(str, days)) + pick(["", "**"]),
    }
    return {"metadata_parsed": metadata, "reference_output": "\n".join(reference)}


def say_travel(doc):
    cities = [pick([city] * 9 + CITIES) for city in doc["metadata_parsed"]["ground_truth_cities"].split("**")]
    days = [int(day) for day in doc["metadata_parsed"]["ground_truth_durations"].split("**") if day]
    total, begin, plan = sum(days) - 2, 1, []
    plan.append(f"**European cities for {pick([total, total, 99])} days")
    for i, city in enumerate(cities):
        end = begin + days[i] - 1
        plan.append(f"Day {begin}-{end}: visit {city}" + pick([""] * 5 + [" 3-4"]))
        if i < 2:
            plan.append(f"{pick(['', '** '])}Day {end}: fly from {city} to {cities[i + 1]}.")
        begin = end
    plan = pick([plan, plan, plan, plan[:3], [], plan + ["Day 50-51: rest"]])
    procedure = changed(doc["reference_output"].split("\n")).replace(
        "We start in the", pick(["We start in", "we start, in a", "Go"])
    )
    return procedure + pick(["\n<Plan>\n", "<Plan>", ""]) + "\n".join(plan) + "</Plan>"


CELLS = ["a", "The  Cat", "cat", '"q"', "N/A", "na", "", "1,5", "é", "x y", "xy"]


def page_table():
    columns = pick([["Name", "Price"], ["Name"], ["a", "b", "c"]])
    rows = ["\t".join(pick(CELLS) for _ in columns) for _ in range(r.randint(0, 4))]
    return {"reference_output": "\n".join(["\t".join(columns)] + rows) + pick(["", "\n"])}


def say_table(doc):
    rows = doc["reference_output"].strip().split("\n")
    body = [
        pick([row, row, row, row.upper(), row + "\tx", '"' + row, row + "\r", "a\rb", "", pick(CELLS)])
        for row in rows[1:]
    ]
    header = pick([rows[0]] * 5 + ["a\ta", "x", rows[0] + "\tz"])
    said = "\n".join([header] + r.sample(body, len(body)))
    return pick([said, f"```tsv\n{said}\n```", f"so ```tsv\n{said}", f"```tsv{said}```\nor```", ""])


def described():
    return {"metadata": json.dumps({"nums": [r.randint(1, 9)], "name": text(), "deep": {"x": 1.5}}), "id": "i"}


# BABILong


def target():
    return pick([{}, {"target": pick([" Garden. ", "GARDEN", "é b", "a\nb", ""])}])


TEXT = {
    f"infinitebench/utils.doc_to_text_{task}": in_book
    for task in "code_run code_debug longbook_choice longdialogue math_find".split()
}
ROWS = {
    "longproc/utils.process_docs": described,
}
RESULTS = {
    "babilong/common_utils.process_results": (target, say("garden", ".", "É", " b", "a\tb", "\x02", "GARDEN. ")),
    "longproc/metrics.process_results_path_traversal": (route, say_route),
    "longproc/metrics.process_results_tom_tracking": (believed, say_believed),
    "longproc/metrics.process_results_countdown": (countdown, say_countdown),
    "longproc/metrics.process_results_travel_planning": (travel, say_travel),
    "longproc/metrics.process_results_html_to_tsv": (page_table, say_table),
}
for name, (draw, answer) in {
    "qa_f1": (answers, respond),
    "rouge": (summaries, lambda doc: pick([near(doc["answers"] or ["x"]), words(2, 12), "", "..", ". a"])),
    "count": (counted, say_numbers),
    "retrieval": (numbered("Paragraph "), say_paragraph),
    "retrieval_zh": (numbered("段落"), say_paragraph),
    "code_sim": (lambda: pick([code, code, long_code])(), say_code),
    "classification": (classes, say_classes),
}.items():
    RESULTS[f"longbench/metrics.get_{name}_with_score"] = (draw, answer)
for name, (draw, answer) in {
    "": (accepted("Éva", "bob", " x "), say("éVA ", "Bob\n", "X", "y")),
    "_kv": (accepted("ab-1", "b.", " c ", ""), say(" ", ":", "'ab-1'", "{c}", "b")),
    "_int_match": (accepted("123", " 7 ", "07"), say("7", "123", " ", "x", "-", "٣")),
    "_math": (
        accepted("12", "12.0", "7.50", "x", "1_2", "1" * 45, "٣"),
        say("12", ".0", "7.5", " ", "x", "1" * 45, "٣"),
    ),
    "_code_run": (
        accepted("12", "-5", "x", "1_2", "1" * 45),
        say("12", "-5", " ", "x", ".", "`", "1_2", "\n", "1" * 45),
    ),
    "_choice": (lettered, say_option),
    "_code_debug": (lettered, say_option),
    "_rouge": (summed_up, lambda doc: near(doc["answer"] + ["The cats ran. Dogs agreed\nhappily"])),
    "_qa_en": (accepted("a cat", "the", "Cat's", "", "U.S. x"), say("cat", " the ", "a", "U.S.", "\x1f", "x ")),
    "_qa_chn": (accepted("中国人", "北京。", "", "a-B", "“中”"), say("中", "国", "北京", "。", "a-B", " ", "人人")),
}.items():
    RESULTS[f"infinitebench/utils.process_results{name}"] = (draw, answer)


if __name__ == "__main__":
    write_cases(TEXT, ROWS, RESULTS)
