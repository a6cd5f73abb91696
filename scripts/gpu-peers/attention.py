"""attention.py FLMEVAL_BENCH [CEILINGS]: causal attention of the 52B shape (64 heads of 128, bf16) by PyTorch's
cuDNN and by ours, in turns on the same GPU: TFLOP/s of each at 2k, 4k and 8k tokens, and our share of theirs; the same
of ours by wgmma, where the GPU has it (0.000: it has not)."""
import json
import os
import statistics
import subprocess
import sys
import tempfile

try:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.nn.functional import scaled_dot_product_attention
except ImportError as missing:
    print("not measured: python3 has no torch: %s" % missing)
    sys.exit(77)

HEADS, SIZE, LENGTHS, TURNS, RUNS = 64, 128, (2048, 4096, 8192), 2, 20


def flops(length):  # of the causal half, as flmeval's bench counts
    return 2 * length * length * HEADS * SIZE


def theirs(length):
    q, k, v = (torch.randn(1, HEADS, length, SIZE, device="cuda", dtype=torch.bfloat16) for _ in range(3))
    seconds = []
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION), torch.inference_mode():
        for run in range(RUNS + 3):  # three to warm up
            begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            begin.record()
            scaled_dot_product_attention(q, k, v, is_causal=True)
            end.record()
            end.synchronize()
            if run >= 3:
                seconds.append(begin.elapsed_time(end) / 1e3)
    return flops(length) / statistics.median(seconds) / 1e12


def ours(bench, ceilings, attention):
    """{length: TFLOP/s}; nothing where the bench refuses this kind of attention."""
    with tempfile.NamedTemporaryFile(suffix=".json") as result:
        command = [bench, "run", "--full", "--quiet", "--max-seconds", "0.5", "--out", result.name, "--filter",
                   "^attention_prefill/52b-tp1/cuda/bf16/S:(2048|4096|8192)"]
        done = subprocess.run(command + (["--ceilings", ceilings] if ceilings else []), stdout=subprocess.DEVNULL,
                              env={**os.environ, "FLM_CUDA_ATTENTION": attention})
        if done.returncode:
            if attention == "mma":
                sys.exit("%s ended with %d" % (bench, done.returncode))
            return {}
        rows = json.load(open(result.name))["benchmarks"]
    return {length: row["GFLOPs"] / 1e3 for length in LENGTHS for row in rows if "/S:%d/" % length in row["name"]}


best = {length: [0.0, 0.0, 0.0] for length in LENGTHS}
for turn in range(TURNS):
    for length in LENGTHS:
        best[length][0] = max(best[length][0], theirs(length))
    torch.cuda.empty_cache()
    for place, attention in ((1, "mma"), (2, "wgmma")):
        for length, rate in ours(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None, attention).items():
            best[length][place] = max(best[length][place], rate)
for length, (cudnn, own, wgmma) in best.items():
    print("S:%d cudnn %.1f TFLOP/s ours %.1f TFLOP/s by wgmma %.1f TFLOP/s share_by_wgmma %.3f share %.3f"
          % (length, cudnn, own, wgmma, wgmma / cudnn, own / cudnn))
