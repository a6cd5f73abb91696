#include "engine/cuda/pinned_gemm.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "engine/cuda/gemm_trial.h"
#include "engine/cuda/kernels.h"

namespace flm {
namespace {

constexpr std::int64_t kFreeWorkspace = std::int64_t{32} << 20;  // bytes, of what is only compared

AlgorithmTable::Key key_of(const GemmCall& call) {
  return {call.n, call.k, call.bf16 ? "bf16" : "fp32"};
}

std::int64_t element_bytes(const GemmCall& call) { return call.bf16 ? 2 : 4; }

/// The first choice that takes kPaddedRows rows.
PinnedAlgorithm padded(const std::vector<AlgorithmSettings>& choices, GemmTrial& trial,
                       const GemmShape& shape) {
  for (const AlgorithmSettings& settings : choices)
    if (trial.supports(settings, kPaddedRows)) return {settings, kPaddedRows};
  FLM_CHECK(false, "no algorithm takes " + std::to_string(kPaddedRows) + " rows of n " +
                       std::to_string(shape.n) + ", k " + std::to_string(shape.k));
}

}  // namespace

PinnedGemm::PinnedGemm(std::unique_ptr<GemmLibrary> library, AlgorithmTable table,
                       const Stream& stream)
    : library_(std::move(library)),
      table_(std::move(table)),
      stream_(stream),
      pool_(stream, DevicePool::Takers::kSameStream) {}

PinnedGemm::~PinnedGemm() {
  for (const auto& [key, padding] : paddings_)
    for (void* memory : {padding.a, padding.c}) pool_.release(memory);
}

void PinnedGemm::run(const GemmCall& call, CudaStream stream) {
  const AlgorithmTable::Key key = key_of(call);
  std::optional<PinnedAlgorithm> pinned = table_.find(key);
  if (!pinned) table_.add(key, *(pinned = search(call)));
  if (pinned->rows == 0) return library_->run(pinned->settings, call, stream, {});
  Padding& padding = paddings_[key];
  if (!padding.a) {
    padding.a = pool_.acquire(kPaddedRows * call.k * element_bytes(call), stream);
    padding.c = pool_.acquire(kPaddedRows * call.n * 4, stream);
  }
  run_padded(*pinned, call, padding, stream);
}

PinnedAlgorithm PinnedGemm::search(const GemmCall& call) {
  const std::vector<AlgorithmSettings> choices = library_->choices({call.n, call.k, call.bf16}, 0);
  GemmTrial trial(*library_, {call.n, call.k, call.bf16}, kSearchedRows, stream_, call.weight);
  for (const AlgorithmSettings& settings : choices)
    if (trial.independent(settings)) return {settings, 0};
  return padded(choices, trial, {call.n, call.k, call.bf16});
}

void PinnedGemm::run_padded(const PinnedAlgorithm& pinned, const GemmCall& call,
                            const Padding& padding, CudaStream stream) {
  const std::int64_t bytes = element_bytes(call);
  for (std::int64_t row = 0; row < call.m; row += pinned.rows) {
    const std::int64_t rows = std::min(pinned.rows, call.m - row);
    GemmCall part = call;
    part.m = pinned.rows;
    part.a = static_cast<const std::byte*>(call.a) + row * call.a_stride * bytes;
    part.c = call.c + row * call.c_stride;
    if (rows == pinned.rows) {
      library_->run(pinned.settings, part, stream, {});
      continue;
    }
    cuda::copy_rows(stream, part.a, call.a_stride * bytes, rows, call.k * bytes, padding.a);
    part.a = padding.a;
    part.a_stride = call.k;
    part.c = static_cast<float*>(padding.c);
    part.c_stride = call.n;
    float* last = call.c + row * call.c_stride;
    if (call.accumulate)
      cuda::copy_rows(stream, last, call.c_stride * 4, rows, call.n * 4, padding.c);
    library_->run(pinned.settings, part, stream, {});
    cuda::copy_rows(stream, padding.c, call.n * 4, rows, call.n * 4, last, call.c_stride * 4);
  }
}

TunedAlgorithm tune_gemm(GemmLibrary& library, const GemmShape& shape) {
  const Stream stream;
  GemmTrial trial(library, shape, kTunedRows, stream);
  TunedAlgorithm tuned;
  for (const AlgorithmSettings& settings : library.choices(shape, kFreeWorkspace)) {
    const double seconds = trial.seconds(settings, kFreeWorkspace);
    if (tuned.first_seconds == 0) tuned.first_seconds = tuned.best_seconds = seconds;
    tuned.best_seconds = std::min(tuned.best_seconds, seconds);
  }
  const std::vector<AlgorithmSettings> choices = library.choices(shape, 0);
  for (const AlgorithmSettings& settings : choices) {
    ++tuned.tried;
    const double seconds = trial.seconds(settings, 0);
    tuned.best_seconds = std::min(tuned.best_seconds, seconds);
    if (!trial.independent(settings)) {
      ++tuned.dependent;
    } else if (tuned.seconds == 0 || seconds < tuned.seconds) {
      tuned.seconds = seconds;
      tuned.pinned = {settings, 0};
    }
  }
  if (tuned.dependent == tuned.tried) {
    tuned.pinned = padded(choices, trial, shape);
    tuned.seconds = trial.padded_seconds(tuned.pinned.settings);
  }
  return tuned;
}

}  // namespace flm
