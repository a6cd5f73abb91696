#!/usr/bin/env python3
"""What CPython's re makes of IGNORECASE, over all characters with case, and which patterns it refuses:
regex_case_golden.json, read by regex_test.cc. Needs CPython 3.11 (Unicode 14).
usage: make_regex_case_goldens.py > regex_case_golden.json"""
import json
import random
import re
import warnings

warnings.simplefilter("ignore")
CASED = "".join(c for c in map(chr, range(0x110000)) if not "\ud800" <= c <= "\udfff" and (c.lower() != c or c.upper() != c or c.title() != c))
# On all characters with case; of what they find the characters are recorded.
SETS = r"""
(?i)[a-z] (?i)[A-Z] (?i)[h-j] (?i)[^i] (?i)[^a-z] (?i)[I] (?i)[ıx] (?i)[İ] (?i)[k-s] (?i)[^\W\d_] (?i)\w (?i)\W (?i)[\W] (?i)[^\w]
(?i)[\x00-\x7f] (?i)[^\x00-\x7f] (?i)[\u0080-\uffff] (?i)[^\u0100-\uffff] (?i)[\u0390-\u03b0] (?i)[ΐ] (?i)[^ΰ] (?i)[ﬅ] (?i)ﬆ (?i)[ß] (?i)ẞ
(?i)[а-я] (?i)[Ѐ-Џ] (?i)[α-ω] (?i)[^Α-Ω] (?i)µ (?i)[\u2160-\u2165] (?i)[\u10400-\u1040f] (?i)[Ⴀ-Ⴥ] (?i)[\u13a0-\u13af] (?i)ǅ (?i)[ǆ-ǉ]
(?ai)k (?ai)[a-z] (?ai)[^k] (?ai)[K-S] (?ai)ß (?ai)é (?ai)[é-ö] (?ai)i (?ai)\w (?a)[a-z] (?i:k) (?-i:k) (?i)(?-i:k) (?i)(?-i:[i-k]) (?i)(?-i:i)|s (?:(?i:i)|s)
(?i)\x69 (?i)\u0130 (?i)[\x69] (?i)\u0131 (?i)[\u0131-\u0133] (?i)\151 (?i)[\151] (?i)[i-] (?i)[]i] (?i)[^]i] [i] i [h-j] (?i)[-i] (?i)[+-i] (?i)[\d-] (?i)[\]-i]
""".split()
TEXTS = ["The answer is İnek", "ANSWER IS ıslak", "Kelvin K straße STRASSE ſtop", "iIİı ﬅﬆ ΐΐ ΰΰ", "ab(c) [x] {2} #1 -^$|", "σςΣ θϑϴ µμ", "", "aA\nBb iİ"]
CALLS = [r"(?i)answer is ([a-z]+)", r"(?i)ANSWER İS (.*)", r"(?i)strasse|straße", r"(?i)\bk\w*", r"(?i)(?P<x>a)(?P=x)", r"(?i)(a)\1", r"(?i)(?:i)+", r"(?i)i{2,}", r"(?i)i*?b", r"(?xi) a # c i" + "\n" + r" A", r"(?i)[ΐ-ΰ]+", r"(?im)^b", r"(?i)ſT", r"(?i)\(c\) \[X\] \{2\} #1 -\^\$\|", r"(?i)σ+", r"(?i)θ+ µ+", r"(?i:a)B", r"(?i)a(?-i:A)", r"(?i)(?<=i)İ", r"(?i)(?<!s )i", r"(?i)(a)?(?(1)A|x)", r"(?i)ﬅ+", r"(?i)[^\s]+k", r"(?si)a.b", r"(?i)(?s:a.b)", r"(?i)(?s-i:A.B)", r"(?i)x|", r"{", r"a{,1}", r"(?i)[[:a:]]", r"(?i)[a[b]"]
# Whether Python takes them.
ASKED = r"""
\b* \B* \b+ \B? \b{2} \A* ^* $+ \Z? (?:\b)* (?:^)* (?=a)* (?!a)+ (?<=a)? a** a*+ a*? a*?? a*+? a++ a+++ a{2}{3} a{2}? a{2}+ a{2}* a?{2} {2} {,} a{,} a{,}* a{} a{}* a{x a{2,1} |* a|* (* (*) (?:*) () ()* (|)* * + ? (?i)* a(?#x)* (?#x)*
(a\1) (a(b\1)) (a)\1 (a)\2 \1(a) \1 (a)|\1 (?P<n>a(?P=n)) (?P=n)(?P<n>a) (?P<n>a)(?P=n) (?P<n>a)(?P<n>b) (?P<n>a)(?P=m) (?P<>a) (?P=) (?P<1>a) (?P<n-m>a) (?P<n (?P=n (?<n>a) (?'n'a) (?R) (?1) (?&n) (?|a|b) \K \h \R \X \Q \E \G \z \C \y
(?(1)a|b)(c) (c)(?(1)a|b) (?(2)a)(c) (c)(?(0)a) (c)(?(1)a|b|d) (?P<n>c)(?(n)a) (?(n)a)(?P<n>c) (?(x)a) (c)(?(1)a (?(a\1)
(?<=a|bc) (?<=a|b) (?<=ab|bc) (?<=a*) (?<=a{2}) (?<=a{2,3}) (?<!a?) (?<=(a)) (?<=(a)\1) (a)(?<=\1) (a|bc)(?<=\1) (?<=(?=a*)b) (?<=a(?:b|cd)) (?<=a(?:b|c)) (?<=\b) (?<=^a) (?<=[ab]) (?<=\d\w.) (?<=(a)(?(1)b|c)) (a)(?<=(?(1)b|c)) (a)(?<=(?(1)b|cd)) (a)(?<=(?(1)b)) (?<!(?<=(a)\1)) (?<=a)(b)\1 (a(?<=\1)) (?<=(?>ab)) (?<=(?i:ab)) (?<=)
(?i-i:a) (?-:a) (?i-:a) (?-i:a) (?--i:a) (?i) a(?i) (?i)(?m)a (?im-s:a) (?s-i:a) (?: (?:a a) ) ( [ [] []a] [a- [a-] [-a] [z-a] [\w-z] [a-\w] [\d-] [a-\d] [a-z-9] [^] [^]] [--a] [\b] [\B] [\A] [\8] [\400] \400 \8 \08 [\08] \x \x1 \u12 \U0011 [\x] \N{DIGIT}x \N a\ [\
(?P (? (?< (?<a (?P>n) (?z) (?z:a) (?a:k) (?L) (?P<a>b (?=a (?<=a (?>a)b (?>a)* (?>*) x{4294967294} x{99999999999}
""".split()
# Refused here in one line, taken by Python (regex_syntax.cc says so), or the same said later.
BEYOND = {"(?a:k)", "x{4294967294}"}
ATOMS = list("aibkIs.1 ") + ["İ", "ı", "K", "ſ", "é", r"\b", r"\w", r"\W", "[i-k]", "[^i]", "[A-S]", r"[^\ws]", "(?i:i)", "(?-i:k)", "(i)", "(?:s|k)", "^", "$", r"\x49", r"\1", "(?=i)", "(?<=i)", "(?<!k)", "(?P<n>s)"]


def drawn(rng):
    text = lambda: "".join(rng.choice(ATOMS) + (rng.choice(["*", "+", "?", "{2}", "{,1}", "*?", "+?", "{1,2}+"]) if rng.random() < 0.3 else "") for _ in range(rng.randint(1, 4)))
    return rng.choice(["(?i)", "(?i)", "(?ai)", "(?mi)", "", "(?si)"]) + "|".join(text() for _ in range(rng.randint(1, 2)))


def compiled(pattern):
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


def found(pattern, text):
    return [list(row) if isinstance(row, tuple) else [row] for row in re.findall(pattern, text)]


def folds_to_other(pattern):
    """Back references under IGNORECASE compare as PCRE2 does where characters of several cases meet."""
    return "\\1" in pattern or "(?P=" in pattern


def main():
    rng = random.Random(1)
    alike = sorted({"".join(re.findall("(?i)" + c, CASED)) for c in CASED})
    sets = [{"pattern": p, "found": "".join(re.findall(p, CASED))} for p in SETS]
    plain = ["aA iI kK sS", "Is ki 1bs", "éÉ.\nik"]
    calls = [{"pattern": p, "text": t, "findall": found(p, t)} for p in CALLS for t in TEXTS]
    wide = ["iİıI kK sſS", "İs Ki\nıb", "SſiIa 1kK", "b_İi éÉ"]
    asked = [{"pattern": p, "taken": compiled(p) is not None} for p in ASKED if p not in BEYOND]
    for _ in range(1500):
        pattern = drawn(rng)
        if compiled(pattern) is None:
            asked.append({"pattern": pattern, "taken": False})
            continue
        text = rng.choice(plain if folds_to_other(pattern) else wide)
        calls.append({"pattern": pattern, "text": text, "findall": found(pattern, text)})
    lines = lambda rows: ",\n".join(json.dumps(row) for row in rows)
    print('{"cased": %s,\n"alike": [\n%s],\n"sets": [\n%s],\n"calls": [\n%s],\n"asked": [\n%s]}' % (json.dumps(CASED), lines(alike), lines(sets), lines(calls), lines(asked)))


main()
