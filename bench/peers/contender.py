#!/usr/bin/env python3
"""One peer on one work, in a process of its own so that nobody's threads wait beside another's.

    contender.py SPEC.json      writes the JSON file that SPEC's "result" names

SPEC: {"peer": "hugging-face" | "lm-eval" | "llama.cpp", "work": "rolling" | "tasks", "dtype", "model", "result"}
and for rolling {"windows": [[inputs, targets], ...], "context"}, for tasks {"tasks", "folder", "batch"}.
The time leaves out imports, loading and one call on a little of the work.
"""

import json
import pathlib
import sys


def rolling(spec):
    if spec["peer"] == "llama.cpp":
        import llama_peer

        return llama_peer.rolling(spec)
    import hugging_face_peer

    return hugging_face_peer.rolling(spec)


def tasks(spec):
    import lm_eval_peer

    return lm_eval_peer.run(spec)


def main() -> None:
    spec = json.loads(pathlib.Path(sys.argv[1]).read_text())
    result = (rolling if spec["work"] == "rolling" else tasks)(spec)
    pathlib.Path(spec["result"]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
