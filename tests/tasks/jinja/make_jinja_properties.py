#!/usr/bin/env python3
"""Random templates and what Jinja2 makes of them: jinja_properties.json, read by jinja_test.cc.

usage (needs jinja2 3.1.6 from PyPI): make_jinja_properties.py [COUNT] [SEED] > jinja_properties.json

The environment is lm-evaluation-harness's: StrictUndefined, the final newline kept. Expressions are
drawn by kind (text, number, list, dict, truth), now and then of a wrong kind, so that errors are
drawn as well; of an error the class is recorded.
"""
import json
import random
import sys

import jinja2

CONTEXT = {
    "question": "  What is 2 + 2?\n",
    "choices": ["four", " Five", "", "six, seven"],
    "answer": 1,
    "label": "3",
    "score": 2.5,
    "tiny": 1e-05,
    "flag": True,
    "nothing": None,
    "chinese": "中国的首都是：北京。",
    "nested": {"text": ["a", "b", "c"], "labels": [0, 1, 1], "name": "n'est", "items": 7},
    "rows": [{"k": "b", "v": 2}, {"k": "a", "v": 1}, {"k": "b", "v": 3}],
    "numbers": [3, -1, 2.0, 10],
    "empty": [],
}
r = random.Random()
pick = r.choice


def literal_text():
    return pick(["'a'", "' b '", '"it\'s"', "'é, 中'", "''", "'A, B'", "'\\n'", "'x y z'"])


def text(d):
    if d <= 0:
        return pick(["question", "label", "chinese", "nested.name", "choices[0]", "choices[1]", literal_text()])
    t = lambda: text(d - 1)
    n = lambda: number(d - 1)
    return pick(
        [
            lambda: f"{t()}.{pick(['strip', 'lstrip', 'rstrip', 'upper', 'lower', 'capitalize', 'title', 'swapcase'])}()",
            lambda: f"{t()}.{pick(['strip', 'lstrip', 'rstrip'])}({literal_text()})",
            lambda: f"{t()}.replace({literal_text()}, {literal_text()})",
            lambda: f"({t()}|{pick(['trim', 'upper', 'lower', 'capitalize', 'title', 'string', 'reverse', 'e', 'wordcount|string', 'first', 'last'])})",
            lambda: f"({t()}|replace({literal_text()}, {literal_text()}))",
            lambda: f"({t()}|{pick(['default', 'd'])}({literal_text()}))",
            lambda: f"({t()} ~ {pick([t, n, lambda: truth(d - 1)])()})",
            lambda: f"({t()} + {t()})",
            lambda: f"{t()}[{pick(['1:', ':3', '-2:', '::2', ':-1', '0', '-1', '::-1'])}]",
            lambda: f"{literal_text()}.join({sequence(d - 1)}|map('string'))",
            lambda: f"({sequence(d - 1)}|join({literal_text()}))",
            lambda: f"({sequence(d - 1)}|map(attribute='k')|join('-'))",
            lambda: f"({pick(['rows', 'nested', 'choices', 'numbers'])}|tojson|replace('<', '')|string)",
            lambda: f"({t()} if {truth(d - 1)} else {t()})",
            lambda: f"('%s-%d' % ({t()}, {n()}))",
            lambda: f"('{{}}:{{:>5}}'.format({t()}, {n()}))",
            lambda: f"({t()}|{pick(['truncate(6)', 'center(12)', 'indent(2)', 'urlencode', 'length|string'])})",
            lambda: f"{t()}.split({pick(['', literal_text()])})[{pick(['0', '-1', '1'])}]",
            lambda: f"({t()} * {pick(['2', '0', '-1'])})",
            lambda: f"{t()}.{pick(['zfill(6)', 'center(9)', 'ljust(8)', 'rjust(8, ' + chr(39) + '*' + chr(39) + ')', 'removeprefix(' + chr(39) + 'a' + chr(39) + ')', 'expandtabs()', 'casefold()', 'partition(' + chr(39) + ' ' + chr(39) + ')[0]'])}",
        ]
    )()


def number(d):
    if d <= 0:
        return pick(["answer", "score", "tiny", "0", "1", "3", "7", "-2", "1.5", "10", "nested['items']", "numbers[0]"])
    n = lambda: number(d - 1)
    return pick(
        [
            lambda: f"({n()} {pick(['+', '-', '*', '/', '//', '%'])} {n()})",
            lambda: f"({pick(['2', '3', '1.5'])} ** {pick(['2', '3', '0.5'])})",
            lambda: f"({n()}|{pick(['int', 'float', 'abs', 'round', 'round(1)', 'round(0, ' + chr(39) + 'floor' + chr(39) + ')', 'round(2, ' + chr(39) + 'ceil' + chr(39) + ')'])})",
            lambda: f"({pick([text, sequence])(d - 1)}|{pick(['length', 'count'])})",
            lambda: f"({text(d - 1)}|int({pick(['', '7', 'default=3'])}))",
            lambda: f"{text(d - 1)}.{pick(['find', 'count', 'rfind'])}({literal_text()})",
            lambda: f"({sequence(d - 1)}|{pick(['sum', 'max', 'min', 'first', 'last'])})",
            lambda: f"(rows|sum(attribute='v'))",
            lambda: f"{pick(['choices', 'nested.labels', 'numbers'])}.{pick(['index', 'count'])}({pick(['choices[0]', '1', '10', '3'])})",
            lambda: f"(-{n()})",
            lambda: f"({n()} if {truth(d - 1)} else {n()})",
        ]
    )()


def sequence(d):
    if d <= 0:
        return pick(["choices", "numbers", "nested.text", "nested.labels", "rows", "empty", "[1, 'a']", "(1, 2)", "range(4)|list", "[]"])
    s = lambda: sequence(d - 1)
    return pick(
        [
            lambda: f"{s()}[{pick(['1:', ':2', '::-1', '-2:'])}]",
            lambda: f"({s()}|{pick(['list', 'reverse|list', 'sort', 'unique|list', 'batch(2)|list', 'slice(2)|list'])})",
            lambda: f"({s()}|map({pick([chr(39) + 'upper' + chr(39), chr(39) + 'string' + chr(39), chr(39) + 'int' + chr(39)])})|list)",
            lambda: f"({s()}|{pick(['select', 'reject'])}({pick(['', chr(39) + 'string' + chr(39), chr(39) + 'number' + chr(39), chr(39) + 'odd' + chr(39), chr(39) + 'in' + chr(39) + ', [1, 2]', chr(39) + 'equalto' + chr(39) + ', 1'])})|list)",
            lambda: f"(rows|{pick(['selectattr', 'rejectattr'])}('v', '{pick(['gt', 'lt', 'eq', 'ne', 'ge'])}', {pick(['1', '2'])})|list)",
            lambda: "(rows|map(attribute='v')|list)",
            lambda: f"(rows|sort(attribute='{pick(['k', 'v', 'v,k'])}'{pick(['', ', reverse=true'])}))",
            lambda: f"({text(d - 1)}.split({pick(['', literal_text()])}))",
            lambda: f"({text(d - 1)}|list)",
            lambda: f"({pick(['nested', 'rows[0]'])}.{pick(['keys', 'values', 'items'])}()|list)",
            lambda: f"({pick(['nested', 'rows[0]'])}|{pick(['dictsort', 'items|list', 'list'])})",
            lambda: f"({s()} + {s()})",
            lambda: f"[{text(d - 1)}, {number(d - 1)}]",
            lambda: f"({text(d - 1)}.splitlines())",
        ]
    )()


def truth(d):
    if d <= 0:
        return pick(["flag", "nothing", "true", "False", "answer", "empty"])
    return pick(
        [
            lambda: f"({number(d - 1)} {pick(['==', '!=', '<', '>', '<=', '>='])} {number(d - 1)})",
            lambda: f"({text(d - 1)} {pick(['==', '!=', 'in', 'not in', '<'])} {text(d - 1)})",
            lambda: f"({pick([text, number])(d - 1)} in {sequence(d - 1)})",
            lambda: f"(not {truth(d - 1)})",
            lambda: f"({truth(d - 1)} {pick(['and', 'or'])} {truth(d - 1)})",
            lambda: f"({pick([text, number, sequence, truth])(d - 1)} is {pick(['', 'not '])}{pick(['defined', 'none', 'string', 'number', 'mapping', 'iterable', 'sequence', 'boolean', 'integer', 'float', 'true', 'false', 'callable'])})",
            lambda: f"(missing is {pick(['defined', 'undefined'])})",
            lambda: f"({number(d - 1)} is {pick(['odd', 'even', 'divisibleby 3', 'eq 1', 'gt 2', 'in [1, 2]'])})",
            lambda: f"{text(d - 1)}.{pick(['startswith', 'endswith'])}({literal_text()})",
            lambda: f"{text(d - 1)}.{pick(['isdigit', 'isalpha', 'isupper', 'islower', 'isspace', 'isnumeric', 'istitle', 'isalnum'])}()",
        ]
    )()


def expression(d):
    kind = pick([text, text, number, sequence, truth])
    value = kind(d)
    return value if r.random() > 0.03 else pick(["missing", "nested.missing", "choices[9]", f"{value}|length", f"{value}.nope"])


def minus():
    return pick(["", "", "", "-"])


def block(d):
    e = lambda: expression(r.randint(0, 2))
    if d <= 0:
        return pick([lambda: "{{" + minus() + " " + e() + " " + minus() + "}}", lambda: pick(["Q: ", "\n", " A. ", "答案：", "  \n "])])()
    b = lambda: block(d - 1)
    o = lambda: "{%" + minus() + " "
    c = lambda: " " + minus() + "%}"
    return pick(
        [
            lambda: b() + b(),
            lambda: b() + b() + b(),
            lambda: o() + "if " + truth(2) + c() + b() + o() + "elif " + truth(1) + c() + b() + o() + "else" + c() + b() + o() + "endif" + c(),
            lambda: o() + "for x in " + sequence(2) + c() + pick(["{{ x }}", "{{ loop.index }}:{{ x }}", "{{ loop.index0 }}{{ ',' if not loop.last }}", "{{ loop.first }}{{ loop.length }}{{ loop.revindex }}", "{{ loop.cycle('a', 'b') }}", "{{ loop.previtem if not loop.first }}|{{ loop.nextitem is defined }}", "{{ loop.changed(x) }}"]) + b() + o() + pick(["else" + c() + "none" + o(), ""]) + "endfor" + c(),
            lambda: o() + "for x in " + sequence(1) + " if " + pick(["x", "loop is undefined", "x is string", "x is not none"]) + c() + "{{ x }};" + o() + "endfor" + c(),
            lambda: o() + "for k, v in " + pick(["nested.items()", "rows[0].items()", "nested|dictsort", "[(1, 2), ('a', 'b')]", "choices|map('length')"]) + c() + "{{ k }}={{ v }} " + o() + "endfor" + c(),
            lambda: o() + "set y = " + e() + c() + "{{ y }}" + b(),
            lambda: o() + "set a, b = " + pick(["1, 2", "'xy'", "choices[:2]", "(1, [2])"]) + c() + "{{ b }}{{ a }}",
            lambda: o() + "set y" + c() + b() + o() + "endset" + c() + "[{{ y|trim }}]",
            lambda: "{% set ns = namespace(n=0, s='') %}{% for x in " + sequence(1) + " %}{% set ns.n = ns.n + loop.index %}{% set ns.s = ns.s ~ x %}{% endfor %}{{ ns.n }}{{ ns.s }}",
            lambda: "{% macro m(a, b=" + number(1) + ") %}<{{ a }}|{{ b }}>" + pick(["", "{{ varargs|length }}", "{{ kwargs }}"]) + "{% endmacro %}{{ m(" + e() + pick(["", ", 2", ", b=3", ", c=1"]) + ") }}",
            lambda: "{% filter " + pick(["upper", "trim", "replace('a', 'b')"]) + " %}" + b() + "{% endfilter %}",
            lambda: "{% with z = " + e() + " %}{{ z }}{% endwith %}",
            lambda: "{# " + pick(["note", "{{ x }}"]) + " #}" + b(),
            lambda: "{% raw %}{{ " + pick(["a", "b }} {%"]) + " }}{% endraw %}" + b(),
        ]
    )()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1200
    r.seed(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    cases, seen = [], set()
    while len(cases) < count:
        source = block(r.randint(0, 2)) + pick(["", "", "\n"])
        if source in seen or len(source) > 400 or "{" not in source:
            continue
        seen.add(source)
        try:
            output = environment.from_string(source).render(**json.loads(json.dumps(CONTEXT)))
        except Exception as error:
            cases.append({"template": source, "error": type(error).__name__})
            continue
        if " at 0x" not in output and "<built-in" not in output and len(output) < 600:
            cases.append({"template": source, "output": output})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    print('{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"cases": [\n' + lines + "\n]}")


main()
