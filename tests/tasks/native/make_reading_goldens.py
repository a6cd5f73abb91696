#!/usr/bin/env python3
"""Records what lm-evaluation-harness 0.4.13's functions give for answers in words: TruthfulQA, SQuAD's kin.

Needs what make_native_goldens.py needs (transformers below 5), and rouge_score and sacrebleu (PyPI).
usage: make_reading_goldens.py [SEED [ROUNDS [FOLDER...]]] > goldens/reading.json
"""

import contextlib
import json
import sys

import datasets
from make_native_goldens import (
    FOLDERS,
    ROUNDS,
    answer_in_words,
    function,
    math,
    near,
    pick,
    pick_some,
    r,
    record,
    words,
)

NAMES = [
    "der",
    "Das Haus",
    "un",
    "la",
    "los perros",
    "của",
    "là",
    "ال بيت",
    "في البيت",
    "中国",
    "北京。",
    "«oui»",
    "हिन्दी।",
]
MARKS = ["!", "¿", "„", "“", "—", "؟", "、", "$", "+", "'", "...", "-"]


def text(most=5):
    """Words of many scripts with marks between them."""
    parts = [pick([pick(NAMES), pick(MARKS), words(1, 2)]) for _ in range(r.randint(1, most))]
    return pick(["", " "]).join(parts)


def texts(least=1, most=4):
    return [pick([text(), text(), "", "a", pick(NAMES)]) for _ in range(r.randint(least, most))]


def stopped(answers):
    """Answers as a harness's function wants them, with those that it changes."""
    return [pick([answer, answer + ".", f" {answer} ", ""]) for answer in answers]


# TruthfulQA


def okapi_question():
    question = pick([None, text(), " How [x] to [title]  go? ", "a  b   c"])
    return {
        "question": question,
        "mc1_targets_choices": pick_some(2),
        "mc2_targets_choices": pick_some(3),
        "mc2_targets_labels": [1, pick([0, 1]), 0],
    }


def labelled():
    return {"mc2_targets": {"labels": [1] * r.randint(1, 3) + [pick([0, 1]) for _ in range(r.randint(0, 3))] + [0]}}


def unlabelled():
    return {"mc2_targets": {"labels": pick([[1, 1], [0, 1], [0, 0, 1], [1, 0, 1, 0]])}}


def logprobs(doc):
    return [[-r.randint(1, 90) / 8, False] for _ in doc["mc2_targets"]["labels"]]


def truth():
    silence = pick(["No tinc cap comentari.", "Non teño ningún comentario.", "I have no comment", "x"])
    return {
        "question": f" {text()} ",
        "lang": pick(["en", "ca", "es", "eu", "gl", "de"]),
        "best_answer": text(),
        "correct_answers": stopped(texts()) + pick([[], [silence]]),
        "incorrect_answers": stopped(texts()),
    }


def references():
    return {
        "correct_answers": [words(2, 8) for _ in range(r.randint(1, 3))],
        "incorrect_answers": [words(2, 8) for _ in range(r.randint(1, 3))],
    }


def near_reference(doc):
    return near(doc["correct_answers"] + doc["incorrect_answers"])


# SQuAD's kin


def answers():
    return {"answers": texts()}


def answers_in_dict():
    return {"context": text(), "question": text(), "answers": {"text": texts(), "answer_start": [0]}}


def tydi():
    ids = ["arabic-1", "bengali-2", "english-3", "finnish-4", "english-", "englishx", "swahili--1"]
    return {"id": pick(ids), "title": text(), **answers_in_dict()}


def answers_in_dicts():
    return {"answers": [{"text": answer, "answer_start": 0} for answer in texts()]}


def idiom():
    return {"accepted_completions": texts()}


def respond(doc):
    golds = doc.get("answers", doc.get("accepted_completions"))
    golds = golds["text"] if isinstance(golds, dict) else golds
    return pick([text(), near([gold["text"] if isinstance(gold, dict) else gold for gold in golds])])


def conversation():
    n = r.randint(1, 3)
    doc = {"questions": pick_some(n), "answers": {"input_text": pick_some(n)}}
    if r.random() < 0.7:
        others = [pick([words(1, 3), doc["answers"]["input_text"][k].upper()]) for k in range(n)]
        doc["additional_answers"] = {name: {"input_text": others} for name in "01"[: r.randint(1, 2)]}
    return doc


def in_conversation(doc):
    return pick(["", "\n", " "]) + near(doc["answers"]["input_text"][-1:])


def hellaswag():
    return {
        "ctx_a": words(),
        "ctx_b": words(),
        "activity_label": words(),
        "endings": pick_some(4),
        "label": pick("0123"),
    }


# Others


EMOTIONS = ["Anger", "Joy", "Fear", "Ärger", "Zufrieden", "sad_1", "Hope"]


def feelings():
    names = r.sample(EMOTIONS, 4)
    if r.random() < 0.2:
        names[3] = names[0]
    reference = {}
    for i, name in enumerate(names, 1):
        reference[f"emotion{i}"] = name
        reference[f"emotion{i}_score"] = pick([r.randint(0, 10), str(r.randint(0, 10)), 2.5])
    return {"reference_answer_fullscale": str(reference)}


def say_feelings(doc):
    names = list(eval(doc["reference_answer_fullscale"]).values())[::2]
    if r.random() < 0.3:
        names[r.randint(0, 3)] = pick(EMOTIONS)
    lines = [f"{name}:{pick([' ', ' ', '  ', chr(10)])}{pick([r.randint(0, 10), '٣', '07'])}" for name in names]
    return "\n".join(r.sample(lines, len(lines))) + pick(["", "", "\nAnger: 5", ".5 x: y"])


def care():
    options = {f"op{i}": words() for i in range(1, 5)}
    return {"question": pick([None, words(), words()]), "cop": r.randint(1, 4), **options}


AMOUNTS = [
    "1234百万円",
    "-1,240",
    "12.6%",
    "5億円",
    "500000000",
    "2,010",
    "3.11兆",
    "減少した",
    "△1,234百万円",
    "12.5％",
    "-3",
    "１２",
    "1,000",
    "5億",
    "2千円",
    "3.1兆円",
    "増加した",
    "減少しました",
    "A 社",
    "0",
    "1-2",
    "12pt",
    "1百万",
    "",
    "１，２３４ドル",
    "▲5",
    "ﾎﾟｲﾝﾄ",
    "1234",
]


def financial():
    doc = {
        "pre_text": pick([[], pick_some(2)]),
        "post_text": pick([[], pick_some(1)]),
        "answer": pick(AMOUNTS),
        "question": text(),
        "table_headers": pick([[], pick_some(2)]),
        "table_rows": [pick_some(2), ["1", "é"]],
    }
    if r.random() < 0.2:
        del doc[pick(list(doc))]
    return doc


def say_amount(doc):
    amount = pick([doc.get("answer", ""), pick(AMOUNTS), pick(["1000", "1001", "1015", "-3.01", "500000000"])])
    return (
        pick(["", "回答： ", "Answer : ", "answer:", "A x\n", "So A: 1\n"])
        + amount
        + pick(["", "", " \n", "\nend", "です"])
    )


def hrm8k():
    answer = pick(
        [3, 3.0, 2.5, "42", " 1e3 ", "1_0", "inf", "nan", -0.0, 1e22, "1/2", "x=5", "\\frac12", "$7$", "two", ""]
    )
    return {"question": f" {words()} ", "original": words() + "\n", "answer": answer}


def say_hrm8k(doc):
    answer = str(doc["answer"]).strip()
    said = pick(
        [answer, answer.removesuffix(".0"), answer + ".0", "1000", "10", "\\frac{1}{2}", math(), answer_in_words()]
    )
    return pick([said, f"\\boxed{{{said}}}", f"so ${said}$", f"it = {said}.", f"{said} \\boxed{{x = {said}}}", "no"])


def likeness():
    return {"relatedness_score": pick([1.0, 2.5, 4, "3.75"])}


def say_likeness(doc):
    return (
        pick(["", "Nota: ", "12 ", " x"])
        + pick(["3", "4,5", "4.25", "5.7", "6", "0", "3a", "٣", "-2", ""])
        + pick(["", ".", ",", " 1"])
    )


TEXT = {}
for name, draw in {
    "careqa/utils.doc_to_text": care,
    "careqa/utils.doc_to_target": care,
    "jfinqa/utils.doc_to_text": financial,
}.items():
    TEXT[name] = draw
for folder in ("default", "en"):
    for name in ("doc_to_text", "doc_to_text_mmmlu", "doc_to_target"):
        TEXT[f"hrm8k/{folder}/utils.{name}"] = hrm8k
ROWS = {
    "okapi/truthfulqa_multilingual/utils.process_docs": okapi_question,
    "truthfulqa-multi/utils.process_docs_gen": truth,
    "galician_bench/utils.process_docs_gen": truth,
    "catalan_bench/truthfulqa_va/utils.process_docs_gen": truth,
    "noreval/nortruthfulqa/generation/utils.process_docs": truth,
    "noreval/noridiom/utils.filter_dataset_nb": lambda: {"language": pick(["nob", "nno"])},
    "noreval/noridiom/utils.filter_dataset_nn": lambda: {"language": pick(["nob", "nno"])},
    "mlqa/utils.process_docs": answers_in_dict,
    "tydiqa/utils.process_docs_en": tydi,
    "tydiqa/utils.process_docs_sw": tydi,
    "french_bench/utils.process_docs": hellaswag,
}
RESULTS = {
    "portuguese_bench/assin2_utils.process_results_sts": (likeness, say_likeness),
    "okapi/truthfulqa_multilingual/utils.process_results_mc2": (unlabelled, logprobs),
    "truthfulqa-multi/utils.process_results_mc2": (labelled, logprobs),
    "galician_bench/utils.process_results_mc2": (labelled, logprobs),
    "truthfulqa-multi/utils.process_results_gen": (references, near_reference),
    "galician_bench/utils.process_results_gen": (references, near_reference),
    "catalan_bench/truthfulqa_va/utils.process_results_gen": (references, near_reference),
    "noreval/nortruthfulqa/generation/utils.process_results": (references, near_reference),
    "xquad/utils.process_results_qa": (answers_in_dict, respond),
    "eq_bench/utils.calculate_score_fullscale": (feelings, say_feelings),
    "eq_bench/multilingual/utils.calculate_score_fullscale": (feelings, say_feelings),
    "jfinqa/utils.process_results": (financial, say_amount),
    "hrm8k/default/utils.process_results": (hrm8k, say_hrm8k),
    "hrm8k/en/utils.process_results": (hrm8k, say_hrm8k),
    "noreval/norquad/utils.process_results": (answers_in_dict, respond),
    "catalan_bench/utils.process_results_qa": (answers_in_dicts, respond),
    "catalan_bench/utils.process_results_coqcat": (conversation, in_conversation),
    "noreval/noridiom/utils.process_results": (idiom, respond),
}
for language in "ar de en es hi vi zh".split():
    RESULTS[f"mlqa/utils.process_results_{language}"] = (answers, respond)
for language in "ar bn en fi id ko ru sw te".split():
    RESULTS[f"tydiqa/utils.process_results_{language}"] = (answers, respond)


def numbers(scores):
    """True is 1, and so is numpy's; a tuple is what an aggregation takes."""
    plain = lambda value: [float(one) for one in value] if isinstance(value, tuple) else float(value)
    return {name: plain(value) for name, value in scores.items()}


def cases_of_rows(key, draw):
    drawn, change = [draw() for _ in range(ROUNDS)], function(key)
    yield record("rows", key, drawn, lambda rows: list(change(datasets.Dataset.from_list(rows))))


def cases_of_results(key, draw, answer):
    score = function(key)
    for _ in range(3 * ROUNDS):
        doc = draw()
        response = answer(doc)
        given = [tuple(one) for one in response] if isinstance(response, list) else [response]
        yield record("results", key, doc, lambda doc: numbers(score(doc, given)), response=response)


def cases_of_values(key, draw):
    value = function(key)
    for _ in range(ROUNDS):
        yield record("value", key, draw(), value)


def all_cases(texts, rows, results):
    for key, draw in texts.items():
        yield from cases_of_values(key, draw)
    for key, draw in rows.items():
        yield from cases_of_rows(key, draw)
    for key, (draw, answer) in results.items():
        yield from cases_of_results(key, draw, answer)


def write_cases(texts, rows, results):
    """Prints the cases of these functions: key -> document, and key -> document, response."""
    datasets.disable_progress_bars()
    chosen = lambda functions: {
        key: draw for key, draw in functions.items() if not FOLDERS or key.split("/")[0] in FOLDERS
    }
    with contextlib.redirect_stdout(sys.stderr):  # some functions print
        cases = list(all_cases(chosen(texts), chosen(rows), chosen(results)))
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


if __name__ == "__main__":
    write_cases(TEXT, ROWS, RESULTS)
