"""Measured ceilings of the device: bf16 8192^3 product and copy, on random data."""
import time

import torch


def best(work, repeats=10):
    work()
    torch.cuda.synchronize()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return min(times)


a, b = (torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16) for _ in range(2))
print("bf16 %.1f TFLOP/s" % (2 * 8192**3 / best(lambda: a @ b) / 1e12))
x = torch.randn(1 << 28, device="cuda")
y = torch.empty_like(x)
print("copy %.1f GB/s" % (2 * x.numel() * 4 / best(lambda: y.copy_(x)) / 1e9))
