"""llama.cpp through its C interface: rolling log-likelihood, and several sequences generated at once.

Wants model-f32.gguf or model-bf16.gguf of the same weights in the model's folder (to_gguf.py). Settings
are llama.cpp's own except threads and sizes; keys and values are cached in f16, its default.
"""

import collections
import ctypes
import os
import time

import llama_cpp
import numpy as np

SUFFIX = {"float32": "f32", "bfloat16": "bf16"}


@llama_cpp.llama_log_callback
def silent(level, text, data):
    pass


def load(folder, dtype):
    llama_cpp.llama_log_set(silent, None)
    llama_cpp.llama_backend_init()
    path = f"{folder}/model-{SUFFIX[dtype]}.gguf"
    model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
    if not model:
        raise SystemExit(f"llama.cpp cannot load {path}; bench/peers/prepare writes it")
    return model


class Context:
    """`sequences` of up to `context` tokens each; `batch` tokens at most in one decode()."""

    def __init__(self, model, context, sequences=1, batch=512):
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = context * sequences
        params.n_batch = batch
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = len(os.sched_getaffinity(0))
        self.context = llama_cpp.llama_init_from_model(model, params)
        if not self.context:
            raise SystemExit(f"llama.cpp makes no context of {context} x {sequences} tokens")
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.batch = llama_cpp.llama_batch_init(batch, 0, 1)
        self.size = batch

    def close(self):
        llama_cpp.llama_batch_free(self.batch)
        llama_cpp.llama_free(self.context)

    def clear(self):
        llama_cpp.llama_memory_clear(self.memory, False)
        self.batch.n_tokens = 0

    def forget(self, sequence):
        llama_cpp.llama_memory_seq_rm(self.memory, sequence, -1, -1)

    def room(self):
        return self.size - self.batch.n_tokens

    def add(self, token, position, sequence, wants_logits):
        i = self.batch.n_tokens
        self.batch.token[i] = token
        self.batch.pos[i] = position
        self.batch.n_seq_id[i] = 1
        self.batch.seq_id[i][0] = sequence
        self.batch.logits[i] = wants_logits
        self.batch.n_tokens = i + 1
        return i

    def decode(self):
        code = llama_cpp.llama_decode(self.context, self.batch)
        if code != 0:
            raise SystemExit(f"llama_decode returned {code}")
        self.batch.n_tokens = 0

    def logits(self, row):
        pointer = llama_cpp.llama_get_logits_ith(self.context, row)
        return np.ctypeslib.as_array(pointer, (self.vocabulary,))

    def all_logits(self, rows):
        pointer = ctypes.cast(llama_cpp.llama_get_logits(self.context), ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, (rows, self.vocabulary))


def window_nll(model, inputs, targets):
    import torch

    model.clear()
    first = len(inputs) - len(targets)
    for position, token in enumerate(inputs):
        model.add(token, position, 0, position >= first)
    model.decode()
    scored = torch.log_softmax(torch.from_numpy(model.all_logits(len(targets))), -1)
    return -scored.gather(1, torch.tensor(targets)[:, None]).double().sum().item()


def rolling(spec):
    context = spec["context"]
    model = Context(load(spec["model"], spec["dtype"]), context, batch=context)
    window_nll(model, *spec["windows"][0])
    begin = time.perf_counter()
    total = sum(window_nll(model, inputs, targets) for inputs, targets in spec["windows"])
    return {"seconds": time.perf_counter() - begin, "nll": total}


class Sequence:
    def __init__(self, index, prompt):
        self.index, self.prompt, self.done, self.answer = index, prompt, 0, []

    def add_to(self, model, slot):
        """Its next tokens into the batch; the row of its logits, or None while the prompt is not read."""
        if self.answer:
            return model.add(self.answer[-1], len(self.prompt) + len(self.answer) - 1, slot, True)
        row = None
        for position in range(self.done, min(len(self.prompt), self.done + model.room())):
            row = model.add(self.prompt[position], position, slot, position + 1 == len(self.prompt))
            self.done = position + 1
        return row if self.done == len(self.prompt) else None


def generate(model, prompts, sequences, most, is_finished):
    """Greedy answers, `sequences` at once: one token of each running answer and as much of the next
    prompts as a batch holds; a finished one gives its place up at once (as llama-server does)."""
    waiting = collections.deque(Sequence(i, prompt) for i, prompt in enumerate(prompts))
    slots, answers = [None] * sequences, [None] * len(prompts)
    model.clear()
    while waiting or any(slots):
        for slot in range(sequences):
            if slots[slot] is None and waiting:
                slots[slot] = waiting.popleft()
        order = sorted((s for s in range(sequences) if slots[s]), key=lambda s: not slots[s].answer)
        rows = [(slot, slots[slot].add_to(model, slot)) for slot in order]
        model.decode()
        for slot, row in rows:
            if row is None:
                continue
            one = slots[slot]
            one.answer.append(int(model.logits(row).argmax()))
            if len(one.answer) == most or is_finished(one.answer):
                answers[one.index], slots[slot] = one.answer, None
                model.forget(slot)
    return answers
