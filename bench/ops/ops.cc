#include "bench/ops/ops.h"

namespace flm::bench {
namespace {

constexpr double kFitsInCache = 64e6;  // larger copies are the same cold and hot

}  // namespace

Row row_of(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
           const std::string& text) {
  Row row;
  row.op = op;
  row.model = shape.name;
  row.device = "cpu";
  row.dtype = dtype;
  row.shape = text;
  row.threads = threads;
  return row;
}

void add_cold_and_hot(const Row& row, bool hot_is_standard, std::vector<Row>& rows) {
  rows.push_back(row);
  if (row.cost.bytes() > kFitsInCache) return;
  Row hot = row;
  hot.cold = false;
  hot.standard = row.standard && hot_is_standard;
  rows.push_back(hot);
}

void RowAdder::operator()(const std::string& op, const Cost& cost, double resident_bytes,
                          decltype(Row::make) make) const {
  Row row = row_of(op, shape, threads, "fp32", "T:" + std::to_string(tokens) + suffix);
  row.cost = cost;
  row.resident_bytes = resident_bytes;
  row.standard = tokens == 512 && threads > 1 && *suffix == '\0' &&
                 (shape.name == "smollm2-135m" || shape.name == "52b-tp8");
  row.make = std::move(make);
  if (hot)
    add_cold_and_hot(row, false, rows);
  else
    rows.push_back(row);
}

}  // namespace flm::bench
