// What each file of ops/ adds to the registry, for one model shape and thread count.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/cases/model_shape.h"
#include "bench/cases/row.h"

namespace flm::bench {

// Of the checks and shapes of all.
constexpr double kEpsilon = 0x1p-23, kBf16Epsilon = 0x1p-7;
constexpr std::int64_t kRowsChecked = 64;
constexpr float kNormEpsilon = 1e-5f, kResidualScale = 0.25f;

void add_gemm_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_head_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_norm_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_rope_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_elementwise_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_logit_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_attention_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_bf16_attention_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_layer_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
/// Read, copy, triad, and the hand-over of nothing: what the other rows are held against.
void add_memory_rows(int threads, std::vector<Row>& rows);
/// Between ranks that are threads of this process, one core each.
void add_gather_columns_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);

/// y[tokens, outputs] = x[tokens, inputs] W[outputs, inputs]^T.
Row gemm_row(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
             std::int64_t tokens, std::int64_t outputs, std::int64_t inputs);

/// The row of `op` at T tokens, with names and threads filled in.
Row row_of(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
           const std::string& text);
/// Adds the row, and its twin with warm caches where one copy fits in a cache.
void add_cold_and_hot(const Row& row, bool hot_is_standard, std::vector<Row>& rows);

/// T of the operations on one row at a time.
constexpr std::int64_t kRowTokens[] = {1, 64, 512, 4096};

/// Adds rows of one shape at T tokens to `rows`.
struct RowAdder {
  const ModelShape& shape;
  int threads;
  std::int64_t tokens;
  std::vector<Row>& rows;
  bool hot = true;          // a twin with warm caches too
  const char* suffix = "";  // of the shape
  void operator()(const std::string& op, const Cost& cost, double resident_bytes,
                  decltype(Row::make) make) const;
};

/// Row::make of a case whose constructor takes (backend, copies, arguments...).
template <class Made, class... Arguments>
auto maker(Arguments... arguments) {
  return [=](const Backend& backend, int copies) -> std::unique_ptr<Case> {
    return std::make_unique<Made>(backend, copies, arguments...);
  };
}

}  // namespace flm::bench
