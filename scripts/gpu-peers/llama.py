"""llama.py FILE LAYERS: seconds that Hugging Face's Llama of the 52B shape takes for token ids, one
request after the other as lm-evaluation-harness does with batch size 1, on LAYERS layers."""
import json
import sys
import time

try:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
except ImportError as missing:
    print("not measured: python3 has no torch with transformers: %s" % missing)
    sys.exit(77)

requests = [json.loads(line)["tokens"] for line in open(sys.argv[1])]
config = LlamaConfig(hidden_size=8192, intermediate_size=21824, num_hidden_layers=int(sys.argv[2]),
                     num_attention_heads=64, num_key_value_heads=64, vocab_size=80000)
with torch.device("cuda"):
    torch.set_default_dtype(torch.bfloat16)
    model = LlamaForCausalLM(config).eval()


def score(tokens):
    ids = torch.tensor([tokens[:-1]], device="cuda")
    return torch.log_softmax(model(ids).logits[0, -1].float(), -1)[tokens[-1]].item()


with torch.inference_mode():
    score(requests[0])
    begin = time.perf_counter()
    for tokens in requests:
        score(tokens)
seconds = time.perf_counter() - begin
print("%d requests in %.2f s: %.1f requests/s on %d layers" %
      (len(requests), seconds, len(requests) / seconds, config.num_hidden_layers))
