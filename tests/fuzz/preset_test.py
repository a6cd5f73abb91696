#!/usr/bin/env python3
"""preset_test.py ROOT FOLDER: whether the preset fuzz compiles, without the cost of code.

The preset is configured in FOLDER, and each source of it goes through clang with the preset's own flags,
-fsyntax-only in place of an object. Exit 77 (skipped) where clang++ is not installed.
"""
import concurrent.futures
import json
import os
import pathlib
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
    """The header that costs most, parsed once: its options are those of every source. What it leaves to be
    instantiated is done here, too, or each source would do it again."""
    header = pathlib.Path(folder) / "precompiled.h"
    header.write_text("#include <nlohmann/json.hpp>\n")
    words = [word for word in syntax_only(command) if word not in ("-fsyntax-only", command["file"])]
    output = f"{header}.pch"
    subprocess.run([*words, "-fpch-instantiate-templates", "-x", "c++-header", header, "-o", output], cwd=command["directory"], check=True)
    return ["-include-pch", output]


def check(command, precompiled):
    done = subprocess.run(syntax_only(command) + precompiled, cwd=command["directory"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return "" if done.returncode == 0 else f"{command['file']}\n{done.stdout}"


def main(root, folder):
    if not shutil.which("clang++"):
        print("skipped: clang++ is not here (apt-get install clang)")
        return 77
    subprocess.run(["cmake", "--preset", "fuzz", "-B", folder], cwd=root, check=True,
                   stdout=subprocess.DEVNULL)
    commands = json.loads((pathlib.Path(folder) / "compile_commands.json").read_text())
    precompiled = precompile(commands[0], folder)
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        problems = [text for text in pool.map(lambda one: check(one, precompiled), commands) if text]
    print("\n".join(problems))
    print(f"{len(commands) - len(problems)} of {len(commands)} sources compile")
    return 1 if problems or not commands else 0


sys.exit(main(*sys.argv[1:]))
