// What each file of ops/ adds to the registry, for one model shape and thread count.
#pragma once

#include <vector>

#include "bench/model_shape.h"
#include "bench/row.h"

namespace flm::bench {

void add_gemm_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_head_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_rowwise_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_attention_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);
void add_layer_rows(const ModelShape& shape, int threads, std::vector<Row>& rows);

/// y[tokens, outputs] = x[tokens, inputs] W[outputs, inputs]^T.
Row gemm_row(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
             std::int64_t tokens, std::int64_t outputs, std::int64_t inputs);

/// The row of `op` at T tokens, with names and threads filled in.
Row row_of(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
           const std::string& text);
/// Adds the row, and its twin with warm caches where one copy fits in a cache.
void add_cold_and_hot(const Row& row, bool hot_is_standard, std::vector<Row>& rows);

}  // namespace flm::bench
