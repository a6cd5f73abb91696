"""lm-evaluation-harness over Hugging Face, or over llama.cpp decoding in parallel."""

import time

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.models.huggingface import HFLM
from lm_eval.tasks import TaskManager

PROBED_BATCHES = [1, 2, 4, 8, 16]
PROBED_DOCUMENTS = 6  # of each task


class LlamaLM(LM):
    """generate_until through llama.cpp; tokens and text by the tokenizer of the Hugging Face folder."""

    def __init__(self, folder, dtype, sequences):
        super().__init__()
        import llama_peer
        from transformers import AutoTokenizer

        self.model, self.sequences = llama_peer.load(folder, dtype), sequences
        self.tokenizer = AutoTokenizer.from_pretrained(folder)

    def generate_until(self, requests, disable_tqdm=False):
        import llama_peer

        settings = requests[0].args[1]
        if any(request.args[1] != settings for request in requests):
            raise SystemExit("llama.cpp: one set of generation settings a run")
        stops, most = settings["until"], settings["max_gen_toks"]
        prompts = [self.tokenizer(r.args[0], add_special_tokens=False)["input_ids"] for r in requests]
        longest = -(-(max(map(len, prompts)) + most) // 256) * 256
        sequences = min(self.sequences, len(prompts))
        context = llama_peer.Context(self.model, longest, sequences)
        eos = self.tokenizer.eos_token_id

        def is_finished(answer):
            tail = self.tokenizer.decode(answer[-24:])
            return answer[-1] == eos or any(stop in tail for stop in stops)

        answers = llama_peer.generate(context, prompts, sequences, most, is_finished)
        context.close()
        return [self.text(answer, stops) for answer in answers]

    def text(self, answer, stops):
        text = self.tokenizer.decode(answer, skip_special_tokens=True)
        for stop in stops:
            text = text.split(stop)[0]
        return text

    def loglikelihood(self, requests, disable_tqdm=False):
        raise NotImplementedError

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        raise NotImplementedError


def evaluated(model, spec, limit=None):
    """Seconds and results."""
    manager = TaskManager(include_path=spec["folder"], include_defaults=False)
    begin = time.perf_counter()
    results = simple_evaluate(model=model, tasks=spec["tasks"], task_manager=manager, limit=limit,
                              bootstrap_iters=0, log_samples=True)
    return time.perf_counter() - begin, results


def model_of(spec, batch):
    if spec["peer"] == "llama.cpp":
        return LlamaLM(spec["model"], spec["dtype"], int(batch))
    return HFLM(pretrained=spec["model"], dtype=spec["dtype"], batch_size=batch, device="cpu")


def best_batch(model, spec):
    def seconds(batch):
        model.batch_size_per_gpu = batch
        return evaluated(model, spec, PROBED_DOCUMENTS)[0]

    return min(PROBED_BATCHES, key=seconds)


def run(spec):
    batch = spec["batch"]
    model = model_of(spec, 1 if batch == "best" else int(batch))
    evaluated(model, spec, 1)
    if batch == "best":
        batch = model.batch_size_per_gpu = best_batch(model, spec)
    seconds, results = evaluated(model, spec)
    samples = {name: sorted(results["samples"][name], key=lambda sample: sample["doc_id"]) for name in spec["tasks"]}
    return {"seconds": seconds, "batch": batch, "results": results["results"],
            "samples": {name: [{"resps": s["resps"], "filtered_resps": s["filtered_resps"]} for s in samples[name]]
                        for name in samples}}
