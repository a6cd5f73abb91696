#!/usr/bin/env python3
"""Generators, ranges and views of dicts, the else of loops that are left, numbers of what is missing: what the
environments of lm-evaluation-harness 0.4.13 (tasks) and transformers 5 (chat templates) make of them:
jinja_lazy.json, read by jinja_test.cc. Needs lm_eval, transformers and jinja2 3.1.6.
usage: make_jinja_lazy.py > jinja_lazy.json"""
import json
import random
import warnings

warnings.simplefilter("ignore")
from lm_eval.utils import env
from transformers.utils.chat_template_utils import _compile_jinja_template

CONTEXT = {"nums": [3, 1, 2], "xs": ["b", "A", "c"], "d": {"z": 1, "a": "x"}, "e": {}, "empty": [], "s": "héy", "rows": [{"k": "b", "v": 2}, {"k": "a"}, {"k": "b", "v": 3}], "none": None, "n": 7}
FIXED = """
{{ 'yes' if xs|select('equalto', 'zz') else 'no' }}{{ 'yes' if xs|select('equalto', 'zz')|list else 'no' }}
{{ 'y' if empty|map('upper') }}{{ 'y' if empty|unique }}{{ 'y' if empty|batch(2) }}{{ 'y' if empty|slice(2) }}{{ 'y' if empty|reverse }}{{ 'y' if e|items }}{{ 'y' if rows|selectattr('q') }}
{{ 'y' if ''|reverse else 'n' }}{{ 'y' if e.items() else 'n' }}{{ 'y' if d.keys() else 'n' }}{{ 'y' if range(0) else 'n' }}{{ 'y' if range(1) else 'n' }}{{ 'y' if rows|groupby('k') else 'n' }}{{ 'y' if empty|groupby('k') else 'n' }}
{% set m = nums|map('string') %}{{ m|list }}{{ m|list }}
{% set m = nums|select %}{{ m|first }}{{ m|first }}{{ m|list }}{{ m|first is defined }}
{% set m = nums|map('string') %}{{ '1' in m }}{{ m|list }}{{ '1' in m }}
{% set m = xs|reverse %}{{ m|list }}{{ m|list }}
{% set m = d.items() %}{{ m|list }}{{ m|list }}{{ m|length }}
{% set m = range(3) %}{{ m|list }}{{ m|list }}{{ m|length }}{{ m|sum }}
{% set m = d|items %}{% for k, v in m %}{{ k }}{{ v }}{% endfor %}{% for k, v in m %}{{ k }}{% else %}none{% endfor %}
{% set m = nums|map('nope') %}a
{% set m = nums|map('nope') %}{{ m|list }}
{% set m = missing|map('upper') %}a
{% set m = nums|selectattr %}a
{{ nums|selectattr|list }}
{{ nums|map|list }}
{{ nums|batch }}
{% set m = n|items %}a
{{ n|items|list }}
{{ n|reverse }}
{{ none|reverse|list }}
{{ nums|map('string')|length }}
{{ nums|select|count }}
{{ d|items|length }}{{ nums }}
{{ xs|reverse|length }}
{{ nums|map('string')|join(',') }}{{ nums|map('string')|map('upper')|list }}
{{ (nums|select) + [1] }}
{{ range(4) + [] }}
{{ d.items() + [] }}
{{ range(2) * 2 }}
{{ nums|select|tojson }}
{{ range(3)|tojson }}
{{ d.keys()|tojson }}
{{ d.items()|list|tojson }}{{ range(2)|list|tojson }}
{{ d.items()[0:2] }}
{{ d.keys()[:1] }}
{{ (nums|select)[0:2] }}
{{ (nums|select)[0] }}|
{{ d.keys()[0] }}|
{{ d.keys()[0] is defined }}{{ (nums|select)[0] is defined }}{{ range(3)[9] is defined }}{{ range(3)[1] }}{{ range(3)[-1] }}
{{ d.keys().foo }}|
{{ nums|select|last }}
{{ nums|select|first }}{{ d.items()|first }}{{ d.items()|last }}{{ d.keys()|last }}{{ range(5)|last }}{{ range(5)|first }}{{ d|last }}{{ xs|reverse|first }}
{{ range(0)|first is defined }}{{ e.values()|last is defined }}
{{ d.keys() is sequence }}{{ d.items() is sequence }}{{ d.values() is sequence }}{{ range(3) is sequence }}{{ (nums|select) is sequence }}{{ (xs|reverse) is sequence }}{{ (s|reverse) is sequence }}{{ (rows|groupby('k')) is sequence }}
{{ d.keys() is iterable }}{{ range(3) is iterable }}{{ (nums|select) is iterable }}{{ d.keys() is mapping }}{{ d.keys() is string }}{{ range(3) is number }}{{ (nums|select) is callable }}{{ (nums|select) is defined }}
{{ range(3) == [0, 1, 2] }}{{ range(3) == range(3) }}{{ range(0) == range(5, 5) }}{{ range(0, 4, 2) == range(0, 3, 2) }}{{ range(3) != range(4) }}
{{ d.items() == [('z', 1), ('a', 'x')] }}{{ d.keys() == ['z', 'a'] }}{{ d.keys() == d.keys() }}{{ d.items() == d.items() }}{{ d.values() == d.values() }}{{ {'a': 1, 'b': 2}.keys() == {'b': 1, 'a': 3}.keys() }}{{ {'a': 1, 'b': 2}.items() == {'b': 2, 'a': 1}.items() }}
{% set g = nums|select %}{{ g == g }}{{ g == nums|select }}{{ g == nums }}
{% set v = d.values() %}{{ v == v }}{{ v == d.values() }}
{{ range(3) }}{{ range(1, 5) }}{{ range(5, 0, -2) }}{{ range(0, 3, 1) }}
{{ d.items() }}{{ d.keys() }}{{ d.values() }}{{ e.items() }}{{ {1: 'a', none: [2]}.items() }}
{{ 'x' ~ range(4) ~ d.keys() }}{{ [range(2), d.values()] }}{{ (range(2),) }}{{ {'k': d.keys()} }}
{{ '%s' % range(2) }}{{ '%s|%r' % (d.keys(), range(1)) }}{{ '{}'.format(d.items()) }}{{ range(2)|string|length }}{{ d.keys()|string }}{{ d.keys()|upper }}
{{ range(3)|join }}{{ d.values()|join('-') }}{{ d.items()|join('-') }}{{ d.keys()|map('upper')|join }}{{ ','.join(d.keys()) }}{{ ','.join(xs|map('upper')) }}
{{ range(10)[2:5] }}{{ range(10)[::-1] }}{{ range(10)[::3] }}{{ range(10)[-3:] }}{{ range(0, 10, 2)[1:3] }}{{ range(10)[5:2] }}{{ range(10)[2:5]|list }}{{ range(9, 0, -2)[::-2]|list }}
{{ 2 in range(3) }}{{ 5 in range(3) }}{{ 2.0 in range(3) }}{{ 'z' in d.keys() }}{{ 1 in d.values() }}{{ ('z', 1) in d.items() }}{{ ('z', 2) in d.items() }}{{ 3 is in(range(4)) }}
{{ range(3)|sort(reverse=true) }}{{ d.keys()|sort }}{{ d.values()|list }}{{ range(6)|batch(4)|list }}{{ range(5)|slice(2)|list }}{{ range(5)|select('odd')|list }}{{ range(4)|reverse|list }}{{ d.items()|reverse|list }}{{ range(3)|max }}{{ (nums|select)|min }}{{ d.items()|map('first')|list }}
{{ (nums|select|reverse)[0] }}{{ nums|select|reverse }}{{ nums|select|reverse|length }}
{{ dict(d.items()) }}{{ dict(xs|map('list')|map('join')|batch(2)) }}
{{ dict(xs|batch(1)|map('list')) }}
{% set a, b = d.keys() %}{{ a }}{{ b }}{% set a, b, c = nums|map('string') %}{{ a }}{{ b }}{{ c }}
{% set a, b = nums|select %}
{% macro m() %}{{ varargs }}{% endmacro %}{{ m(*range(2)) }}{{ m(*nums|select) }}{{ m(*d.keys()) }}
{{ {d.keys(): 1} }}
{{ {d.items(): 1} }}
{{ {range(2): 1} }}{{ {range(2): 1}[range(2)] }}
{{ [d.keys()]|unique|list }}
{{ [range(2), range(2)]|unique|list }}
{{ [(1, [2])]|unique|list }}
{{ [d.keys(), 1] is filter }}
{{ [1] is filter }}
{{ {} is test }}
{{ 'upper' is filter }}{{ 'odd' is test }}{{ 5 is filter }}{{ none is filter }}{{ 'map' is test }}
{{ missing is filter }}
{{ range(3) < range(4) }}
{{ (nums|select) < 3 }}
{{ -range(3) }}
{{ range(3)|int }}{{ d.keys()|int(5) }}{{ (nums|select)|float }}
{{ range(3)|abs }}
{{ d.items()|urlencode }}{{ [('a', 1)]|map('list')|urlencode }}
{{ d.items()|dictsort }}
{{ d.keys()|default('x', true) }}{{ e.keys()|default('x', true) }}{{ (empty|select)|default('x', true) is string }}
{{ range(3)|pprint }}{{ d.items()|pprint }}
{{ range(0) or 'r' }}{{ e.items() or 'i' }}{{ (empty|select or 'g')|list }}{{ not range(0) }}{{ not (empty|select) }}{{ range(2) and 'q' }}
{% for x in nums|select('gt', 1) %}{{ loop.index }}/{{ loop.length }}{{ x }}{{ loop.last }}{% endfor %}
{% for k, v in d.items() %}{{ k }}{{ v }}{{ loop.length }}{% endfor %}{% for x in range(3) if x %}{{ x }}{% endfor %}
{% set ns = namespace(g=nums) %}{% for i in range(3) %}{% set ns.g = ns.g|map('string') %}{% endfor %}{{ ns.g|list }}{{ ns.g|list }}
{% set g = xs|unique %}{{ g|list }}{{ g|list }}{% set g = xs|batch(2) %}{{ g|first }}{{ g|list }}{{ g|list }}{% set g = xs|slice(2) %}{{ g|list }}{{ g|list }}
{{ rows|map(attribute='v')|list }}
{{ rows|map(attribute='v', default=0)|sum }}{{ rows|map(attribute='k')|unique|list }}{{ rows|selectattr('v')|list }}
{{ rows|selectattr('v', 'defined')|map(attribute='k')|first }}{{ rows|rejectattr('v', 'defined')|list }}
{{ 'ab'|map('upper')|list }}{{ d|map('upper')|list }}{{ range(3)|map('string')|list }}{{ (nums|select)|map('string')|list }}
{{ none|map('upper') is iterable }}{{ none|map('upper')|list }}{{ 0|select|first is defined }}
{{ n|select|list }}
{% set g = n|select %}a
{{ nums|select('nope') is defined }}
{{ nums|select('nope')|list }}
{{ nums|sum }}{{ nums|select|sum }}{{ nums|select|sort }}{{ rows|sort(attribute='k')|map(attribute='k')|join }}
{{ missingx|int }}
{{ missingx|float }}
{{ missingx|int(3) }}
{{ ('a' if false)|int }}
{{ ('a' if false)|float }}
{{ ''|last|int }}
{{ none|int }}{{ none|float }}{{ 'x'|int(3) }}{{ [1]|float(2.5) }}
{{ missingx|items|list }}{{ missingx|select|list }}
{{ missingx|reverse|list }}
{{ missingx|unique|list }}
{{ missingx|first }}|
{{ missingx|last }}|
{{ missingx|batch(2)|list }}
{{ missingx in [1] }}
""".strip().split("\n")
LOOPS = """
{% for i in nums %}{% continue %}{% else %}none{% endfor %}
{% for i in nums %}{% break %}{% else %}none{% endfor %}
{% for i in nums %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% else %}none{% endfor %}
{% for i in nums %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% else %}none{% endfor %}
{% for i in nums %}{% if i != 2 %}{% continue %}{% endif %}{{ i }}{% else %}none{% endfor %}
{% for i in nums %}{{ i }}{% if i == 2 %}{% continue %}{% endif %}{% else %}none{% endfor %}
{% for i in nums if i > 9 %}{{ i }}{% else %}none{% endfor %}{% for i in empty %}{% else %}none{% endfor %}
{% for i in nums %}{% for j in nums %}{% break %}{% else %}in{% endfor %}{% else %}out{% endfor %}
{% for i in nums %}{% for j in nums %}{{ j }}{% else %}in{% endfor %}{% continue %}{% else %}out{% endfor %}
{% for i in nums recursive %}{% if i %}{% continue %}{% endif %}{% else %}none{% endfor %}
{% for i in nums %}{% with x = i %}{% continue %}{% endwith %}{% else %}none{% endfor %}
""".strip().split("\n")
SOURCES = ["nums", "xs", "d", "e", "empty", "s", "rows", "range(3)", "range(0)", "range(5, 0, -2)", "d.keys()", "d.values()", "d.items()", "e.items()", "none", "missingx", "'ab'", "(1, 2)", "[[1], [2, 3]]", "n", "d|items", "[d, e]"]
STEPS = ["select", "reject", "select('string')", "reject('none')", "map('string')", "map('upper')", "map('length')", "map('first')", "map('list')", "map('int')", "map(attribute='k')", "map(attribute='v', default=0)", "selectattr('v')", "rejectattr('v', 'defined')", "unique", "batch(2)", "batch(2, 'f')", "slice(2)", "slice(3, 'f')", "reverse", "list", "items", "sort", "first", "last", "groupby('k')", "default('D', true)", "dictsort"]
USES = ["{{ g|list }}{{ g|list }}", "{{ g|length }}", "{{ 'T' if g else 'F' }}", "{{ g|first }}{{ g|list }}", "{{ g|last }}", "{{ g|join('-') }}", "{{ g }}", "{{ g|string }}", "{{ [g] }}", "{{ g is sequence }}{{ g is iterable }}{{ g is mapping }}{{ g is string }}", "{{ g == g }}{{ g == [] }}{{ g == range(3) }}{{ g == d.keys() }}", "{{ g[0] }}", "{{ g[0] is defined }}", "{{ g[1:] }}", "{{ g[::-1]|list }}", "{{ 1 in g }}{{ 'b' in g }}{{ g|list }}", "{{ g|tojson }}", "{% for x in g %}{{ loop.index }}{{ loop.last }}{{ x }}{% else %}none{% endfor %}{% for x in g %}+{% else %}-{% endfor %}", "{{ g + [1] }}", "{{ g * 2 }}", "{{ g|sum }}", "{{ g|max }}", "{{ g|sort|first }}", "{{ not g }}", "{{ g or 'o' }}", "{{ {g: 1} }}", "{{ g|pprint }}", "{{ g ~ '' }}", "{{ ','.join(g) }}", "{{ dict(g) }}", "{% set a, b = g %}{{ a }}{{ b }}", "{{ g is in([g]) }}", "{{ g|urlencode }}", "{{ g|int(4) }}", "{{ g is sameas(g) }}"]


def drawn(rng):
    steps = "".join("|" + rng.choice(STEPS) for _ in range(rng.choice([0, 1, 1, 2, 2, 3])))
    source = rng.choice(SOURCES)
    uses = [use for use in USES if source != "missingx" or "in([g])" not in use]  # True there, by identity
    return ["{% set g = " + source + steps + " %}"] + rng.sample(uses, rng.choice([1, 1, 2]))


def outcome(template, chat):
    try:
        made = _compile_jinja_template(template) if chat else env.from_string(template)
        return {"output": made.render(**json.loads(json.dumps(CONTEXT)))}
    except Exception as error:
        return {"error": type(error).__name__}


def prints_address(parts, chat):
    """Alone or in what went before an error: an error of its own here."""
    return any(" at 0x" in outcome("".join(parts[:1] + [part]), chat).get("output", "") for part in parts[1:])


def main():
    rng = random.Random(1)
    templates = [[t] for t in FIXED] + [drawn(rng) for _ in range(1600)]
    cases, seen = [], set()
    for parts, chat in [(t, c) for t in templates for c in (False, True)] + [([t], True) for t in LOOPS]:
        case = {"template": "".join(parts), "chat": chat}
        if json.dumps(case) in seen or prints_address(parts, chat):
            continue
        seen.add(json.dumps(case))
        case.update(outcome(case["template"], chat))
        if " at 0x" not in case.get("output", "") and len(case.get("output", "")) < 2000:
            cases.append(case)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    print('{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"cases": [\n' + lines + "\n]}")


main()
