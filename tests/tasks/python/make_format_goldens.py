#!/usr/bin/env python3
"""Records what CPython's str.format and % give for random fields and values; null where they fail. Each
case is [method, format, arguments as a Python literal, text]. usage: make_format_goldens.py [N] >
format_golden.json"""
import json
import random
import sys

r = random.Random(7)
VALUES = [0, 1, -1, 3, 7, -42, 65, 255, 1234567, -1234567, 10**12, 0.0, -0.0, 0.5, -0.001, 12.3, 99.95, 1000.0, -1234.5678, 1e-7, 1e16,
          1e22, 123456789.125, float("inf"), float("-inf"), True, False, "", "ab", "Ünï", "a'b", "北京", None, [1, "x"], {"k": 2, "b": 1.5}, ("t", 0)]
FIXED = [
    ("{:>05}", (3,)), ("{:<05}", (3,)), ("{:05}", ("ab",)), ("{:.2}", (12.3,)), ("{:.4}", (1000.0,)), ("{:5}", (True,)), ("{:015,}", (1234567,)),
    ("{:_}", (1234567,)), ("{:c}", (65,)), ("{0[0]}", ([1, 2],)), ("{0[k]}", ({"k": 2},)), ("{0[k][1]}", ({"k": [1, 2]},)), ("{0[9]}", ([1],)),
    ("{:{}}|", ("a", 5)), ("{:{}.{}f}", (1.5, 8, 2)), ("{0:{1}}{2}", (1, 4, 2)), ("{}{0}", (1,)), ("{0}{}", (1,)), ("{!r:>8}", ("é",)), ("{!a}", ("é北",)),
    ("{0[}]}", ({"}": 1},)), ("{", (1,)), ("}", (1,)), ("{}}", (1,)), ("{{}}", (1,)), ("{:{:{}}}", (1, 2, 3)), ("{!}", (1,)), ("{!x}", (1,)), ("{!r", (1,)),
    ("{0.a}", (1,)), ("{0[0}", ([1],)), ("{0[0]x}", ([1],)), ("{0[]}", ([1],)), ("{:é>5}", (1,)), ("{:>}", (1,)), ("{:,_}", (1,)), ("{:_,}", (1,)), ("{:#_x}", (70000,)), ("{:#010_x}", (70000,)),
]
PERCENT = [("%a", "Ünï"), ("%8a|", "é"), ("%(k)s %(b).1f", {"k": 2, "b": 1.5}), ("%*d", (5, 3)), ("%.*f", (2, 1.5)), ("%5%", ()), ("%d%%", 3), ("%s", ("a",)), ("%s %s", ("a",)), ("%c", 65), ("%c", "é")]


def spec():
    out = r.choice(["", "", "", "<", ">", "^", "=", "*<", "0>", "é^", "x="])
    out += r.choice(["", "", "", "+", "-", " "]) + r.choice([""] * 7 + ["z"]) + r.choice(["", "", "", "#"]) + r.choice(["", "", "0"])
    out += r.choice(["", "", "1", "4", "6", "9", "14"]) + r.choice([""] * 4 + [",", "_"]) + r.choice(["", "", ".0", ".1", ".2", ".4", ".9"])
    return out + r.choice(["", "", "", "s", "d", "b", "o", "x", "X", "c", "n", "e", "E", "f", "F", "g", "G", "%", "q"])


def percent():
    out = "%" + "".join(r.choice("-+ #0") for _ in range(r.choice([0, 0, 1, 1, 2])))
    out += r.choice(["", "", "1", "4", "9", "14"]) + r.choice(["", "", ".", ".0", ".2", ".5"])
    return out + r.choice("sradiuxXoeEfFgGc")


def case(method, text, values):
    try:
        result = text.format(*values) if method == "format" else text % values
    except Exception:
        result = None
    return [method, text, repr(values).replace("inf", "1e400"), result]


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    cases = [case("format", *one) for one in FIXED] + [case("%", *one) for one in PERCENT]
    while len(cases) < count:
        one = (case("format", "{:" + spec() + "}", (r.choice(VALUES),)) if r.random() < 0.7 else
               case("%", percent(), (r.choice(VALUES),)))
        if one[3] is not None or r.random() < 0.1:
            cases.append(one)
    print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")


main()
