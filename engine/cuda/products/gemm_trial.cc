#include "engine/cuda/products/gemm_trial.h"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <sstream>

#include "base/errors.h"
#include "base/text/joined.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/products/gemm_search.h"
#include "engine/cuda/runtime/best_seconds.h"

namespace flm {
namespace {

constexpr int kRuns = 10, kFewRuns = 4;  // of few rows: a search within a run looks at many
constexpr std::int64_t kFew[] = {1, 2, 7, 16, 33, 64};  // at most kMostFewRows
constexpr std::int64_t kTried[] = {1, 2, 7, 16, 33, 64, 128, 129, 256, 384, 1024, 4096};
constexpr std::int64_t kPlaces[] = {0, 64, 120};  // multiples of 8, so that a row stays aligned

constexpr std::int64_t kMostParts =
    static_cast<std::int64_t>(2 * std::size(kTried) * 2 * std::size(kPlaces));
constexpr std::int64_t kSlot = sizeof(std::uint64_t);
constexpr std::uint64_t kNoDifference = ~std::uint64_t{0};

bool is_multiple(std::int64_t rows) { return rows % kPaddedRows == 0; }

/// The largest multiple that is compared with a call of `rows` rows.
constexpr std::int64_t largest_part(std::int64_t rows) {
  std::int64_t largest = kPaddedRows;
  for (const std::int64_t tried : kTried)
    if (tried < rows) largest = tried;
  return largest;
}
static_assert(largest_part(kSearchedRows) == kComparedRows);

std::string list_of(const std::set<std::int64_t>& numbers) {
  return joined(numbers, ", ", [](std::int64_t number) { return std::to_string(number); }) +
         " rows";
}

}  // namespace

RowUse RowVerdict::use() const {
  for (const auto* numbers : {&refused, &differing})
    if (std::any_of(numbers->begin(), numbers->end(), is_multiple)) return RowUse::kNone;
  return refused.empty() && differing.empty() ? RowUse::kAnyNumber : RowUse::kMultiples;
}

std::string RowVerdict::text() const {
  if (refused.empty() && differing.empty()) return "the same bits in any number of rows";
  std::ostringstream text;
  if (!refused.empty()) text << "not taken with " << list_of(refused);
  if (first) {
    text << (refused.empty() ? "" : "; ") << "other bits with " << list_of(differing)
         << ", first at row " << first->row << ", column " << first->column << " of " << first->rows
         << " rows: " << std::setprecision(9) << first->found << " for " << first->expected;
  }
  return text.str();
}

GemmTrial::GemmTrial(GemmLibrary& library, const GemmShape& shape, std::int64_t rows,
                     const Stream& stream)
    : library_(library),
      rows_(rows),
      part_rows_(largest_part(rows)),
      operands_(shape, rows, stream),
      all_(operands_.pool(), stream, rows * shape.n * 4),
      part_(operands_.pool(), stream, part_rows_ * shape.n * 4),
      found_(operands_.pool(), stream, kMostParts * kSlot) {}

GemmCall GemmTrial::call(std::int64_t first, std::int64_t rows) const {
  return operands_.call(first, rows, (rows > part_rows_ ? all_ : part_).as<float>());
}

double GemmTrial::seconds(const AlgorithmSettings& settings, std::int64_t rows,
                          std::int64_t workspace_bytes) {
  const int calls = static_cast<int>(std::clamp<std::int64_t>(256 / rows, 1, 8));
  const Scratch memory(operands_.pool(), operands_.stream(), workspace_bytes);
  const GemmWorkspace workspace{workspace_bytes > 0 ? memory.as<void>() : nullptr, workspace_bytes};
  return best_seconds(operands_.stream(), rows <= kMostFewRows ? kFewRuns : kRuns, calls, [&] {
    library_.run(settings, call(0, rows), operands_.stream(), workspace);
  });
}

std::optional<double> GemmTrial::seconds_if_taken(const AlgorithmSettings& settings,
                                                  std::int64_t rows) {
  if (!library_.try_run(settings, call(0, rows), operands_.stream())) return {};
  return seconds(settings, rows);
}

RowVerdict GemmTrial::examine(const AlgorithmSettings& settings) {
  return compare(settings, settings, kTried);
}

RowVerdict GemmTrial::examine_few(const AlgorithmSettings& settings,
                                  const AlgorithmSettings& pinned) {
  return compare(settings, pinned, kFew);
}

/// All comparisons are enqueued before the host looks at any: a look waits for the device.
RowVerdict GemmTrial::compare(const AlgorithmSettings& settings, const AlgorithmSettings& all,
                              std::span<const std::int64_t> numbers) {
  std::vector<std::uint64_t> found(static_cast<std::size_t>(kMostParts), kNoDifference);
  copy_to_device(found_.as<void>(), found.data(), kMostParts * kSlot, operands_.stream());
  RowVerdict verdict;
  std::vector<Part> parts;
  for (const bool adds : {false, true}) {
    if (!run(all, {adds, 0, rows_})) {
      verdict.refused.insert(rows_);
      break;
    }
    for (const std::int64_t rows : numbers)
      if (rows <= part_rows_ && !compare_rows(settings, rows, adds, parts))
        verdict.refused.insert(rows);
  }
  copy_to_host(found.data(), found_.as<void>(), kMostParts * kSlot, operands_.stream());
  operands_.stream().wait();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (found[i] == kNoDifference) continue;
    verdict.differing.insert(parts[i].rows);
    if (!verdict.first)
      verdict.first = difference_at(settings, all, parts[i], static_cast<std::int64_t>(found[i]));
  }
  return verdict;
}

bool GemmTrial::run(const AlgorithmSettings& settings, const Part& part) {
  return library_.try_run(settings, operands_.ready(call(part.first, part.rows), part.adds),
                          operands_.stream());
}

/// Calls of `rows` rows from the places at the beginning, and from as many that reach to the end.
bool GemmTrial::compare_rows(const AlgorithmSettings& settings, std::int64_t rows, bool adds,
                             std::vector<Part>& parts) {
  const std::int64_t n = operands_.shape().n;
  for (const std::int64_t place : kPlaces)
    for (const std::int64_t first : {place, (rows_ - rows - place) / 8 * 8}) {
      if (first < 0 || first + rows > rows_) continue;
      const Part part{adds, first, rows};
      if (!run(settings, part)) return false;
      FLM_CHECK(std::ssize(parts) < kMostParts, "more comparisons than places for what they find");
      cuda::first_difference(operands_.stream(), part_.as<float>(), all_.as<float>() + first * n,
                             rows * n, found_.as<std::uint64_t>() + parts.size());
      parts.push_back(part);
    }
  return true;
}

/// Both once more: other calls have written over them.
RowDifference GemmTrial::difference_at(const AlgorithmSettings& settings,
                                       const AlgorithmSettings& all, const Part& part,
                                       std::int64_t at) {
  const Stream& stream = operands_.stream();
  const std::int64_t n = operands_.shape().n;
  RowDifference one{part.rows, at / n, at % n};
  (void)run(all, {part.adds, 0, rows_});
  (void)run(settings, part);
  copy_to_host(&one.found, part_.as<float>() + at, sizeof one.found, stream);
  copy_to_host(&one.expected, all_.as<float>() + part.first * n + at, sizeof one.expected, stream);
  stream.wait();
  return one;
}

}  // namespace flm
