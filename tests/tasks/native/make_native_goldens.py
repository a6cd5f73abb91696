#!/usr/bin/env python3
"""Records what lm-evaluation-harness 0.4.13's own functions give on documents drawn at random.
CoQA wants transformers below 5 (squad_metrics).
Needs lm-eval, datasets, transformers, numpy and scipy (PyPI). usage: make_native_goldens.py [SEED [ROUNDS [FOLDER...]]] > goldens/native.json
With FOLDER: of the modules below these folders of lm_eval/tasks alone."""
import copy
import importlib.util
import json
import pathlib
import random
import sys

import datasets
import lm_eval.tasks

TASKS = pathlib.Path(lm_eval.tasks.__file__).parent
r = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
FOLDERS = sys.argv[3:]
pick = r.choice
WORDS = ["the", "a", "An", "cat", "Cat's", "12", "3.50", "1,000", "well-known", "naïve", "中文", "U.S.", "  ", "x_y", "Paris.", "(b)", "don't", "[title]", "[note]", "Q:", "A:", "1e3", "-5", "."]
PARTS = ["\\frac", "{", "}", "1", "2", "\\sqrt", "3", "x", "=", " ", "\\text{ cm}", "\\text{ ", ".5", "0.5", "/", "\\%", "\\$", "\\left(", "\\right)", "^\\circ", "^{\\circ}", "\\dfrac{1}{2}", "\\!", "\\\\", "\n", "é", "-", "+", "10", "007", "k = ", "\\frac12", "\\frac1{72}", "\\frac{3}4", "3/4", "a/b", "{.5}", ","]


def words(least=1, most=8):
    return " ".join(pick(WORDS) for _ in range(r.randint(least, most)))


def math(most=5):
    return "".join(pick(PARTS) for _ in range(r.randint(1, most)))


def answer_in_words():
    text = pick([math(), pick(["\\frac{1}{2}", "\\frac12", "1/2", "0.5", ".5", "3", "x=3"])])
    return pick([text, f"${text}$", f"so ${math()}$ and ${text}$.", f"\\boxed{{{text}}}", f"it is $\\boxed{{{text}}}$", f"\\boxed {text}$ yes", f"answer = {text}.", f"We get {text}, or 42", f"\\fbox{{{text}}}", ""])


def pick_some(n):
    return [words() for _ in range(n)]


def race():
    problem = lambda: {"question": pick([words() + "  _  .", words() + "?", "  _  .", "_ is"]), "answer": pick("ABCD"), "options": pick_some(4)}
    return {"article": words(3, 20), "problems": str([problem() for _ in range(r.randint(1, 4))])}


def coqa():
    n = r.randint(1, 4)
    doc = {"story": words(5, 20), "questions": {"input_text": pick_some(n)}, "answers": {"input_text": pick_some(n)}}
    if r.random() < 0.7:
        doc["additional_answers"] = {str(i): {"input_text": [pick([words(1, 3), doc["answers"]["input_text"][k].upper()]) for k in range(n)]} for i in range(r.randint(1, 3))}
    return doc


def drop_answer():
    return pick([{"number": pick(["3", "12.5", "1000"]), "date": {"day": "", "month": "", "year": ""}, "spans": []}, {"number": "", "date": {"day": "", "month": "", "year": ""}, "spans": pick_some(r.randint(1, 3))}, {"number": "", "date": {"day": pick(["", "3"]), "month": "May", "year": pick(["", "1999"])}, "spans": []}])


def drop():
    others = [drop_answer() for _ in range(r.randint(0, 3))]
    return {"query_id": "q", "passage": words(), "question": words(), "answer": drop_answer(), "validated_answers": {key: [other[key] for other in others] for key in ("number", "date", "spans")}}


def drop_prepared():
    doc = drop()
    doc["answers"] = [list(answer) for answer in module("drop/utils").get_answers(doc)]
    return doc


def near(answers):
    """A response that often is an answer, or some of its words."""
    answer = pick(answers)
    return pick([answer, answer.lower() + ".", " ".join(answer.split()[: r.randint(0, 3)]), words(1, 4), answer + " " + words(1, 2), answer + "\n" + words(), ""])


def copa():
    return {"premise": words(2, 6) + pick([".", ". ", ""]), "question": pick(["cause", "effect"]), "choice1": words() or "X", "choice2": pick(["É tout", "The end", "i"]), "label": pick([0, 1])}


def winograd():
    return {"sentence": words(1, 4) + " _ " + words(1, 4), "option1": words(1, 2), "option2": words(1, 2), "answer": pick("12")}


def wsc273():
    text = pick(["The man saw.  He ran.", "Amy gave it to her  because she won.", "Hm. The dog"])
    return {"text": text, "options": [pick(["The man", "He", "Amy", "Her  dog", "the An The", "Their The"]), pick(["It", "they", "A cat"])], "pronoun": pick(["his", "He", "her", "it", "Their"]), "pronoun_loc": r.randint(0, 10)}


def pro(**more):
    return {"question": words(), "options": pick_some(r.randint(2, 12)), "category": pick(["math", "law", "computer science"]), "cot_content": pick(["A: Let's think step by step. ", "A: Let's think step by step.", ""]) + words() + pick(["", " The answer is (B)."]), **more}


def prox():
    return {"question": words(), "cot_content": pick(["A: Let's think step by step.", "A: 让我们一步一步地思考。", ""]) + words(), **{f"option_{i}": pick([None, words()]) for i in range(10)}}


def solution():
    return {"problem": words(), "solution": words(0, 3) + pick(["", " $x$ "]) + pick(["\\boxed{" + pick([math(3).replace("{", "").replace("}", ""), "\\frac{1}{2}", "3", "0.5", "\\frac12"]) + "}", "\\boxed " + pick(["3", "1/2", "x"]) + "$."]) + pick(["", ".", " end"])}


def respond_to(doc):
    answer = module("hendrycks_math/utils").remove_boxed(module("hendrycks_math/utils").last_boxed_only_string(doc["solution"]))
    return pick([answer, f"${answer}$", f"a ${answer}$", math(), answer + " ", answer.replace("\\frac{1}{2}", "0.5"), answer.replace("\\frac12", "1/2")])


def choice_doc():
    n = r.randint(2, 5)
    return {"choices": pick_some(n), "gold": r.sample(range(n), r.randint(1, 2))}


TEXT = {"race/preprocess_race": (race, ["doc_to_text", "doc_to_choice", "doc_to_target"]), "coqa/utils": (coqa, ["doc_to_text", "doc_to_target"]), "super_glue/copa/utils": (copa, ["doc_to_text", "doc_to_target", "doc_to_choice"]), "xcopa/utils": (copa, ["doc_to_choice"] + ["doc_to_text_" + x for x in "et ht it id qu sw zh ta th tr vi".split()]), "xwinograd/utils": (winograd, ["doc_to_text", "doc_to_target", "doc_to_choice"]), "mmlu_pro/utils": (pro, ["doc_to_text", "fewshot_to_text", "fewshot_to_target"]), "mmlu-pro-plus/utils": (pro, ["doc_to_text", "fewshot_to_text", "fewshot_to_target"]), "leaderboard/mmlu_pro/utils": (pro, ["doc_to_text", "doc_to_choice"]), "leaderboard/musr/utils": (lambda: {"narrative": words(), "question": words(), "choices": str(pick_some(3))}, ["doc_to_text", "doc_to_choice"]), "logiqa/utils_logiqa": (lambda: {"context": words(), "question": words(), "options": pick_some(r.randint(3, 5)), "label": pick(["a", " b", "d "])}, ["doc_to_text", "doc_to_target"]), "logiqa2/utils_logiqa2": (lambda: {"text": words(), "question": words(), "options": pick_some(4)}, ["doc_to_text"]), "medmcqa/utils_medmcqa": (lambda: {"question": words(), "opa": words(), "opb": words(), "opc": words(), "opd": words()}, ["doc_to_text"]), "medqa/preprocess_medqa": (lambda: {"sent1": words(), "label": r.randint(0, 3), **{f"ending{i}": words() for i in range(4)}}, ["doc_to_text", "doc_to_target"]), "pubmedqa/preprocess_pubmedqa": (lambda: {"CONTEXTS": pick_some(3), "QUESTION": words()}, ["doc_to_text"]), "mathqa/utils": (lambda: {"options": pick([" , ", " ", ", "]).join(f"{x} ) {pick(['12', '1 , 000', 'none of these', 'rs . 5,', '∞'])}" for x in "abcde") + pick(["", " ,"])}, ["doc_to_choice"]), "webqs/utils": (lambda: {"answers": [pick(["Paris", "Paris, France", "New York", "New", "é", "Z", "a"]) for _ in range(r.randint(1, 5))]}, ["doc_to_choice", "doc_to_target"]), "mmlu_prox/zh/utils": (prox, ["doc_to_text", "fewshot_to_text"]), "mmlu_prox/en/utils": (prox, ["doc_to_text", "fewshot_to_text"]), "c4/preprocess_c4": (lambda: {"text": "".join(pick(["the", " ", " , ", " . ", "( a )", "s '", " @-@ ", "\" q \"", "' q '", "= = =", " \n", " N ", " 's", "[ x ]", "{ y }", " ° "]) for _ in range(20))}, ["c4_detokenizer"])}
ROWS = {"drop/utils.process_docs": drop, "hendrycks_math/utils.process_docs": solution, "wsc273/utils.process_doc": wsc273, "arithmetic/utils.process_docs": lambda: {"context": pick(["\n", ""]) + words() + pick(["\n\n", "Q: ", "A:"]) + words(), "completion": " 5"}, "tmmluplus/default/utils.process_docs": lambda: {"question": words(), "answer": pick("ABCD"), **{x: words() for x in "ABCD"}}, "tmlu/default/utils.process_docs": lambda: {"question": words(), "answer": pick("ABCD"), "E": pick([None, "", words()]), "F": pick([None, words()]), **{x: words() for x in "ABCD"}}, "okapi/hellaswag_multilingual/utils.process_docs": lambda: {"ctx_a": words(), "ctx_b": words(), "activity_label": words(), "endings": pick_some(4), "label": pick("0123")}, "okapi/arc_multilingual/utils.process_docs": lambda: {"id": "i", "instruction": words(), "answer": pick("ABCDE"), "option_e": pick([None, "", words()]), **{"option_" + x: words() for x in "abcd"}}, "llama3/instruct/arc_challenge/utils.process_docs": lambda: {"question": words(), "answerKey": pick("ABCD1234"), "choices": {"text": pick_some(4), "label": pick([list("ABCD"), list("1234"), list("ABC")])}}, "mmlusr/question_only/utils.process_docs": lambda: {"question": words(), "answer": pick([None, " A", "B"]), **{f"choice{i}": pick([None, "", words()]) for i in range(1, 5)}}, "winogender/utils.filter_female": lambda: {"gender": pick(["male", "female"])}, "bigbench/utils.filter_multiple_choice": lambda: {"multiple_choice_targets": pick([["a"], []])}, "eus_exams/utils.process_docs": lambda: {"answer": pick([0, 3, 4, -1]), "candidates": pick([["", "", "", ""], ["a", "", "b", "c"]])}, "mmlu_pro/utils.process_computer_science": pro, "llama3/instruct/mmlu_pro/utils.process_math": pro, "llama3/instruct/mmlu_de/utils.process_docs_virology": lambda: {"subtask_name": pick(["mmlu_de_chat.virology", "mmlu_de_chat.anatomy"])}, "mmlu_prox/zh/utils.process_law": pro, "global_mmlu/full/zh/utils.process_anatomy": lambda: {"subject": pick(["anatomy", "law"])}, "include/default/Chinese/utils.process_arts_humanities": lambda: {"domain": pick(["Arts & Humanities", "STEM"])}}
RESULTS = {"coqa/utils.process_results": (coqa, lambda doc: near(module("coqa/utils").doc_to_target(doc))), "drop/utils.process_results": (drop_prepared, lambda doc: near([span for answer in doc["answers"] for span in answer])), "hendrycks_math/utils.process_results": (solution, respond_to), "aime/utils.process_results": (lambda: {pick(["answer", "Answer"]): pick([33, "042", "7"])}, lambda doc: pick([str(*doc.values()), answer_in_words(), f"\\boxed{{{str(*doc.values())}}}", f"$x$ is ${str(*doc.values())}$"])), "agieval/utils.process_results": (lambda: {"answer": pick(["\\frac{1}{2}", "3", "$x=5$", "\\boxed{2}", "a/b", "0.5"])}, lambda doc: pick([doc["answer"], answer_in_words(), f"so = {doc['answer']}.", f"$y = {doc['answer']}$", "it is 3 or 5.0"])), "agieval/utils.process_results_mcqa": (choice_doc, lambda doc: [[-r.randint(1, 9) / 2, False] for _ in doc["choices"]])}


def afrimmlu():
    return {"subject": words(1, 2), "question": words(), "choices": str(pick_some(4)), "answer": pick("ABCD")}


def nli():
    return {"premise": words(), "hypothesis": words(), "label": pick([0, 1, 2])}


def mafand():
    return {"translation": {pick(["en", "fr"]): words(), pick(["amh", "yor", "zul", "pcm"]): words()}}


def dialect(subject):
    return lambda: {subject: words(1, 2), "context": pick(["", words()]), "question": words(), "choices": pick_some(r.randint(2, 5))}


def arabicmmlu():
    options = {f"Option {i}": words() if i <= 3 or r.random() < 0.5 else pick([None, ""]) for i in range(1, 6)}
    return {"Level": pick([None, "", "Primary", "Univ"]), "Country": pick([None, "UAE"]), "Subject": words(1, 2), "Question": words(), "Context": pick([None, "", words()]), **options}


def lettered(**more):
    return {"question": words(), "subject": pick(["high_school_biology", "law"]), "answer": pick("ABCD"), **{x: words() for x in "ABCD"}, **more}


def in_columns():
    return {"query": words(), "sol1": words(), "sol2": words(), "sol3": words(), "label": pick(["0", "1", "2"]), "__few_shots": pick([True, False])}


for way in ("direct", "translate"):
    for i in range(1, 6):
        TEXT[f"afrimmlu/{way}/prompt_{i}/utils"] = (afrimmlu, ["doc_to_text", "doc_to_choice"])
for name, functions in {"direct/prompt_1": "doc_to_text doc_to_target", "direct/prompt_2": "doc_to_target", "direct/prompt_5": "doc_to_target", "translate/prompt_3": "doc_to_text doc_to_target", "anli prompt/en-direct": "doc_to_target", "lai prompt/translate": "doc_to_text doc_to_target"}.items():
    TEXT[f"afrixnli/{name}/utils"] = (nli, functions.split())
for i in (1, 3):
    TEXT[f"afrobench/mafand/prompt_{i}/english-african/utils"] = (mafand, ["get_target", "get_target_reverse", f"create_text_prompt_{i}", f"create_reverse_prompt_{i}"])
TEXT["greekmmlu/utils"] = (lambda: {"subject": pick(["Law", "Greek History", "Other"]), "question": words(), "choices": pick_some(r.randint(2, 4))}, ["doc_to_text", "doc_to_choice"])
TEXT["darijammlu/utils"] = (dialect("subject_darija"), ["doc_to_text", "doc_to_choice"])
TEXT["egymmlu/utils"] = (dialect("egy_subject"), ["doc_to_text", "doc_to_choice"])
TEXT["arabicmmlu/utils"] = (arabicmmlu, ["doc_to_text", "doc_to_choice"])
TEXT["indicparam/utils"] = (lambda: {"question_text": words(), "correct_answer": pick("abcd"), **{f"option_{x}": words() for x in "abcd"}}, ["doc_to_text", "doc_to_choice", "doc_to_target"])
for language in "af ar de fr ja ko th wo yo zu".split():
    TEXT[f"mmlu_prox/{language}/utils"] = (prox, ["doc_to_text", "fewshot_to_text"])
for name, draw in {"alghafa": in_columns, "arabic_mt_piqa": in_columns, "arabic_exams": lettered, "arabic_mmlu": lettered, "arabic_mt_boolq": lambda: {"question": words(), "passage": words(), "answer": pick([True, False])}, "arabic_mt_toxigen": lambda: {"text": words(), "toxicity_ai": pick([1.0, 3.0, 5.0]), "toxicity_human": pick([0.5, 2.5, 5.0])}, "arabic_mt_copa": lambda: {"premise": words(), "choice1": words(), "choice2": words(), "question": pick(["cause", "effect"]), "label": pick([0, 1])}, "avca": lambda: {"question": words(), "answer": pick(["صح", "خطأ"])}, "arabic_mt_hellaswag": lambda: {"ctx": pick([words(), "[x] " + words() + " [y]"]), "endings": str(pick_some(4)), "label": pick([0, 1, 2, 3])}}.items():
    ROWS[f"arabic_leaderboard_complete/arabic_leaderboard_{name}/utils.process_docs"] = draw
ROWS["openai-mmmlu/default/utils.process_college_mathematics"] = lambda: {"Subject": pick(["college_mathematics", "college_mathematics_test.csv_sw-KE.csv", "anatomy", "college_mathematics_test-x"])}
ROWS["global_mmlu/default/ar/utils.process_social_sciences"] = lambda: {"subject_category": pick(["Social Sciences", "STEM"])}
ROWS["indicparam/utils.process_docs_sanskrit_mix"] = lambda: {"subject": pick(["Sanskrit", "Sanskrit Mix"])}
MODULES = {}


def module(name):
    if name not in MODULES:
        spec = importlib.util.spec_from_file_location(name.replace("/", "_"), TASKS / (name + ".py"))
        MODULES[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(MODULES[name])
    return MODULES[name]


def function(key):
    name, attribute = key.rsplit(".", 1)
    return getattr(module(name), attribute)


def record(kind, key, doc, call, **more):
    case = {"kind": kind, "key": key, "doc": copy.deepcopy(doc), **more}
    try:
        case["value"] = call(doc)
    except Exception as error:
        case["error"] = type(error).__name__
    number = float if kind == "results" else lambda value: value.item()  # of numpy's
    return json.loads(json.dumps(case, default=number))


def recorded(texts, rows, results, rounds):
    """The cases of these functions: module -> (document, names), and key -> document [, response]."""
    datasets.disable_progress_bars()
    cases = []
    chosen = lambda key: not FOLDERS or any(key.startswith(folder + "/") for folder in FOLDERS)
    for name, (draw, functions) in texts.items():
        if not chosen(name):
            continue
        for attribute in functions:
            for _ in range(rounds):
                cases.append(record("value", f"{name}.{attribute}", draw(), function(f"{name}.{attribute}")))
    for key, draw in rows.items():
        if not chosen(key):
            continue
        drawn = [draw() for _ in range(rounds)]
        cases.append(record("rows", key, drawn, lambda rows: list(function(key)(datasets.Dataset.from_list(rows)))))
    for key, (draw, respond) in results.items():
        if not chosen(key):
            continue
        for _ in range(4 * rounds):
            doc = draw()
            try:
                response = respond(doc)
            except Exception:
                continue
            given = response if isinstance(response, list) else [response]
            cases.append(record("results", key, doc, lambda doc: function(key)(doc, given), response=response))
    return cases


def compared(comparisons, rounds):
    """The cases of aggregations that compare texts: key -> {gold, response} of a document."""
    cases = []
    for key, draw in comparisons.items():
        for count in [1] * rounds + [6]:
            pairs = lambda doc: function(key)([(one["gold"], one["response"]) for one in doc])
            cases.append(record("comparison", key, [draw() for _ in range(count)], pairs))
    return cases


def show(cases):
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


def write(texts, rows, results):
    """Prints the cases of these functions."""
    show(recorded(texts, rows, results, ROUNDS))


if __name__ == "__main__":
    write(TEXT, ROWS, RESULTS)
