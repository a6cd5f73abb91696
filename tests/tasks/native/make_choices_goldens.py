#!/usr/bin/env python3
"""Like make_native_goldens.py, of functions that make prompts, choices and rows, and of social bias.
usage: make_choices_goldens.py [SEED [ROUNDS [FOLDER...]]] > goldens/choices.json"""

import sys
import types

import datasets

from make_native_goldens import compared, module, near, pick, pick_some, r, recorded, show, words

# What modules import, later versions lack, and the functions recorded here do not use.
datasets.load_metric = None
for name in ("transformers.data.metrics", "transformers.data.metrics.squad_metrics"):
    sys.modules.setdefault(name, types.ModuleType(name))

ENDS = ["", ".", ",", ";", "!", "?", " .", " ', x", "...", "\u3002"]
NLI_WORDS = ["Él n't", "( a )", '" q "', "don 't", "x .", "Ñandú", "it 's", "É", "ok ,"]


def text(least=1, most=6):
    """Words, most of the time."""
    return pick([words(least, most), words(least, most), " " + words(least, most) + " "])


def spaced():
    """A sentence whose tokens a tokeniser set apart."""
    return text(0, 2) + " ".join(pick(NLI_WORDS) for _ in range(r.randint(0, 4))) + pick(ENDS)


def greedy(count):
    return [[-r.randint(1, 6) / 2, r.random() < 0.3] for _ in range(count)]


# Two sentences.


def paraphrase(first="sentence1", second="sentence2"):
    return lambda: {
        first: pick([spaced(), spaced(), "", None]),
        "id": 1,
        second: pick([spaced(), "Sí. " + spaced(), ""]),
    }


def plain_pair():
    return {"sentence1": pick([text() + pick(ENDS), None, ""]), "sentence2": pick([text(), "Ez da"])}


def inference():
    return {"premise": spaced(), "hypothesis": "Ñ" + spaced(), "label": 1}


def galician_inference():
    label = pick(["entailment", "neutral", "contradiction"])
    return {"sentence1": spaced(), "sentence2": "A" + spaced(), "gold_label": label}


def copa():
    premise = words(2, 6) + pick([".", ". ", ""])
    asked = pick(["cause", "effect"])
    return {"premise": premise, "question": asked, "choice1": pick(["É tout", "The end", "i"]), "choice2": "Ça"}


def mnli():
    return {"premise": text(), "hypothesis": text() + pick([".", ". ", "", "?"])}


def loose():
    return text() + pick(["   ", "", "  x  "])


def summarised():
    return {"text": loose(), "summary": loose()}


def cabreu():
    kinds = ("abstractive", "extractive", "extreme")
    return {
        "content": loose(),
        "summaries": {kind: {author: loose() for author in ("a1", "a2", "a3")} for kind in kinds},
    }


# Exams.


def basque():
    return {"context": text(), "question": text(), "candidates": pick_some(r.randint(1, 5))}


def glianorex():
    options = {letter: text() for letter in "ABCD"[: r.randint(2, 4)]}
    return {"question": text(), "options": options, "answer_idx": pick("ABCD")}


def click():
    name = pick(["CSAT_korean_22_1", "TK_5", "PSE_korean_3", "Kedu_16_2", "KHB_1"])
    choices = pick_some(pick([4, 5]))
    answer = pick(choices + [words()])
    paragraph = pick(["", None, text()])
    return {"id": name, "paragraph": paragraph, "question": text(), "choices": choices, "answer": answer}


def click_name():
    korean = f"CSAT_korean_{r.randint(18, 24)}_{r.randint(1, 45)}"
    kedu = f"Kedu_{pick(['1', '16', '17', '2'])}_{r.randint(1, 9)}"
    return pick([korean, korean, kedu, kedu, f"TK_{r.randint(1, 9)}", "PSE_korean_1"])


def click_row():
    return {"id": click_name(), "question": text() + pick(["", "대화", "발화", "질의"])}


def culture_row():
    names = [
        "Economy_1",
        "kiip_geography",
        "KHB_2",
        "History_1",
        "LAW",
        "PSAT_1",
        "politics",
        "POPular",
        "Society",
        "tradition",
    ]
    return {"id": pick(names), "question": text()}


def csat():
    options = {f"option#{i}": pick([text(), str(i)]) for i in range(1, 6)}
    return {"question": text(), "context": text(), **options, "gold": pick([1, 2, 5])}


def physics():
    scores = dict.fromkeys("ABCDE", 0)
    if r.random() < 0.7:
        scores[pick("ABCDE")] = 1
    return {"input": text(), "target_scores": pick([scores, scores, scores, None]), "has_image": r.random() < 0.3}


# Arabic.


def culture():
    options = {"arabic_keys": list("أبج"), "english_keys": list("ABC"), "text": [text() for _ in range(3)]}
    key = pick(["A", "B", "C", "B "])
    place = {"country": pick(["Egypt", "", None]), "region": pick(["Gulf", None])}
    return {
        **place,
        "first_statement": text(),
        "options": options,
        "answer_key": {"english_answer_key": key, "arabic_answer_key": "أ"},
    }


def dialect_mmlu():
    options = {letter: pick([text(), text(), None]) for letter in "ABCDE"}
    about = {"Subject": pick(["Law", "Civics", "Math", "Arabic Language (Grammar)", "Political Science"])}
    about |= {"Level": pick([None, "", "Primary", "Univ"]), "Country": pick([None, "", "UAE", "Morocco"])}
    asked = {"context": pick([None, "", text()]), "question": pick([text(), "[OPTION] " + text()])}
    return {**about, **asked, "options": options, "Answer Key": pick("ABCDE")}


def boolq():
    return {"question": text() + pick(["", "?", "? ", "؟", "?؟"]), "answer": pick(["true", "false"])}


def boolq_of_bools():
    return {"question": text(), "answer": pick([True, False])}


def openbook():
    choices = [{"label": letter, "text": text()} for letter in "ABCD"]
    return {"question": {"stem": text(), "choices": choices}, "answerKey": pick(["A", " C", "D ", "E"])}


def winograd():
    answer = pick("12")
    sentence = words(1, 4) + " _ " + words(0, 4) + pick(["", "."])
    return {"sentence": pick([sentence, words(1, 2) + " _."]), "option1": words(), "option2": words(), "answer": answer}


def sentiment():
    asked = pick(["-سلبي\n-ايجابي", "-سلبي\n-ايجابي\n-ماكينش إحساس", text()])
    answer = pick(["سلبي", "ايجابي", "ماكينش إحساس"])
    return {"messages": [{"role": "user", "content": text() + asked}, {"role": "assistant", "content": answer}]}


def dialect_hellaswag():
    return {"ctx": text(), "activity_label": text(), "endings": pick_some(4), "label": pick("0123")}


def hellaswag():
    marked = text() + pick(["", " [title] x", " [y]  z"])
    return {
        "ctx_a": marked,
        "ctx_b": words(),
        "activity_label": words(),
        "endings": pick_some(4),
        "label": pick("0123"),
    }


# metabench: examples stand in columns.


def numbered(name, count, draw):
    return {f"{name}_shot_{i}": draw() for i in range(1, count + 1)}


def metabench_arc():
    choices = {"text": pick_some(4), "label": list("ABCD")}
    columns = numbered("arc_question", 25, lambda: words(1, 2)) | numbered("arc_answerKey", 25, lambda: pick("ABCD"))
    columns |= numbered("arc_choices", 25, lambda: choices) | numbered("arc_idx", 25, lambda: 3)
    return {"question": text(), "choices": choices, "answerKey": "B", **columns, "alltwentyfiveshot_longprompt": "x"}


def metabench_gsm8k():
    columns = numbered("gsm8k_prompt", 5, text) | numbered("gsm8k_answer", 5, text)
    return {
        "question": text(),
        "answer": "3",
        **columns,
        **numbered("gsm8k_idx", 5, lambda: 1),
        "allfiveshot_longprompt": "x",
    }


def metabench_hellaswag():
    columns = {}
    for name in ("ctx_a", "ctx_b", "ctx", "activity_labels", "ind", "source_id", "split", "split_type"):
        columns |= numbered(f"hellaswag_{name}", 10, lambda: words(1, 2))
    columns |= numbered(
        "hellaswag_endings", 10, lambda: [words(1, 2) + pick(["", " [title] a", " [b]"]) for _ in range(4)]
    )
    columns |= numbered("hellaswag_label", 10, lambda: pick("0123"))
    return {"ctx": text(), **hellaswag(), **columns, "alltenshot_longprompt": "x"}


def metabench_mmlu():
    columns = numbered("mmlu_question", 5, text) | numbered("mmlu_answers", 5, lambda: pick("0123"))
    columns |= numbered("mmlu_choices", 5, lambda: pick_some(4)) | numbered("mmlu_ind", 5, lambda: 7)
    subject = pick(["law", "high_school_biology"])
    return {
        "question": text(),
        "choices": pick_some(4),
        "answer": 2,
        "subject": subject,
        **columns,
        "allfiveshot_longprompt": "",
    }


def metabench_winogrande():
    columns = numbered("winogrande_prompt", 5, lambda: words() + " _ x _") | numbered("winogrande_idx", 5, lambda: 1)
    columns |= numbered("winogrande_answer", 5, lambda: pick("12"))
    columns |= numbered("winogrande_option1", 5, words) | numbered("winogrande_option2", 5, words)
    return {**winograd(), **columns, "allfiveshot_longprompt": "x"}


# Dialogues.


def dialogue():
    turns = pick(["`` hi '' , m : yes \n f : no ?", "do n't . \n ok !", "it 's ; fine"])
    return {"article": text() + turns, "options": [text() + turns for _ in range(4)], "answers": pick("ABCD")}


# Social bias.

UNKNOWN = ["Unknown", "Can't be determined", "Not enough info", "Undetermined"]
PEOPLE = [
    ("The Latina woman", ["", ""]),
    ("The grandfather", ["old", "old"]),
    ("The boy", ["boy", "nonOld"]),
    ("Maria", ["F-Black", "Black"]),
    ("The German man", ["German", "Europe"]),
    ("the poor girl", ["girl", "lowSES-African"]),
    ("A wealthy woman", ["woman", "highSES"]),
]
STEREOTYPED = ["Old", "F", "black", "low ses", "Latino", "german", "m", "European"]
CATEGORIES = ["Age", "Race_x_SES", "SES"]


def bbq():
    people = r.sample(PEOPLE, 2) + [(pick(UNKNOWN), ["unknown", "unknown"])]
    r.shuffle(people)
    answers = {f"ans{i}": people[i][0] for i in range(3)}
    info = {f"ans{i}": people[i][1] for i in range(3)}
    asked = {"question_polarity": pick(["neg", "nonneg"]), "context_condition": pick(["ambig", "disambig"])}
    groups = {"stereotyped_groups": r.sample(STEREOTYPED, r.randint(1, 3))}
    more = {"category": pick(CATEGORIES), "label": r.randint(0, 2), "additional_metadata": groups}
    return {**answers, "answer_info": info, **asked, **more}


def prepared_bbq():
    rows = datasets.Dataset.from_list([bbq()])
    try:
        return list(module("bbq/utils").process_docs(rows))[0]
    except Exception:
        return prepared_bbq()


def bbq_answer(doc):
    names = [doc[f"ans{i}"] for i in range(3)] + [group for i in range(3) for group in doc[f"ans{i}_groups"]]
    named = pick(names + ["I do not know", "undetermined", "Not known."])
    return pick([named, named + ".", f"The {named}", f"It was the {named} or {pick(names)}", words(), ""])


def iberian():
    info = {f"ans{i}": pick([["x", "a, old "], ["old"], ["b", "young"]]) for i in range(3)}
    asked = {"question_polarity": pick(["neg", "nonneg"]), "context_condition": pick(["ambig", "disambig"])}
    kinds = {"question_type": pick(["pro-stereo", "anti-stereo"]), "label": pick([0, 1, 2])}
    return {"answer_info": info, "stereotyped_groups": pick([["old"], ["young", "b"]]), **asked, **kinds}


def crows():
    return {"sent_more": text(), "sent_less": text()}


def bias_type():
    types = ["race-color", "socioeconomic", "gender", "age", "religion", "disability", "sexual-orientation"]
    return {"bias_type": pick(types + ["nationality", "physical-appearance", "autre", "agender"])}


# Norwegian.


def quiz():
    choices = pick_some(r.randint(1, 4))
    labels = list("ABCD")[: len(choices)]
    choices = {"text": choices, "label": pick([labels, labels, [", eller", "B"]])}
    return {"question": text() + pick(["", "{x}"]), "choices": choices}


def truthful_choices():
    return {"question": text(), "mc1_targets": {"choices": pick_some(r.randint(0, 3)), "labels": [1]}}


def norquad():
    lines = [text() for _ in range(r.randint(0, 4))]
    return {"context": pick(["", "\n", " "]) + "\n".join(lines), "question": loose(), "id": 3}


def norquad_prepared():
    return {"title": text(), "passage": text(), "question": text()}


def idiom():
    return {"accepted_completions": pick([pick_some(2), ["gå, i vannet!"], ["!"], ["Å være"]])}


# Korean, morals, flights.


def korean_copa():
    asked = pick(["원인", " 결과", "무엇"])
    return {
        "premise": text(),
        "question": asked,
        "alternative_1": text(),
        "alternative_2": words(),
        "label": pick([0, 1]),
    }


def korean_wic():
    return {"context_1": text(), "context_2": text(), "word": words(1, 1)}


def korean_hellaswag():
    return {"context": text(), **{f"ending_{i}": text() for i in range(1, 5)}, "label": pick([0, 3])}


def moral_story():
    story = {name: pick([text(), "éTÉ x", ""]) for name in ("norm", "situation", "intention")}
    return {"ID": "1", **story, "moral_action": text(), "immoral_action": text()}


def flight():
    return {"id": 3, "query": text(), **{f"Option {x}": pick([text(), "3"]) for x in "ABCDE"}, "Answer": pick("ABCDE")}


def toxicity():
    return {"toxicity_ai": pick([1.0, 2.5, 5.0]), "toxicity_human": pick([0.5, 3.0, 3.1])}


# Medicine, Japanese, SuperGLUE.


def careqa():
    options = {f"op{i}": text() for i in range(1, 5)}
    return {"question": pick([text(), text(), None]), **options, "cop": r.randint(1, 4)}


def jcommonsenseqa():
    return {"question": text(), **{f"choice{i}": text() for i in range(5)}, "label": 2}


def japanese_winograd():
    return {"sentence1": " " + text(), "sentence2": text() + "\u3000", "answer": pick(["1", "2"])}


def wsc():
    passage = pick(["Mark told  Pete lies , which he included", "naïve é x ' y", text(3, 8)])
    return {
        "text": passage,
        "span1_text": words(1, 2),
        "span2_text": pick(["he", "é"]),
        "span2_index": r.randint(0, 9),
    }


# Italian.


def italian_sentiment():
    return {"opos": pick(["0", "1", "2"]), "oneg": pick(["0", "1"])}


def italian_entities():
    types = ["PER", "LOC", "ORG"]
    names = r.sample(["Roma", "Anna", "W", "ENI spa", "l'Aquila"], r.randint(0, 4))
    return {"entities": [{"entity_text": name, "type": pick(types)} for name in names]}


def answer_entities(doc):
    marks = [one["entity_text"] + "$" + pick([one["type"], "per", "x$y"]) for one in doc["entities"]]
    answer = r.sample(marks, r.randint(0, len(marks))) + pick([[], [], ["Roma$LOC", "b"], ["$PER"], [" c$ORG "]])
    return pick([",".join(answer), ", ".join(answer), "", "&&NOENT&&", ",".join(marks)])


def italian_relations():
    return {"relations": [[pick("abc"), pick(["1", "2 mg"])] for _ in range(r.randint(0, 3))]}


def answer_relations(doc):
    marks = [f"{one[0]} $ {one[1]}" for one in doc["relations"]]
    answer = pick([marks, marks + ["d$4"], ["x"] + marks + marks, marks[:1], ["z$1", "b$2 mg"]])
    return pick(["%".join(answer), "%".join(answer), "", "&&NOREL&&"])


def substitutes():
    names = r.sample(["caro", "perché", "molto bello", "Re"], r.randint(0, 4))
    return {"answers": [{"word": name, "count": r.randint(0, 3)} for name in names]}


def answer_substitutes(doc):
    names = [one["word"] for one in doc["answers"]] + ["x", "perché.", '"caro"', ""]
    answer = [pick(names) for _ in range(r.randint(0, 12))]
    return pick([", ", ","]).join(answer) + pick(["", ".", "\nno", '"'])


# African languages.

TAGGED = [
    "PER: Ann",
    "per: ann.",
    "LOC: Accra, ORG: The UN",
    "DATE: 3\t may",
    "none",
    "per:  Dr.  K. Ann ",
    "org: a: b",
    "LOC: Accra#2",
]


def entities():
    return pick([" $$ ", " $ ", "$", ". ", ", "]).join(pick(TAGGED) for _ in range(r.randint(0, 5)))


def tagged():
    gold = entities()
    return {"gold": gold, "response": pick([gold, [gold], [entities()], entities(), "", [gold + " $ " + entities()]])}


def answered():
    gold = pick([words(1, 4), "the", "", "Ọ̀yọ́ state"])
    return {"gold": gold, "response": pick([gold, near([gold]), "", "a."])}


TEXT = {
    "careqa/utils": (careqa, ["doc_to_text", "doc_to_target"]),
    "super_glue/wsc/preprocess_wsc": (wsc, ["default_doc_to_text"]),
    "evalita_llm/utils": (italian_sentiment, ["sa_doc_to_target", "sa_doc_to_target_v2", "sa_doc_to_choice"]),
    "kobest/utils": (korean_copa, ["copa_doc_to_text", "copa_doc_to_choice", "copa_doc_to_target"]),
    "toxigen/utils": (toxicity, ["doc_to_target"]),
    "noreval/norquad/utils": (norquad_prepared, ["p0", "p1", "p2", "p3", "p4"]),
    "glue/mnli/utils": (mnli, ["doc_to_text"]),
    "copal_id/utils": (copa, ["doc_to_text_id", "doc_to_choice"]),
    "basque_bench/utils": (copa, ["xcopa_doc_to_text", "xcopa_doc_to_choice"]),
    "paloma/paloma_utils": (lambda: {"text": pick([text(), None, 3])}, ["doc_to_target"]),
    "eus_reading/utils": (basque, ["doc_to_text_context", "doc_to_choice"]),
    "eus_trivia/utils": (basque, ["doc_to_text", "doc_to_choice"]),
    "glianorex/preprocess_glianorex": (glianorex, ["doc_to_text", "doc_to_target"]),
    "click/click_cul/utils": (click, ["get_context", "get_target", "get_choices"]),
    "click/click_lang/utils": (click, ["get_context", "get_target", "get_choices"]),
    "arab_culture/utils_mcq": (culture, ["doc_to_text", "doc_to_choice", "doc_to_target"]),
    "arab_culture_completion/utils_completion": (culture, ["doc_to_text", "doc_to_choice", "doc_to_target"]),
    "aradice/openbookqa/utils": (openbook, ["doc_to_text", "doc_to_choice", "doc_to_target"]),
    "darija_bench/darija_sentiment/utils": (
        sentiment,
        ["doc_to_text", "doc_to_target", "doc_to_choice_2", "doc_to_choice_3"],
    ),
    "metabench/process_docs": (
        winograd,
        ["winogrande_doc_to_text", "winogrande_doc_to_target", "winogrande_doc_to_choice"],
    ),
    "crows_pairs/utils": (crows, ["doc_to_choice"]),
    "bbq/utils": (bbq, ["doc_to_choice", "doc_to_target"]),
}
for name in (
    "aradice/winogrande/utils",
    "icelandic_winogrande/preprocess_winogrande",
    "tinyBenchmarks/utils_winogrande",
):
    TEXT[name] = (winograd, ["doc_to_text", "doc_to_target", "doc_to_choice"])
for code, folder in (("nn", "nno"), ("nb", "nob")):
    prompts = [f"p{i}_{code}" for i in range(5)]
    TEXT[f"noreval/nrk_quiz_qa/{folder}/utils"] = (quiz, prompts)
    TEXT[f"noreval/nortruthfulqa/multiple_choice/{folder}/utils"] = (truthful_choices, prompts)
ROWS = {
    "japanese_leaderboard/ja_leaderboard_jcommonsenseqa.process_docs": jcommonsenseqa,
    "japanese_leaderboard/ja_leaderboard_xwinograd.process_docs": japanese_winograd,
    "uncheatable_eval/uncheatable_eval_utils.filter_arxiv_cs": lambda: {"category": pick(["arxiv_cs", "arxiv_math"])},
    "kobest/utils.hellaswag_process_doc": korean_hellaswag,
    "moral_stories/utils.process_docs": moral_story,
    "histoires_morales/utils.process_docs": moral_story,
    "groundcocoa/utils.process_docs": flight,
    "noreval/norquad/utils.process_docs": norquad,
    "noreval/noropenbookqa/utils.filter_dataset": lambda: {"fact": pick(["", text()])},
    "noreval/noridiom/utils.filter_dataset_nb": lambda: {"language": pick(["nob", "nno"])},
    "noreval/noridiom/utils.filter_dataset_nn": lambda: {"language": pick(["nob", "nno"])},
    "paws-x/utils.process_docs_paraphrases": paraphrase(),
    "catalan_bench/utils.process_docs_paraphrases": paraphrase(),
    "spanish_bench/utils.process_docs_paraphrases": paraphrase(),
    "galician_bench/utils.process_docs_paws": paraphrase(),
    "galician_bench/utils.process_docs_paraphrases": paraphrase("Frase", "Paráfrase"),
    "basque_bench/utils.paws_process_docs": plain_pair,
    "catalan_bench/utils.process_doc_nli": inference,
    "spanish_bench/utils.process_doc_nli": inference,
    "galician_bench/utils.process_doc_nli": galician_inference,
    "catalan_bench/utils.process_docs_copa_ca": copa,
    "spanish_bench/utils.process_docs_copa_es": copa,
    "catalan_bench/utils.process_doc_cabreu": cabreu,
    "galician_bench/utils.process_summarization": summarised,
    "spanish_bench/utils.process_xlsum": summarised,
    "glianorex/preprocess_glianorex.filter_french": lambda: {"language": pick(["fr", "en"])},
    "glianorex/preprocess_glianorex.filter_english": lambda: {"language": pick(["fr", "en-GB"])},
    "csatqa/utils.process_docs": csat,
    "physics_gre/utils.process_docs": physics,
    "aradice/ArabicMMLU/EGY/utils.process_docs": dialect_mmlu,
    "aradice/ArabicMMLU/LEV/utils.process_docs": dialect_mmlu,
    "aradice/boolq/MSA/utils.process_docs": boolq_of_bools,
    "aradice/cultural-benchmark/utils.process_docs": lambda: {f"Option {x}": text() for x in "ABC"},
    "darijahellaswag/utils.process_docs": dialect_hellaswag,
    "egyhellaswag/utils.process_docs": dialect_hellaswag,
    "tinyBenchmarks/utils_hellaswag.process_docs": hellaswag,
    "mutual/utils.process_docs": dialogue,
    "bbq/utils.process_docs": bbq,
    "bbq/utils.process_docs_ambig": bbq,
    "bbq/utils.process_docs_disambig": bbq,
}
for dialect in ("EGY", "ENG", "LEV"):
    ROWS[f"aradice/boolq/{dialect}/utils.process_docs"] = boolq
for subject in ("economy", "geography", "history", "law", "politics", "kpop", "society", "tradition"):
    ROWS[f"click/click_cul/utils.extract_{subject}"] = culture_row
for kind in ("text", "grammar", "function"):
    ROWS[f"click/click_lang/utils.extract_{kind}"] = click_row
for kind in ("race_color", "socio", "gender", "age", "religion", "disability", "orientation"):
    ROWS[f"crows_pairs/utils.filter_{kind}"] = bias_type
for kind in ("nationality", "appearance", "autre"):
    ROWS[f"crows_pairs/utils.filter_{kind}"] = bias_type
LONG_ROWS = {
    "metabench/process_docs.process_arc": metabench_arc,
    "metabench/process_docs.process_gsm8k": metabench_gsm8k,
    "metabench/process_docs.process_hellaswag": metabench_hellaswag,
    "metabench/process_docs.process_mmlu": metabench_mmlu,
    "metabench/process_docs.process_truthfulqa": lambda: {"question": text()},
    "metabench/process_docs.process_winogrande": metabench_winogrande,
    "metabench/process_docs_permute.process_winogrande": metabench_winogrande,
}
ITALIAN = {
    "evalita_llm/utils.faq_doc_to_target": lambda: {"correct_answer": pick("ABCDE")},
    "evalita_llm/utils.ner_doc_to_target": italian_entities,
    "evalita_llm/utils.re_doc_to_target": italian_relations,
    "evalita_llm/utils.ls_doc_to_target": substitutes,
}
RESULTS = {
    "simple_cooccurrence_bias/utils.process_results": (lambda: {}, lambda doc: greedy(4)),
    "evalita_llm/utils.ner_process_results": (italian_entities, answer_entities),
    "evalita_llm/utils.rel_process_results_v3": (italian_relations, answer_relations),
    "evalita_llm/utils.ls_process_results": (substitutes, answer_substitutes),
    "noreval/noridiom/utils.process_results": (idiom, lambda doc: near(doc["accepted_completions"])),
    "crows_pairs/utils.process_results": (crows, lambda doc: greedy(2)),
    "mutual/utils.process_results": (dialogue, lambda doc: greedy(4)),
    "bbq/utils.process_results_multiple_choice": (prepared_bbq, lambda doc: greedy(12)),
    "bbq/utils.process_results_generate_until": (prepared_bbq, bbq_answer),
    "cabbq/utils.process_results": (iberian, lambda doc: greedy(11)),
    "esbbq/utils.process_results": (iberian, lambda doc: greedy(11)),
}
COMPARISONS = {
    "afrobench/masakhaner/prompt_1/utils.span_f1_agg": tagged,
    "afrobench/afriqa/prompt_3/utils.f1": answered,
}


if __name__ == "__main__":
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    module("aradice/openbookqa/utils").print = lambda *_: None  # it says what it does not find
    cases = recorded(TEXT, ROWS, RESULTS, rounds) + recorded({}, LONG_ROWS, {}, 1 + rounds // 10)
    for key, draw in ITALIAN.items():
        name, function = key.rsplit(".", 1)
        cases += recorded({name: (draw, [function])}, {}, {}, rounds)
    show(cases + compared(COMPARISONS, rounds))
