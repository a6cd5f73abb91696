"""The peers. Each is warmed up on a little of the work, then timed without imports and loading."""

import importlib.util
import time

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

BATCH = 8  # windows of Hugging Face's forward passes


class HuggingFace:
    def __init__(self, folder, dtype):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()
        self.prefix = self.tokenizer.bos_token_id or self.tokenizer.eos_token_id

    def windows(self, texts, context):
        """(inputs, targets): every token a target once, `context` inputs at most, the first one the prefix."""
        out = []
        for text in texts:
            ids = self.tokenizer(text, add_special_tokens=False)["input_ids"]
            whole = [self.prefix] + ids
            if not ids:
                continue
            first = min(context, len(ids))
            out.append((whole[:first], ids[:first]))
            for begin in range(first, len(ids), context):
                end = min(begin + context, len(ids))
                start = max(0, end - context)  # as much context as fits
                out.append((whole[start:end], ids[begin:end]))
        return out

    @torch.inference_mode()
    def nll(self, batch):
        longest = max(len(inputs) for inputs, _ in batch)
        ids = torch.tensor([inputs + [0] * (longest - len(inputs)) for inputs, _ in batch])
        logits = self.model(ids, use_cache=False).logits
        total = 0.0
        for one, (inputs, targets) in zip(logits, batch):
            scored = torch.log_softmax(one[len(inputs) - len(targets):len(inputs)].float(), -1)
            total -= scored.gather(1, torch.tensor(targets)[:, None]).double().sum().item()
        return total

    def score(self, windows):
        self.nll(windows[:1])
        order = sorted(windows, key=lambda window: len(window[0]))
        begin = time.perf_counter()
        total = sum(self.nll(order[i:i + BATCH]) for i in range(0, len(order), BATCH))
        return time.perf_counter() - begin, total


def lm_eval(folder, dtype, batch, names, include_path):
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    model = HFLM(pretrained=str(folder), dtype=dtype, batch_size=batch, device="cpu")
    manager = TaskManager(include_path=str(include_path), include_defaults=False)
    simple_evaluate(model=model, tasks=names[:1], task_manager=manager, limit=1, bootstrap_iters=0)
    begin = time.perf_counter()
    results = simple_evaluate(model=model, tasks=names, task_manager=manager, bootstrap_iters=0)
    return time.perf_counter() - begin, results


def llama_is_here():
    return importlib.util.find_spec("llama_cpp") is not None


def llama_rolling(folder, windows, context):
    """The same windows through llama.cpp, all logits kept; wants FOLDER/model-f32.gguf of the same weights."""
    import numpy as np
    from llama_cpp import Llama

    model = Llama(str(folder / "model-f32.gguf"), n_ctx=context, n_batch=context, n_ubatch=context, logits_all=True,
                  verbose=False)
    model.eval(windows[0][0][:16])
    total, begin = 0.0, time.perf_counter()
    for inputs, targets in windows:
        model.reset()
        model.eval(inputs)
        logits = torch.from_numpy(np.asarray(model.scores[:len(inputs)][len(inputs) - len(targets):]))
        scored = torch.log_softmax(logits, -1)
        total -= scored.gather(1, torch.tensor(targets)[:, None]).double().sum().item()
    return time.perf_counter() - begin, total
