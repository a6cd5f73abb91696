#include "engine/cuda/products/gemm_trial.h"

#include <algorithm>
#include <iomanip>
#include <sstream>

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
      found_(operands_.pool(), stream, 8) {}

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

RowVerdict GemmTrial::examine(const AlgorithmSettings& settings) {
  return compare(settings, settings, kTried);
}

RowVerdict GemmTrial::examine_few(const AlgorithmSettings& settings,
                                  const AlgorithmSettings& pinned) {
  return compare(settings, pinned, kFew);
}

RowVerdict GemmTrial::compare(const AlgorithmSettings& settings, const AlgorithmSettings& all,
                              std::span<const std::int64_t> numbers) {
  RowVerdict verdict;
  for (const bool adds : {false, true}) {
    if (!run(all, 0, rows_, adds)) {
      verdict.refused.insert(rows_);
      return verdict;
    }
    for (const std::int64_t rows : numbers)
      if (rows <= part_rows_) add_rows(settings, rows, adds, verdict);
  }
  return verdict;
}

bool GemmTrial::run(const AlgorithmSettings& settings, std::int64_t first, std::int64_t rows,
                    bool adds) {
  return library_.try_run(settings, operands_.ready(call(first, rows), adds), operands_.stream());
}

/// Calls of `rows` rows from the places at the beginning, and from as many that reach to the end.
void GemmTrial::add_rows(const AlgorithmSettings& settings, std::int64_t rows, bool adds,
                         RowVerdict& verdict) {
  for (const std::int64_t place : kPlaces)
    for (const std::int64_t first : {place, (rows_ - rows - place) / 8 * 8}) {
      if (first < 0 || first + rows > rows_) continue;
      if (!run(settings, first, rows, adds)) {
        verdict.refused.insert(rows);
        return;
      }
      if (const auto one = difference_at(first, rows)) {
        verdict.differing.insert(rows);
        if (!verdict.first) verdict.first = one;
        return;
      }
    }
}

std::optional<RowDifference> GemmTrial::difference_at(std::int64_t first, std::int64_t rows) {
  const Stream& stream = operands_.stream();
  const std::int64_t n = operands_.shape().n, count = rows * n;
  auto found = static_cast<std::uint64_t>(count);
  copy_to_device(found_.as<void>(), &found, sizeof found, stream);
  const float *part = part_.as<float>(), *all = all_.as<float>() + first * n;
  cuda::first_difference(stream, part, all, count, found_.as<std::uint64_t>());
  copy_to_host(&found, found_.as<void>(), sizeof found, stream);
  stream.wait();
  const auto at = static_cast<std::int64_t>(found);
  if (at == count) return std::nullopt;
  RowDifference one{rows, at / n, at % n};
  copy_to_host(&one.found, part + at, sizeof one.found, stream);
  copy_to_host(&one.expected, all + at, sizeof one.expected, stream);
  stream.wait();
  return one;
}

}  // namespace flm
