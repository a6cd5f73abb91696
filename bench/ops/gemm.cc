// Matrix products of a layer: qkv, o, gate_up, down.
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/ops.h"
#include "bench/ops/weights.h"

namespace flm::bench {
namespace {

constexpr double kReferenceProducts = 1 << 25;  // double-precision products of one check

class GemmCase : public BufferedCase {
 public:
  GemmCase(const Backend& backend, int copies, std::int64_t tokens, std::int64_t outputs,
           std::int64_t inputs, const std::string& dtype)
      : BufferedCase(copies),
        backend_(backend),
        tokens_(tokens),
        weight_(outputs, inputs, dtype, 1000),
        dtype_(dtype),
        packed_(weight_.pack(backend, copies)),
        a_(add_input(tokens * inputs, static_cast<float>(1 / std::sqrt(inputs)))),
        c_(add_output(tokens * outputs)) {}

  void call(int copy) override {
    backend_.matmul(Rows{buffer(copy, a_), weight_.columns()}, tokens_,
                    *packed_[static_cast<std::size_t>(copy)], {},
                    Assigned{buffer(copy, c_), weight_.rows()});
  }

 protected:
  /// All outputs of small products, a sample of rows and columns of large ones.
  void verify(int copy, int, Errors& errors) override {
    const std::int64_t k = weight_.columns();
    const auto most = static_cast<std::int64_t>(kReferenceProducts / static_cast<double>(k));
    const bool all = tokens_ * weight_.rows() <= most;
    const auto rows = sampled(tokens_, all ? tokens_ : 8);
    const auto outputs = sampled(weight_.rows(), all ? weight_.rows() : most / 8);
    for (std::int64_t n : outputs) {
      const std::vector<float> w = weight_.row(n);
      for (std::int64_t r : rows)
        verify_one(buffer(copy, a_) + r * k, w, buffer(copy, c_)[r * weight_.rows() + n], errors);
    }
  }

 private:
  void verify_one(const float* a, const std::vector<float>& w, float got, Errors& errors) const {
    double sum = 0, squares_a = 0, squares_w = 0;
    for (std::size_t i = 0; i < w.size(); ++i) {
      sum += static_cast<double>(a[i]) * static_cast<double>(w[i]);
      squares_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
      squares_w += static_cast<double>(w[i]) * static_cast<double>(w[i]);
    }
    errors.add(got, sum, product_tolerance(std::sqrt(squares_a * squares_w), w.size(), dtype_));
  }

  const Backend& backend_;
  std::int64_t tokens_;
  RandomWeight weight_;
  std::string dtype_;
  std::vector<std::unique_ptr<PackedWeight>> packed_;
  int a_, c_;
};

/// T that belong to the default set: what a quick look needs, within minutes.
bool standard_tokens(const ModelShape& shape, int threads, std::int64_t tokens) {
  if (shape.tensor_parallel > 1 && shape.tensor_parallel < 8) return false;
  if (shape.name == "52b-tp1") return false;
  if (threads == 1) return shape.name != "52b-tp8" && (tokens == 1 || tokens == 512);
  return tokens == 1 || tokens == 16 || tokens == 512;
}

}  // namespace

Row gemm_row(const std::string& op, const ModelShape& shape, int threads, const std::string& dtype,
             std::int64_t tokens, std::int64_t outputs, std::int64_t inputs) {
  Row row = row_of(op, shape, threads, dtype, "T:" + std::to_string(tokens));
  const double t = static_cast<double>(tokens), n = static_cast<double>(outputs),
               k = static_cast<double>(inputs);
  // The engine's rows are fp32 whatever the operands are rounded to.
  row.cost = {2 * t * n * k, 4 * t * k + weight_item_bytes(dtype) * n * k, 4 * t * n};
  row.resident_bytes = 4 * (t * k + n * k + t * n);
  row.standard = standard_tokens(shape, threads, tokens);
  row.make = [=](const Backend& backend, int copies) {
    return std::make_unique<GemmCase>(backend, copies, tokens, outputs, inputs, dtype);
  };
  return row;
}

void add_gemm_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  struct Product {
    const char* op;
    std::int64_t outputs, inputs;
  };
  const Product products[] = {{"gemm_qkv", s.q() + 2 * s.kv(), s.hidden},
                              {"gemm_o", s.hidden, s.q()},
                              {"gemm_gate_up", 2 * s.intermediate, s.hidden},
                              {"gemm_down", s.hidden, s.intermediate}};
  for (const Product& product : products)
    for (const char* dtype : {"fp32", "bf16w", "bf16"})
      for (std::int64_t tokens : {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096}) {
        Row row = gemm_row(product.op, s, threads, dtype, tokens, product.outputs, product.inputs);
        // Stored weights matter where they are what moves: bf16w beside fp32 at one token only.
        row.standard = row.standard && (row.dtype == "fp32" || (tokens == 1 && threads > 1));
        add_cold_and_hot(row, false, rows);
      }
  if (s.name != "52b-tp8") return;
  for (const std::int64_t tokens : {1, 16, 64, 512}) {  // K = 2728 is no multiple of 128
    Row padded = gemm_row("gemm_down", s, threads, "fp32", tokens, s.hidden, 2816);
    padded.shape += "/K:2816";
    padded.standard = false;
    add_cold_and_hot(padded, false, rows);
  }
}

}  // namespace flm::bench
