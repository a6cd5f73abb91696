#include "engine/cuda/products/dense_calls.h"

#include <algorithm>

#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm_library.h"

namespace flm {

DenseCalls::DenseCalls(const Stream& stream)
    : stream_(stream), pool_(stream, DevicePool::Takers::kSameStream) {}

DenseCalls::~DenseCalls() {
  for (const auto& [key, room] : rooms_)
    for (void* memory : {room.a, room.c})
      if (memory) pool_.release(memory);
}

void DenseCalls::run(const GemmCall& call, const std::function<void(const GemmCall&)>& compute) {
  if (lies_as_promised(call)) return compute(call);
  Room& room = rooms_[{call.n, call.k, call.bf16}];
  for (std::int64_t first = 0; first < call.m; first += kDenseRows)
    run_part(call.rows(first, std::min(kDenseRows, call.m - first)), room, compute);
}

void DenseCalls::run_part(const GemmCall& call, Room& room,
                          const std::function<void(const GemmCall&)>& compute) {
  const auto place = [&](void*& memory, std::int64_t row_bytes) {
    if (!memory) memory = pool_.acquire(kDenseRows * row_bytes, stream_);
    return memory;
  };
  const std::int64_t a_bytes = call.k * call.element_bytes(), c_bytes = call.n * 4;
  GemmCall dense = call;
  if (!a_lies_as_promised(call)) {
    dense.a = place(room.a, a_bytes);
    dense.a_stride = call.k;
    cuda::copy_rows(stream_, call.a, call.a_stride * call.element_bytes(), call.m, a_bytes, room.a);
  }
  if (!c_lies_as_promised(call)) {
    dense.c = static_cast<float*>(place(room.c, c_bytes));
    dense.c_stride = call.n;
    if (call.accumulate)
      cuda::copy_rows(stream_, call.c, call.c_stride * 4, call.m, c_bytes, room.c);
  }
  compute(dense);
  if (dense.c != call.c)
    cuda::copy_rows(stream_, room.c, c_bytes, call.m, c_bytes, call.c, call.c_stride * 4);
}

}  // namespace flm
