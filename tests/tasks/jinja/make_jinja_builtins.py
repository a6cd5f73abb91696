#!/usr/bin/env python3
"""Records what Jinja2 makes of its rarer built-ins: call blocks, recursive loops, cycler, joiner, groupby,
wordwrap, striptags, xmlattr, urlencode, filesizeformat, pprint. Needs jinja2 3.1.6 (PyPI) and CPython 3.11.
usage: make_jinja_builtins.py > jinja_builtins.json"""
import json
import random

import jinja2

CONTEXT = {
    "rows": [{"city": "Rome", "land": "it", "n": 2}, {"city": "Oslo", "land": "No", "n": 1}, {"city": "Bari", "land": "IT", "n": 2}, {"city": "Lima", "n": 3}],
    "tree": [{"name": "a", "under": [{"name": "b", "under": [{"name": "c", "under": []}]}, {"name": "d", "under": []}]}, {"name": "e", "under": []}],
    "words": "The well-known state-of-the-art method--described in 2019--isn't e-mail, it's A/B-testing: x-1, co-op 中文字符 naïve-café.\n\nSecond\tparagraph   here --- done-\u00e9t\u00e9",
    "long": "antidisestablishmentarianism-pneumonoultramicroscopic 好好学习天天向上好好学习天天向上",
    "html": "<p class='x'>Fish &amp; chips &lt;5&gt; caf&eacute; &#233;&#x4e2d; <!-- no <b>bold</b> --> &nbsp;x &not it &copy2 &quot;a&quot; AT&T &#128; &#0; &#xD800; &#11;</p>\n<br/> a < b",
    "attrs": {"id": "a b", "class": "<x>", "no": None, "n": 3, "data-x": "\"'"},
    "empty": [], "n": 3, "f": 1234567.891, "neg": -5,
}
FIXED = """
{% macro m(t) %}<{{ t }}:{{ caller() }}>{% endmacro %}{% call m('a') %}in {{ n }}{% endcall %}
{% macro m(t) %}{{ caller(t, 2) }}{% endmacro %}{% call(x, y) m('a') %}{{ x }}{{ y }}{% endcall %}
{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x, y=7) m() %}{{ x }}{{ y }}{% endcall %}
{% macro m() %}{{ caller(1, 2, 3, k=4) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ varargs }}{{ kwargs }}{% endcall %}
{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(x) m() %}{{ x }}{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}no caller{% endmacro %}{% call m() %}x{% endcall %}
{% macro m() %}{{ 'yes' if caller is defined else 'no' }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}
{% macro m(caller=none) %}{{ caller }}{% endmacro %}{{ m() }}
{% macro m(caller) %}{{ caller }}{% endmacro %}{{ m(1) }}
{% macro m() %}{{ kwargs }}{{ caller() }}{% endmacro %}{% call m(a=1) %}x{% endcall %}
{% macro outer() %}[{{ caller() }}]{% endmacro %}{% call outer() %}{% call outer() %}deep{% endcall %}{% endcall %}
{% macro outer() %}[{{ caller() }}]{% endmacro %}{% for r in rows %}{% call outer() %}{{ r.city }}{{ loop.index }}{% endcall %}{% endfor %}
{% macro twice() %}{{ caller() }}{{ caller() }}{% endmacro %}{% set c = cycler('x', 'y') %}{% call twice() %}{{ c.next() }}{% endcall %}
{% call n %}x{% endcall %}
{% call n|abs %}x{% endcall %}
{% call missing() %}x{% endcall %}
{% macro m() %}{% endmacro %}{% call(a=1, b) m() %}x{% endcall %}
{% call 'ab'.upper() %}x{% endcall %}
{% for x in tree recursive %}{{ x.name }}{{ loop.depth }}{{ loop.depth0 }}({{ loop(x.under) }}){% endfor %}
{% for x in tree recursive %}{{ loop.index }}/{{ loop.length }}{{ loop(x.under) if x.under else '-' }}{% else %}none{% endfor %}
{% for x in tree if x.name != 'd' recursive %}{{ x.name }}{{ loop(x.under) }}{% else %}0{% endfor %}
{% for x in tree recursive %}{{ x.name }}{% for y in x.under %}{{ loop.index }}{% endfor %}{{ loop(x.under)|upper }}{% endfor %}
{% for x in tree %}{{ loop(x.under) }}{% endfor %}
{% for x in tree recursive %}{{ loop() }}{% endfor %}
{% for x in tree recursive %}{{ loop(missing) }}{% endfor %}
{% set c = cycler(1, 'b', none) %}{{ c.next() }}{{ c.current }}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.reset() }}{{ c.current }}
{{ cycler() }}
{% set j = joiner() %}{% for r in rows %}{{ j() }}{{ r.city }}{% endfor %}
{% set j = joiner('; ') %}{{ j() }}|{{ j() }}|{{ j() }}
{% set j = joiner(sep=1) %}{{ j() }}|{{ j() }}
{% for g in rows|groupby('n') %}{{ g.grouper }}:{{ g.list|map(attribute='city')|join(',') }};{% endfor %}
{% for k, v in rows|groupby('n') %}{{ k }}={{ v|length }} {% endfor %}
{{ rows|groupby('n') }}
{{ rows|groupby('land') }}
{{ rows[:3]|groupby('land') }}
{{ rows[:3]|groupby('land', case_sensitive=true) }}
{{ rows|groupby('land', default='zz') }}
{{ rows|groupby(attribute='city') }}
{{ (rows|groupby('n'))[0]['list']|length }}{{ (rows|groupby('n'))[0]['grouper'] }}{{ (rows|groupby('n'))[0][0] }}
{{ (rows|groupby('n')).0.nope }}
{{ empty|groupby('x') }}
{{ rows|groupby }}
{{ words|wordwrap }}
{{ words|wordwrap(20) }}
{{ words|wordwrap(12, false) }}
{{ words|wordwrap(9, wrapstring='|') }}
{{ words|wordwrap(10, break_on_hyphens=false) }}
{{ long|wordwrap(10) }}
{{ long|wordwrap(10, false, ' / ') }}
{{ long|wordwrap(1) }}
{{ words|wordwrap(0) }}
{{ ''|wordwrap(0) }}[{{ ''|wordwrap }}]
{{ n|wordwrap }}
{{ missing|wordwrap }}
{{ html|striptags }}
{{ '<b>x</b> <!-- a > b -->y'|striptags }}
{{ '<!--> x --> y'|striptags }}{{ 'a <unclosed'|striptags }}{{ '<!-- open <b>'|striptags }}
{{ n|striptags }}{{ none|striptags }}
{{ missing|striptags }}
{{ none|selectattr('n')|list }}{{ none|rejectattr('n', 'nope')|list|length }}{{ 0|select|list }}{{ false|reject('nope')|list }}{{ none|map('nope')|list }}
{{ none|map(attribute='n')|join('x') }}{{ ''|map('upper')|list }}{{ none|selectattr|list }}
{{ 3|select|list }}
{{ missing|map('upper')|list }}
{% if false %}{{ n|nope }}{% endif %}a
{% if n %}{{ n|nope }}{% endif %}
{% if false %}{% elif n is nope %}b{% endif %}
{% if true %}c{% elif n is nope %}{% else %}{{ n|nope }}{% endif %}
{{ n|nope if false else 'd' }}{{ 'e' if n else n is nope }}
{{ n|nope if n else 'f' }}
{{ n|nope }}{{ 'x' if n }}
{{ [n|nope] if false else [1 if true else n|nope] }}
{% if false %}{% for r in rows %}{{ r|nope }}{% endfor %}{% endif %}
{% if false %}{% for r in rows|nope %}{{ r }}{% endfor %}{% endif %}g
{% if false %}{% set x %}{{ n|nope }}{% endset %}{% endif %}
{% if false %}{% set x = n|nope %}{% endif %}h
{% for r in rows %}{% if loop.first %}i{% else %}{{ 'j' if true else r|nope }}{% endif %}{% endfor %}
{% macro m() %}{% if false %}{{ n|nope }}{% endif %}k{% endmacro %}{{ m() }}
{{ '&#150;&#x80;&#65;&#x41;&#1114112;&#xfffe;&#12;&#13;&lt&gt&amp&apos;'|striptags }}
<ul{{ attrs|xmlattr }}>
<ul{{ attrs|xmlattr(false) }}>{{ {}|xmlattr }}|
{{ {'a b': 1}|xmlattr }}
{{ {'a': missing}|xmlattr }}
{{ n|xmlattr }}
{{ attrs|urlencode }}
{{ [('a', 1), ('b c', '/&ü')]|urlencode }}
{{ 'a/b c?ü&'|urlencode }}{{ n|urlencode }}
{{ [1]|urlencode }}
{{ 0|filesizeformat }}{{ 1|filesizeformat }}{{ 999|filesizeformat }}{{ 1000|filesizeformat }}{{ 13000|filesizeformat(true) }}
{{ f|filesizeformat }}|{{ f|filesizeformat(true) }}|{{ '12345'|filesizeformat }}|{{ neg|filesizeformat }}|{{ -0.5|filesizeformat }}
{{ 'x'|filesizeformat }}
{{ none|filesizeformat }}
{{ missing|filesizeformat }}
{{ (10 ** 24)|filesizeformat }}|{{ (10 ** 27)|filesizeformat }}|{{ (2 ** 70)|filesizeformat(binary=true) }}
{{ {'b': 1, 'a': [1, {'z': 1, 'y': 2}]}|pprint }}{{ 'x'|pprint }}{{ 1.5|pprint }}{{ (1,)|pprint }}{{ none|pprint }}
{{ {1: 'a', 'b': 2}|pprint }}
{% do x %}
{% filter wordwrap(8) %}a long line of words{% endfilter %}
{% filter striptags|upper %}<b>x</b>{% endfilter %}
{% set x | wordwrap(3) %}aaa bbb{% endset %}{{ x }}
{{ 'abc'.isascii() }}{{ 'é'.isascii() }}{{ ''.isascii() }}
""".strip("\n").split("\n")

r = random.Random(3)
pick = r.choice
PIECES = ["a", "to", "well", "state", "known", "x1", "e", "co", "op", "I", "中文", "é", "3", "don't", "--", "---", "-", " ", " ", " ", "  ", "\t", "\n", "\v", ",", ".", "/", "(", "!", "\"", "&", "_", "\u00a0", "\u3000", "verylongwordindeed"]
MARKUP = ["<b>", "</b>", "<br/>", "<!--", "-->", "<", ">", "&amp;", "&lt;", "&gt", "&nbsp;", "&eacute;", "&copy", "&reg2;"[:4], "&notin"[:4], "&#65;", "&#x4E2D;", "&#150;", "&#0;", "&", ";", "a", "b c", "中", "\n", "  ", "'"]


def text(pieces, most):
    return "".join(pick(pieces) for _ in range(r.randint(1, most)))


def drawn():
    """A template and its context."""
    kind = r.randint(0, 5)
    if kind <= 2:
        options = "".join(pick(["", f", {name}={value}"]) for name, value in (("break_long_words", "false"), ("break_on_hyphens", "false"), ("wrapstring", "'|'")))
        return "{{ t|wordwrap(" + str(pick([1, 2, 3, 5, 8, 13, 21, 40])) + options + ") }}", {"t": text(PIECES, 40)}
    if kind == 3:
        return "{{ t|striptags }}", {"t": text(MARKUP, 14)}
    if kind == 4:
        return "{{ t|filesizeformat(" + pick(["", "true"]) + ") }}", {"t": pick([r.randint(0, 3000), r.random() * 10 ** r.randint(0, 28), r.randint(0, 10 ** r.randint(1, 18))])}
    rows = [{"k": pick(["a", "B", "b", "A", "c", 1, 2]) if r.random() < 0.05 else pick(["a", "B", "b", "A", "é", "É"]), "v": r.randint(0, 3)} for _ in range(r.randint(0, 7))]
    by, more = pick(["k", "v"]), pick(["", ", case_sensitive=true", ", default='q'"])
    return "{% for g in t|groupby('" + by + "'" + more + ") %}{{ g.grouper }}:{{ g.list }};{{ g }}{% endfor %}", {"t": rows}


def main():
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    cases, seen = [], set()
    for source, context in [(s, CONTEXT) for s in FIXED] + [drawn() for _ in range(700)]:
        case = {"template": source}
        if context is not CONTEXT:
            case["context"] = context
        if json.dumps(case) in seen:
            continue
        seen.add(json.dumps(case))
        try:
            case["output"] = environment.from_string(source).render(**json.loads(json.dumps(context)))
        except Exception as error:
            case["error"] = type(error).__name__
        cases.append(case)
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    print('{"context": ' + json.dumps(CONTEXT, ensure_ascii=False) + ',\n"cases": [\n' + lines + "\n]}")


main()
