#include "bench/registry.h"

#include <regex>

#include "base/errors.h"
#include "bench/cases/model_shape.h"
#include "bench/cuda/cuda_rows.h"
#include "bench/ops/ops.h"

namespace flm::bench {

namespace {

constexpr double kMostFlopsPerThread = 5e11;  // seconds of one call on any core of today

/// Whole prefills of 52B are for devices: here a call alone would outlast the sampler's wall cap.
void refuse_endless(Row& row) {
  if (row.cost.flops > kMostFlopsPerThread * row.threads)
    row.skip = "one call is more than " + std::to_string(row.threads) +
               " x 5e11 FLOP; take a smaller T, a model of more ranks or more threads";
}

/// Of the default set or not.
std::vector<Row> matching_rows(const std::vector<Row>& rows, const RowChoice& choice) {
  const RowFilter filter(choice);
  std::vector<Row> matching;
  for (const Row& row : rows)
    if (filter.finds(row.name())) matching.push_back(row);
  return matching;
}

}  // namespace

std::string Row::name() const {
  return op + "/" + model + "/" + device + "/" + dtype + "/" + shape + "/" +
         (cold ? "cold" : "hot") + "/threads:" + std::to_string(threads);
}

std::regex row_expression(const std::string& text, const std::string& flag) {
  // An extension of libstdc++'s: (.*)*X takes minutes for a name by backtracking.
  const auto kind = std::regex::ECMAScript | std::regex_constants::__polynomial;
  try {
    return std::regex(text, kind);
  } catch (const std::regex_error&) {
    throw UserError(flag +
                    " is no regular expression (ECMAScript, without back-references): " + text);
  }
}

RowFilter::RowFilter(const RowChoice& choice)
    : pattern_(row_expression(choice.filter, "--filter")),
      dtype_(choice.dtype.empty() ? "" : "/" + choice.dtype + "/"),
      threads_(choice.threads == 0 ? "" : "/threads:" + std::to_string(choice.threads)) {}

bool RowFilter::finds(const std::string& name) const {
  return name.find(dtype_) != std::string::npos && name.ends_with(threads_) &&
         std::regex_search(name, pattern_);
}

std::vector<Row> every_row(int all_threads) {
  std::vector<Row> rows;
  std::vector<int> thread_counts = {1};
  if (all_threads > 1) thread_counts.push_back(all_threads);
  for (int threads : thread_counts) {
    add_memory_rows(threads, rows);
    for (const ModelShape& shape : model_shapes()) {
      add_gemm_rows(shape, threads, rows);
      add_head_rows(shape, threads, rows);
      add_norm_rows(shape, threads, rows);
      add_rope_rows(shape, threads, rows);
      add_elementwise_rows(shape, threads, rows);
      add_logit_rows(shape, threads, rows);
      add_attention_rows(shape, threads, rows);
      add_bf16_attention_rows(shape, threads, rows);
      add_layer_rows(shape, threads, rows);
      add_gather_columns_rows(shape, threads, rows);
    }
  }
  for (Row& row : rows) refuse_endless(row);
  if (all_threads == 1)
    for (Row& row : rows) row.standard = row.standard || row.threads == 1;
  add_cuda_rows(rows);
  return rows;
}

std::vector<Row> chosen_rows(const std::vector<Row>& rows, const RowChoice& choice) {
  std::vector<Row> chosen = matching_rows(rows, choice);
  if (!choice.full) std::erase_if(chosen, [](const Row& row) { return !row.standard; });
  if (chosen.empty() && !left_out(rows, choice).empty())
    throw UserError("no row of the default set matches --filter '" + choice.filter + "'; " +
                    left_out(rows, choice));
  if (chosen.empty())
    throw UserError("no row matches --filter '" + choice.filter +
                    "' with these --dtype and --threads; see flmeval bench list");
  return chosen;
}

std::string left_out(const std::vector<Row>& rows, const RowChoice& choice) {
  if (choice.full || choice.filter.empty()) return "";
  const std::vector<Row> matching = matching_rows(rows, choice);
  std::size_t count = 0;
  std::string first;
  for (const Row& row : matching) {
    if (row.standard) continue;
    if (count++ == 0) first = row.name();
  }
  if (count == 0) return "";
  return "left out: " + std::to_string(count) + " more row" + (count == 1 ? "" : "s") +
         " that --filter finds, outside the default set (the first: " + first +
         "); to have them too: --full";
}

}  // namespace flm::bench
