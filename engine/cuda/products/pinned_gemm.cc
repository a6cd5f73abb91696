#include "engine/cuda/products/pinned_gemm.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm_search.h"

namespace flm {
namespace {

AlgorithmTable::Key key_of(const GemmCall& call) {
  return {call.n, call.k, call.bf16 ? "bf16" : "fp32"};
}

/// Of one call: so many rows that no matrix has more elements than 32 bits with a sign count.
std::int64_t most_rows(const GemmCall& call) {
  constexpr std::int64_t kMostElements = (std::int64_t{1} << 31) - 1;
  const std::int64_t rows = kMostElements / std::max(call.a_stride, call.c_stride);
  return std::max(kPaddedRows, rows / kPaddedRows * kPaddedRows);
}

}  // namespace

PinnedGemm::PinnedGemm(std::unique_ptr<GemmLibrary> library, AlgorithmTable table,
                       const Stream& stream)
    : library_(std::move(library)),
      table_(std::move(table)),
      stream_(stream),
      dense_(stream),
      pool_(stream, DevicePool::Takers::kSameStream) {}

PinnedGemm::~PinnedGemm() {
  for (const auto& [key, padding] : paddings_)
    for (void* memory : {padding.a, padding.c}) pool_.release(memory);
}

void PinnedGemm::run(const GemmCall& call) {
  dense_.run(call, [this](const GemmCall& promised) { run_promised(promised); });
}

void PinnedGemm::run_promised(const GemmCall& call) {
  const PinnedAlgorithm& pinned = pinned_for(call);
  const std::int64_t most = most_rows(call);
  for (std::int64_t first = 0; first < call.m; first += most)
    run_part(pinned, call.rows(first, std::min(most, call.m - first)));
}

/// Of an algorithm for multiples alone the whole multiple runs where it is: a padded copy of a
/// batch, or room for it behind every buffer, would cost more than the one small call behind.
void PinnedGemm::run_part(const PinnedAlgorithm& pinned, const GemmCall& call) {
  std::int64_t whole = pinned.multiples ? call.m / kPaddedRows * kPaddedRows : call.m;
  if (pinned.few && call.m <= kMostFewRows) whole = 0;
  if (whole > 0) library_->run(pinned.settings, call.rows(0, whole), stream_, {});
  if (whole < call.m) run_rest(pinned, call.rows(whole, call.m - whole));
}

/// Fewer than kPaddedRows rows.
void PinnedGemm::run_rest(const PinnedAlgorithm& pinned, const GemmCall& call) {
  if (pinned.few && call.m <= kMostFewRows)
    library_->run(*pinned.few, call, stream_, {});
  else
    run_padded(pinned, call);
}

const PinnedAlgorithm& PinnedGemm::pinned_for(const GemmCall& call) {
  const AlgorithmTable::Key key = key_of(call);
  if (!table_.find(key)) {
    const FoundAlgorithm found = search_algorithm(*library_, {call.n, call.k, call.bf16}, stream_);
    table_.add(key, found.pinned, found.notes);
  }
  const PinnedAlgorithm& pinned = *table_.find(key);
  if (checked_.insert(key).second) check(pinned, call);
  return pinned;
}

/// Once a shape: what a table says may be another library's, or spoilt.
void PinnedGemm::check(const PinnedAlgorithm& pinned, GemmCall call) {
  call.m = kPaddedRows;
  bool taken = library_->supports(pinned.settings, call);
  call.m = kMostFewRows;
  if (pinned.few) taken = taken && library_->supports(*pinned.few, call);
  if (taken) return;
  throw UserError("cuBLASLt does not take the algorithm that is pinned for n " +
                  std::to_string(call.n) + ", k " + std::to_string(call.k) +
                  (call.bf16 ? ", bf16" : ", fp32") + "; delete " + table_.path() +
                  " and the -tuned file beside it");
}

void PinnedGemm::run_padded(const PinnedAlgorithm& pinned, const GemmCall& call) {
  const Padding& padding = padding_for(call);
  const std::int64_t row_bytes = call.k * call.element_bytes();
  cuda::copy_rows(stream_, call.a, call.a_stride * call.element_bytes(), call.m, row_bytes,
                  padding.a);
  if (call.accumulate)
    cuda::copy_rows(stream_, call.c, call.c_stride * 4, call.m, call.n * 4, padding.c);
  GemmCall padded = call;
  padded.m = kPaddedRows;
  padded.a = padding.a;
  padded.a_stride = call.k;
  padded.c = static_cast<float*>(padding.c);
  padded.c_stride = call.n;
  library_->run(pinned.settings, padded, stream_, {});
  cuda::copy_rows(stream_, padding.c, call.n * 4, call.m, call.n * 4, call.c, call.c_stride * 4);
}

/// Zeros at first: rows that nobody reads, but defined.
const PinnedGemm::Padding& PinnedGemm::padding_for(const GemmCall& call) {
  Padding& padding = paddings_[key_of(call)];
  if (padding.a) return padding;
  const auto zeros = [&](std::int64_t bytes) {
    void* memory = pool_.acquire(bytes, stream_);
    clear_on_device(memory, bytes, stream_);
    return memory;
  };
  padding.a = zeros(kPaddedRows * call.k * call.element_bytes());
  padding.c = zeros(kPaddedRows * call.n * 4);
  return padding;
}

}  // namespace flm
