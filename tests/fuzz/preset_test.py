#!/usr/bin/env python3
"""preset_test.py ROOT FOLDER: whether the preset fuzz compiles, without the cost of code.

The preset is configured in FOLDER, and each source of it goes through clang with the preset's own flags,
-fsyntax-only in place of an object. Nothing is linked, so that each body whose header a source includes must
be a source of the preset, too. Exit 77 (skipped) where clang++ is not installed.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys


def syntax_only(command):
    words = shlex.split(command["command"])
    output = words.index("-o")
    del words[output:output + 2]
    words.remove("-c")
    kept = [word for word in words if not word.startswith(("-fsanitize", "-O"))]
    return [kept[0], "-fsyntax-only", *kept[1:]]


def precompile(command, folder):
    """The header that costs most, parsed once: its options are those of every source. The class that nearly
    all of them take from it is instantiated here, too, or each source would do it again."""
    header = pathlib.Path(folder) / "precompiled.h"
    header.write_text("#include <nlohmann/json.hpp>\ntemplate class nlohmann::basic_json<nlohmann::ordered_map>;\n")
    words = [word for word in syntax_only(command) if word not in ("-fsyntax-only", command["file"])]
    output = f"{header}.pch"
    subprocess.run([*words, "-fpch-instantiate-templates", "-x", "c++-header", header, "-o", output], cwd=command["directory"], check=True)
    return ["-include-pch", output]


def check(command, precompiled):
    done = subprocess.run(syntax_only(command) + precompiled, cwd=command["directory"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if done.returncode == 0 else f"{command['file']}\n{done.stdout}"


def unbuilt_bodies(root, commands):
    """What linking would miss: bodies of included headers that the wings named FUZZED leave out. Of a door
    (tests/layering/rooms.txt) only the declarations are wanted."""
    root = pathlib.Path(root).resolve()
    doors = re.findall(r"^(\S+\.h):", (root / "tests/layering/rooms.txt").read_text(), re.MULTILINE)
    built = {pathlib.Path(command["file"]).resolve() for command in commands}
    missing = []
    for source in sorted(built):
        for header in re.findall(r'^#include "(\S+\.h)"', source.read_text(), re.MULTILINE):
            body = (root / header).with_suffix(".cc")
            if header not in doors and body.exists() and body not in built:
                missing.append(f"{source.relative_to(root)} includes {header}, whose body the preset fuzz does not compile")
    return missing


def main(root, folder):
    if not shutil.which("clang++"):
        print("skipped: clang++ is not here (apt-get install clang)")
        return 77
    subprocess.run(["cmake", "--preset", "fuzz", "-B", folder], cwd=root, check=True,
                   stdout=subprocess.DEVNULL)
    commands = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())
    commands = [one for one in commands if pathlib.Path(one["file"]).exists()]  # the others are made by the build
    precompiled = precompile(commands[0], folder)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        problems = [text for text in pool.map(lambda one: check(one, precompiled), commands) if text]
    missing = unbuilt_bodies(root, commands)
    print("\n".join(problems + missing))
    print(f"{len(commands) - len(problems)} of {len(commands)} sources compile")
    return 1 if problems or missing or not commands else 0


sys.exit(main(*sys.argv[1:]))
