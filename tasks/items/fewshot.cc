#include "tasks/items/fewshot.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"

namespace flm {
namespace {

[[noreturn]] void pool_too_small(std::size_t pool, int shots) {
  throw UserError("the few-shot pool has only " + std::to_string(pool) +
                  " rows; give a smaller --num-fewshot: " + std::to_string(shots));
}

}  // namespace

FewshotSampler::FewshotSampler(const FewshotRule& rule, const std::vector<Json>& pool)
    : rule_(rule), pool_(pool), random_(rule.seed) {}

std::vector<std::int64_t> FewshotSampler::draw(const Json& document) {
  if (rule_.shots == 0) return {};
  return rule_.first_n ? first_rows(document) : random_rows(document);
}

std::vector<std::int64_t> FewshotSampler::first_rows(const Json& document) const {
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < pool_.size() && rows.size() < static_cast<std::size_t>(rule_.shots);
       ++i) {
    if (!rule_.same_split || pool_[i] != document) rows.push_back(static_cast<std::int64_t>(i));
  }
  if (rows.size() < static_cast<std::size_t>(rule_.shots))
    pool_too_small(pool_.size(), rule_.shots);
  return rows;
}

/// From one's own split n+1 rows are drawn and those equal to the document dropped; where
/// duplicates leave fewer than n, n are drawn again from the pool without them (the records pin
/// this).
std::vector<std::int64_t> FewshotSampler::random_rows(const Json& document) {
  const auto shots = static_cast<std::size_t>(rule_.shots);
  const std::size_t want = shots + (rule_.same_split ? 1 : 0);
  if (want > pool_.size()) pool_too_small(pool_.size(), rule_.shots);
  std::vector<std::int64_t> rows;
  for (std::size_t row : random_.sample(pool_.size(), want)) {
    if (rule_.same_split && pool_[row] == document) continue;
    if (rows.size() < shots) rows.push_back(static_cast<std::int64_t>(row));
  }
  if (rows.size() == shots) return rows;
  std::vector<std::int64_t> others;
  for (std::size_t i = 0; i < pool_.size(); ++i) {
    if (pool_[i] != document) others.push_back(static_cast<std::int64_t>(i));
  }
  if (others.size() < shots) pool_too_small(others.size(), rule_.shots);
  rows.clear();
  for (std::size_t row : random_.sample(others.size(), shots)) rows.push_back(others[row]);
  return rows;
}

}  // namespace flm
