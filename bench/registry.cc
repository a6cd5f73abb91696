#include "bench/registry.h"

#include <regex>

#include "base/errors.h"
#include "bench/cuda/cuda_rows.h"
#include "bench/model_shape.h"
#include "bench/ops/ops.h"

namespace flm::bench {

std::string Row::name() const {
  return op + "/" + model + "/" + device + "/" + dtype + "/" + shape + "/" +
         (cold ? "cold" : "hot") + "/threads:" + std::to_string(threads);
}

std::vector<Row> every_row(int all_threads) {
  std::vector<Row> rows;
  std::vector<int> thread_counts = {1};
  if (all_threads > 1) thread_counts.push_back(all_threads);
  for (int threads : thread_counts) {
    for (const ModelShape& shape : model_shapes()) {
      add_gemm_rows(shape, threads, rows);
      add_head_rows(shape, threads, rows);
      add_rowwise_rows(shape, threads, rows);
      add_attention_rows(shape, threads, rows);
      add_layer_rows(shape, threads, rows);
    }
  }
  if (all_threads == 1)
    for (Row& row : rows) row.standard = row.standard || row.threads == 1;
  add_cuda_rows(rows);
  return rows;
}

std::vector<Row> chosen_rows(const std::vector<Row>& rows, const RowChoice& choice) {
  std::regex pattern;
  try {
    pattern = std::regex(choice.filter, std::regex::ECMAScript);
  } catch (const std::regex_error&) {
    throw UserError("--filter is no regular expression (ECMAScript): " + choice.filter);
  }
  std::vector<Row> chosen;
  for (const Row& row : rows)
    if ((choice.full || row.standard) && (choice.dtype.empty() || row.dtype == choice.dtype) &&
        (choice.threads == 0 || row.threads == choice.threads) &&
        std::regex_search(row.name(), pattern))
      chosen.push_back(row);
  if (chosen.empty())
    throw UserError("no row matches --filter '" + choice.filter +
                    "' with these --dtype and --threads; see flmeval bench list" +
                    (choice.full ? "" : " --full"));
  return chosen;
}

}  // namespace flm::bench
