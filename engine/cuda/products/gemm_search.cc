#include "engine/cuda/products/gemm_search.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>

#include "base/errors.h"
#include "engine/cuda/products/gemm_trial.h"

namespace flm {
namespace {

std::string name_of(const GemmShape& shape) {
  return "n " + std::to_string(shape.n) + ", k " + std::to_string(shape.k) +
         (shape.bf16 ? ", bf16" : ", fp32");
}

std::string name_of(const AlgorithmDescription& one) {
  std::ostringstream name;
  name << "id " << one.id << ", tile " << one.tile << ", stages " << one.stages << ", cluster "
       << one.cluster;
  for (const auto& [word, value] :
       {std::pair{"swizzle", one.swizzle}, {"custom", one.custom}, {"inner", one.inner}})
    if (value != 0) name << ", " << word << ' ' << value;
  return name.str();
}

std::string milliseconds(double seconds) {
  char text[40];
  std::snprintf(text, sizeof text, "%.4g ms", seconds * 1e3);
  return text;
}

/// Choices for one product, tried in turn; every one that is looked at leaves a line.
class Search {
 public:
  Search(GemmLibrary& library, const GemmShape& shape, std::int64_t rows, const Stream& stream)
      : library_(library),
        shape_(shape),
        trial_(library, shape, rows, stream),
        choices_(library.choices(shape, kTunedRows, 0)) {
    if (choices_.empty())
      throw UserError("cuBLASLt has no algorithm without splits and workspace for " +
                      name_of(shape) + "; install CUDA's cuBLAS 13, or use --device cpu");
  }

  GemmTrial& trial() { return trial_; }
  const std::vector<AlgorithmSettings>& choices() const { return choices_; }
  std::vector<std::string> take_notes() { return std::move(notes_); }

  RowUse examine(std::size_t index) {
    const RowVerdict verdict = trial_.examine(choices_[index]);
    note("choice " + std::to_string(index), choices_[index], verdict.text());
    return verdict.use();
  }
  void add_to_note(const std::string& more) { notes_.back() += more; }

  [[noreturn]] void refuse() const {
    std::string all;
    for (const std::string& one : notes_) all += "; " + one;
    throw UserError(
        "no algorithm of cuBLASLt gives a row the same bits in calls of other rows, of " +
        name_of(shape_) + all + "; install another cuBLAS, or use --device cpu");
  }

  /// Times of kDecodedRows rows: of `pinned` alone, padded where it must be.
  double decode_seconds(const PinnedAlgorithm& pinned) {
    return trial_.seconds(pinned.settings, pinned.multiples ? kPaddedRows : kDecodedRows);
  }

  /// Gives `pinned` the fastest algorithm of its bits for few rows, where one is faster than
  /// itself; returns the seconds of kDecodedRows rows.
  double add_twin(PinnedAlgorithm& pinned) {
    double least = decode_seconds(pinned);
    for (const auto& [asked, settings] : choices_for_few(pinned.settings))
      note("choice for " + std::to_string(asked) + " rows", settings,
           try_twin(settings, pinned, least));
    return least;
  }

 private:
  struct ChoiceForFew {
    std::int64_t asked;
    AlgorithmSettings settings;
  };
  /// Its time comes first: what is no faster need not be compared. Returns what was seen.
  std::string try_twin(const AlgorithmSettings& settings, PinnedAlgorithm& pinned, double& least) {
    const auto seconds = trial_.seconds_if_taken(settings, kDecodedRows);
    if (!seconds) return "not taken with " + std::to_string(kDecodedRows) + " rows";
    const std::string time = std::to_string(kDecodedRows) + " rows in " + milliseconds(*seconds);
    if (*seconds >= least) return "not compared, no faster: " + time;
    const RowVerdict verdict = trial_.examine_few(settings, pinned.settings);
    if (verdict.use() != RowUse::kAnyNumber) return verdict.text();
    least = *seconds;
    pinned.few = settings;
    return "the pinned one's bits, " + time;
  }
  std::vector<ChoiceForFew> choices_for_few(const AlgorithmSettings& pinned) {
    std::vector<ChoiceForFew> all;
    for (const std::int64_t asked : {std::int64_t{16}, kMostFewRows})
      for (const AlgorithmSettings& settings : library_.choices(shape_, asked, 0)) {
        const auto same = [&](const ChoiceForFew& one) { return one.settings == settings; };
        if (settings != pinned && std::none_of(all.begin(), all.end(), same))
          all.push_back({asked, settings});
      }
    return all;
  }
  void note(const std::string& which, const AlgorithmSettings& settings, const std::string& text) {
    notes_.push_back(which + " (" + name_of(library_.describe(settings)) + "): " + text);
  }

  GemmLibrary& library_;
  const GemmShape shape_;
  GemmTrial trial_;
  const std::vector<AlgorithmSettings> choices_;
  std::vector<std::string> notes_;
};

/// Of what is only compared: an algorithm with workspace that fails ends no search.
std::optional<double> free_seconds(GemmTrial& trial, const AlgorithmSettings& settings,
                                   std::int64_t rows) {
  try {
    return trial.seconds(settings, rows, kFreeWorkspace);
  } catch (const InternalError&) {
    return {};
  }
}

}  // namespace

FoundAlgorithm search_algorithm(GemmLibrary& library, const GemmShape& shape,
                                const Stream& stream) {
  Search search(library, shape, kSearchedRows, stream);
  std::optional<PinnedAlgorithm> pinned;
  for (std::size_t i = 0; i < search.choices().size(); ++i) {
    const RowUse use = search.examine(i);
    if (use == RowUse::kAnyNumber) {
      pinned = {search.choices()[i], false, {}};
      break;
    }
    if (use == RowUse::kMultiples && !pinned) pinned = {search.choices()[i], true, {}};
  }
  if (!pinned) search.refuse();
  search.add_twin(*pinned);
  return {*pinned, search.take_notes()};
}

TimedAlgorithm fastest_gemm(GemmLibrary& library, const GemmShape& shape, std::int64_t rows) {
  const Stream stream;
  GemmTrial trial(library, shape, rows, stream);
  TimedAlgorithm best;
  for (const AlgorithmSettings& settings : library.choices(shape, rows, kFreeWorkspace)) {
    const std::optional<double> seconds = free_seconds(trial, settings, rows);
    if (seconds && (best.seconds == 0 || *seconds < best.seconds)) best = {settings, *seconds};
  }
  FLM_CHECK(best.seconds > 0, "cuBLASLt computes none of its own choices for " + name_of(shape));
  return best;
}

TunedAlgorithm tune_gemm(GemmLibrary& library, const GemmShape& shape) {
  const Stream stream;
  Search search(library, shape, kTunedRows, stream);
  TunedAlgorithm tuned;
  const auto count = [&](double seconds) {
    if (tuned.first_seconds == 0) tuned.first_seconds = tuned.best_seconds = seconds;
    tuned.best_seconds = std::min(tuned.best_seconds, seconds);
  };
  for (const AlgorithmSettings& settings : library.choices(shape, kTunedRows, kFreeWorkspace))
    if (const auto seconds = free_seconds(search.trial(), settings, kTunedRows)) count(*seconds);
  for (std::size_t i = 0; i < search.choices().size(); ++i) {
    const AlgorithmSettings& settings = search.choices()[i];
    const RowUse use = search.examine(i);
    ++tuned.tried;
    tuned.dependent += use != RowUse::kAnyNumber;
    if (use == RowUse::kNone) continue;
    double seconds = search.trial().seconds(settings, kTunedRows);
    count(seconds);
    search.add_to_note(", " + milliseconds(seconds));
    if (use == RowUse::kMultiples) seconds += search.trial().seconds(settings, kPaddedRows);
    if (tuned.seconds == 0 || seconds < tuned.seconds) {
      tuned.seconds = seconds;
      tuned.found.pinned = {settings, use == RowUse::kMultiples, {}};
    }
  }
  if (tuned.seconds == 0) search.refuse();
  tuned.decode_seconds = search.add_twin(tuned.found.pinned);
  tuned.found.notes = search.take_notes();
  return tuned;
}

}  // namespace flm
