#include "engine/cuda/pinned_gemm.h"

#include <algorithm>
#include <utility>

#include "base/errors.h"
#include "engine/cuda/gemm_trial.h"
#include "engine/cuda/kernels.h"

namespace flm {
namespace {

constexpr double kAsFast = 1.01;  // times of two algorithms that score at the same speed
constexpr std::int64_t kFreeWorkspace = std::int64_t{32} << 20;  // bytes, of what is only compared

AlgorithmTable::Key key_of(const GemmCall& call) {
  return {call.n, call.k, call.bf16 ? "bf16" : "fp32"};
}

std::int64_t element_bytes(const GemmCall& call) { return call.bf16 ? 2 : 4; }

/// The first choice that takes kPaddedRows rows and gives a row the same bits wherever it lies.
PinnedAlgorithm padded(const std::vector<AlgorithmSettings>& choices, GemmTrial& trial,
                       const GemmShape& shape) {
  for (const AlgorithmSettings& settings : choices)
    if (trial.supports(settings, kPaddedRows) && trial.independent_of_place(settings))
      return {settings, kPaddedRows};
  FLM_CHECK(false, "no algorithm gives the same bits in " + std::to_string(kPaddedRows) +
                       " rows wherever a row lies, of n " + std::to_string(shape.n) + ", k " +
                       std::to_string(shape.k));
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

void PinnedGemm::run(const GemmCall& call) {
  const AlgorithmTable::Key key = key_of(call);
  std::optional<PinnedAlgorithm> pinned = table_.find(key);
  if (!pinned) table_.add(key, *(pinned = search({call.n, call.k, call.bf16})));
  if (checked_.insert(key).second) check(*pinned, call);
  if (pinned->rows == 0) return library_->run(pinned->settings, call, stream_, {});
  run_padded(*pinned, call, padding_for(key, call));
}

PinnedAlgorithm PinnedGemm::search(const GemmShape& shape) {
  const std::vector<AlgorithmSettings> choices = library_->choices(shape, 0);
  GemmTrial trial(*library_, shape, kSearchedRows, stream_);
  for (const AlgorithmSettings& settings : choices)
    if (trial.independent(settings)) return {settings, 0};
  return padded(choices, trial, shape);
}

/// Once a shape: what a table says may be another library's, or spoilt.
void PinnedGemm::check(const PinnedAlgorithm& pinned, GemmCall call) {
  if (pinned.rows > 0) call.m = pinned.rows;
  if (library_->supports(pinned.settings, call)) return;
  throw UserError("cuBLASLt does not take the algorithm that is pinned for n " +
                  std::to_string(call.n) + ", k " + std::to_string(call.k) +
                  (call.bf16 ? ", bf16" : ", fp32") + "; delete " + table_.path() +
                  " and the -tuned file beside it");
}

/// Zeros at first: rows that nobody reads, but defined.
PinnedGemm::Padding& PinnedGemm::padding_for(const AlgorithmTable::Key& key, const GemmCall& call) {
  Padding& padding = paddings_[key];
  if (padding.a) return padding;
  const auto zeros = [&](std::int64_t bytes) {
    void* memory = pool_.acquire(bytes, stream_);
    clear_on_device(memory, bytes, stream_);
    return memory;
  };
  padding.a = zeros(kPaddedRows * call.k * element_bytes(call));
  padding.c = zeros(kPaddedRows * call.n * 4);
  return padding;
}

void PinnedGemm::run_padded(const PinnedAlgorithm& pinned, const GemmCall& call,
                            const Padding& padding) {
  const std::int64_t bytes = element_bytes(call);
  for (std::int64_t row = 0; row < call.m; row += pinned.rows) {
    const std::int64_t rows = std::min(pinned.rows, call.m - row);
    GemmCall part = call;
    part.m = pinned.rows;
    part.a = static_cast<const std::byte*>(call.a) + row * call.a_stride * bytes;
    part.c = call.c + row * call.c_stride;
    if (rows == pinned.rows) {
      library_->run(pinned.settings, part, stream_, {});
      continue;
    }
    cuda::copy_rows(stream_, part.a, call.a_stride * bytes, rows, call.k * bytes, padding.a);
    part.a = padding.a;
    part.a_stride = call.k;
    part.c = static_cast<float*>(padding.c);
    part.c_stride = call.n;
    float* last = call.c + row * call.c_stride;
    if (call.accumulate)
      cuda::copy_rows(stream_, last, call.c_stride * 4, rows, call.n * 4, padding.c);
    library_->run(pinned.settings, part, stream_, {});
    cuda::copy_rows(stream_, padding.c, call.n * 4, rows, call.n * 4, last, call.c_stride * 4);
  }
}

const TimedAlgorithm& best_of(const std::vector<TimedAlgorithm>& all) {
  const auto scores_faster = [](const auto& a, const auto& b) { return a.seconds < b.seconds; };
  const double least = std::min_element(all.begin(), all.end(), scores_faster)->seconds;
  const TimedAlgorithm* best = nullptr;
  for (const TimedAlgorithm& timed : all)
    if (timed.seconds <= least * kAsFast && (!best || timed.decode_seconds < best->decode_seconds))
      best = &timed;
  return *best;
}

double fastest_gemm_seconds(GemmLibrary& library, const GemmShape& shape, std::int64_t rows) {
  const Stream stream;
  GemmTrial trial(library, shape, rows, stream);
  double best = 0;
  for (const AlgorithmSettings& settings : library.choices(shape, kFreeWorkspace)) {
    const double seconds = trial.seconds(settings, kFreeWorkspace);
    best = best > 0 ? std::min(best, seconds) : seconds;
  }
  return best;
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
  std::vector<TimedAlgorithm> sound;
  for (const AlgorithmSettings& settings : choices) {
    ++tuned.tried;
    const double seconds = trial.seconds(settings, 0);
    tuned.best_seconds = std::min(tuned.best_seconds, seconds);
    if (trial.independent(settings))
      sound.push_back({settings, seconds, trial.decode_seconds(settings)});
    else
      ++tuned.dependent;
  }
  if (sound.empty()) {
    tuned.pinned = padded(choices, trial, shape);
    tuned.seconds = trial.padded_seconds(tuned.pinned.settings, kTunedRows);
    tuned.decode_seconds = trial.padded_seconds(tuned.pinned.settings, kDecodedRows);
  } else {
    const TimedAlgorithm& best = best_of(sound);
    tuned.pinned = {best.settings, 0};
    tuned.seconds = best.seconds;
    tuned.decode_seconds = best.decode_seconds;
  }
  return tuned;
}

}  // namespace flm
