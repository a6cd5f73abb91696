"""Rolling log-likelihood by Hugging Face's forward passes, windows of like length in batches."""

import time

import torch
from transformers import AutoModelForCausalLM

BATCHES = [1, 2, 4]  # the fastest on a few windows is taken


@torch.inference_mode()
def nll(model, batch):
    longest = max(len(inputs) for inputs, _ in batch)
    ids = torch.tensor([inputs + [0] * (longest - len(inputs)) for inputs, _ in batch])
    logits = model(ids, use_cache=False).logits
    total = 0.0
    for one, (inputs, targets) in zip(logits, batch):
        scored = torch.log_softmax(one[len(inputs) - len(targets):len(inputs)].float(), -1)
        total -= scored.gather(1, torch.tensor(targets)[:, None]).double().sum().item()
    return total


def scored(model, windows, batch):
    """Seconds and nats of all windows."""
    begin = time.perf_counter()
    total = sum(nll(model, windows[i:i + batch]) for i in range(0, len(windows), batch))
    return time.perf_counter() - begin, total


def rolling(spec):
    model = AutoModelForCausalLM.from_pretrained(spec["model"], dtype=getattr(torch, spec["dtype"])).eval()
    windows = sorted(spec["windows"], key=lambda window: len(window[0]))
    nll(model, windows[-1:])
    few = windows[-max(BATCHES):]
    batch = min(BATCHES, key=lambda size: scored(model, few, size)[0])
    seconds, total = scored(model, windows, batch)
    return {"seconds": seconds, "nll": total, "batch": batch}
