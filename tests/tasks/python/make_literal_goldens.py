#!/usr/bin/env python3
"""Records what ast.literal_eval gives for texts, as repr; null where it fails, and for values that
templates do not have (bytes, complex numbers, sets). usage: make_literal_goldens.py > literal_golden.json"""
import ast
import json
import random
import warnings

warnings.simplefilter("ignore")
TEXTS = [
    "['a', 'b']", "['''it's\nRight? yes''', '''x''']", '["""a"b""", \'c\']', "[r'a\\d', 'b']", "[R\"\\\"\", 'c']", "'x', 'y'", "'x',", "1, 2, ",
    "['\\N{BULLET} yes', '\\N{bullet}']", "'\\N{NO SUCH}'", "'\\N{CJK UNIFIED IDEOGRAPH-4E2D}'", "u'a'", "U'a' 'b' r'\\c'", "b'a'", "f'a'", "rb'a'", "'a' \"b\"",
    "[1_000, 0x10, 0o17, 0b11, -0x1F, +5]", "0x", "0x_1", "1__0", "0b12", "007", "0_0", "00", "-0", "--1", "1.5", ".5", "5.", "1e3", "1E-3", "1_0.0_1", "1j", "1+2j", "- 1",
    "[1, # one\n 2]", "[1,\\\n2]", "1 # c", "# c\n1", "\n\n[1]\n\n", " [1]", "\t[1]", "[1]\n#x", "1\n2", "'a',\n'b'", "('a',\n'b')", "('a'\n'b')", "(1)", "(1,)", "()", "[]", "{}", "[,]", "[1,,2]", "(,)", ",",
    "{'a': 1, 'b': [2, None], }", "{1, 2}", "{'a': 1, 2}", "{'a'}", "set()", "...", "[True, False, None]", "true", "None", "Nonesuch", "[x]", "['a' + 'b']", "'a' 'b", "'a\nb'", "'a\\\nb'", "'''a\\\nb'''", "''''a'''", "''''''", "''", "'\\x41\\u4e2d\\U0001F600\\101\\0'", "'\\x4'", "'\\q'", "r'\\'", "r'\\''", "'''", "'''a''b'''", '"""\\""""', "\x0c[1]", "[1]\x0c", "[1\x0c]", "'\t'", "(((1)))", "[[[]]]", "[('a', 1), {'b': ('c',)}]", "12345678901234567890", "1e400", "-1e400", "'a';", "[1] [2]", "a = 1", "\\\n1", "'a'\\\n'b'", "[\n1\n]\n", "1,\\\n2", "'\r'", "'''a\r\nb'''",
]
r = random.Random(5)
PARTS = ["'", '"', "'''", "r", "u", "a", "\\", "n", "\n", "[", "]", "(", ")", ",", " ", "1", "0", "x", "_", "#", "{", "}", ":", ".", "-", "é", "N", "'a'", "'b', ", "[1, 2]"]


def plain(value):
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    if isinstance(value, dict):
        return all(plain(k) and plain(v) for k, v in value.items())
    return value is None or isinstance(value, (bool, int, float, str))


def result(text):
    try:
        value = ast.literal_eval(text)
    except Exception:
        return None
    return repr(value) if plain(value) else None


def main():
    texts = TEXTS + ["".join(r.choice(PARTS) for _ in range(r.randint(1, 6))) for _ in range(20000)]
    kept = [t for t in dict.fromkeys(texts) if t in TEXTS or result(t) is not None]
    kept += r.sample([t for t in texts if result(t) is None and t not in TEXTS], 300)
    print("[\n" + ",\n".join(json.dumps([t, result(t)]) for t in kept) + "\n]")


main()
