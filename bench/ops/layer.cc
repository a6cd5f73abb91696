// A whole layer: the engine's operations in its order, norm, gate and residual on the way of its
// products as there; one sequence, no cache behind it.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "bench/cases/buffered_case.h"
#include "bench/ops/causal_batch.h"
#include "bench/ops/ops.h"
#include "bench/ops/weights.h"

namespace flm::bench {
namespace {

using Doubles = std::vector<double>;

/// The layer in double for the first few positions, which see only each other.
class LayerReference {
 public:
  LayerReference(const ModelShape& shape, const std::vector<RandomWeight>& weights)
      : s_(shape), weights_(weights) {}

  /// x: [rows][hidden], replaced by the layer's output.
  void run(std::vector<Doubles>& x) const {
    std::vector<Doubles> qkv = product(0, normed(x));
    for (std::size_t r = 0; r < qkv.size(); ++r) rotate(qkv[r], static_cast<double>(r));
    add(x, product(1, attended(qkv)), 1 / std::sqrt(static_cast<double>(s_.q())));
    std::vector<Doubles> inner = product(2, normed(x));
    for (Doubles& row : inner) {
      for (std::int64_t i = 0; i < s_.intermediate; ++i) {
        const double gate = row[static_cast<std::size_t>(i)];
        row[static_cast<std::size_t>(i)] =
            gate / (1 + std::exp(-gate)) * row[static_cast<std::size_t>(s_.intermediate + i)];
      }
      row.resize(static_cast<std::size_t>(s_.intermediate));
    }
    add(x, product(3, inner), 1 / std::sqrt(static_cast<double>(s_.intermediate)));
  }

 private:
  std::vector<Doubles> normed(const std::vector<Doubles>& x) const {
    std::vector<Doubles> out = x;
    for (Doubles& row : out) {
      double squares = 0;
      for (double v : row) squares += v * v;
      const auto n = static_cast<double>(row.size());
      // the norm's weight is 1/sqrt(hidden), so that products are about one
      const double scale =
          1 / std::sqrt(squares / n + static_cast<double>(kNormEpsilon)) / std::sqrt(n);
      for (double& v : row) v *= scale;
    }
    return out;
  }

  std::vector<Doubles> product(std::size_t which, const std::vector<Doubles>& x) const {
    const RandomWeight& weight = weights_[which];
    std::vector<Doubles> out(x.size(), Doubles(static_cast<std::size_t>(weight.rows())));
    for (std::int64_t n = 0; n < weight.rows(); ++n) {
      const std::vector<float> w = weight.row(n);
      for (std::size_t r = 0; r < x.size(); ++r) out[r][static_cast<std::size_t>(n)] = dot(x[r], w);
    }
    return out;
  }

  /// In eight sums, for 52B has 805 million of these products a row.
  static double dot(const Doubles& x, const std::vector<float>& w) {
    double sums[8] = {};
    std::size_t k = 0;
    for (; k + 8 <= w.size(); k += 8)
      for (std::size_t j = 0; j < 8; ++j) sums[j] += x[k + j] * static_cast<double>(w[k + j]);
    for (; k < w.size(); ++k) sums[0] += x[k] * static_cast<double>(w[k]);
    return std::accumulate(std::begin(sums), std::end(sums), 0.0);
  }

  void rotate(Doubles& row, double position) const {
    const std::int64_t half = s_.head_dim / 2;
    for (std::int64_t head = 0; head < s_.heads + s_.kv_heads; ++head)
      for (std::int64_t i = 0; i < half; ++i) {
        const double angle =
            position * std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(half));
        double& a = row[static_cast<std::size_t>(head * 2 * half + i)];
        double& b = row[static_cast<std::size_t>(head * 2 * half + half + i)];
        const double turned = a * std::cos(angle) - b * std::sin(angle);
        b = b * std::cos(angle) + a * std::sin(angle);
        a = turned;
      }
  }

  std::vector<Doubles> attended(const std::vector<Doubles>& qkv) const {
    std::vector<Doubles> out(qkv.size(), Doubles(static_cast<std::size_t>(s_.q()), 0.0));
    const auto d = static_cast<std::size_t>(s_.head_dim);
    for (std::size_t r = 0; r < qkv.size(); ++r)
      for (std::size_t head = 0; head < static_cast<std::size_t>(s_.heads); ++head) {
        const std::size_t group = head / static_cast<std::size_t>(s_.heads / s_.kv_heads);
        const std::size_t key = static_cast<std::size_t>(s_.q()) + group * d,
                          value = key + static_cast<std::size_t>(s_.kv());
        Doubles weights;
        double sum = 0;
        for (std::size_t j = 0; j <= r; ++j) {
          double score = 0;
          for (std::size_t i = 0; i < d; ++i) score += qkv[r][head * d + i] * qkv[j][key + i];
          weights.push_back(std::exp(score / std::sqrt(static_cast<double>(d))));
          sum += weights.back();
        }
        for (std::size_t j = 0; j <= r; ++j)
          for (std::size_t i = 0; i < d; ++i)
            out[r][head * d + i] += weights[j] / sum * qkv[j][value + i];
      }
    return out;
  }

  static void add(std::vector<Doubles>& x, const std::vector<Doubles>& delta, double scale) {
    for (std::size_t r = 0; r < x.size(); ++r)
      for (std::size_t i = 0; i < x[r].size(); ++i)
        x[r][i] += static_cast<double>(static_cast<float>(scale)) * delta[r][i];
  }

  const ModelShape& s_;
  const std::vector<RandomWeight>& weights_;
};

class LayerCase : public BufferedCase {
 public:
  LayerCase(const Backend& backend, int copies, const ModelShape& shape, std::int64_t tokens,
            const std::string& dtype)
      : BufferedCase(copies),
        backend_(backend),
        s_(shape),
        tokens_(tokens),
        dtype_(dtype),
        norm_(backend.pack_vector(std::vector<float>(static_cast<std::size_t>(shape.hidden),
                                                     inverse_root(shape.hidden)))),
        x_(add_in_place(tokens * shape.hidden, 1)),
        delta_(add_output(tokens * shape.hidden)),
        qkv_(add_output(tokens * (shape.q() + 2 * shape.kv()))),
        inner_(add_output(tokens * 2 * shape.intermediate)),
        scratch_(backend.allocate(tokens * shape.intermediate *
                                  static_cast<std::int64_t>(sizeof(float)))) {
    weights_ = {{shape.q() + 2 * shape.kv(), shape.hidden, dtype, 3000},
                {shape.hidden, shape.q(), dtype, 3001},
                {2 * shape.intermediate, shape.hidden, dtype, 3002},
                {shape.hidden, shape.intermediate, dtype, 3003}};
    for (const RandomWeight& weight : weights_) packed_.push_back(weight.pack(backend, copies));
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < shape.head_dim / 2; ++i)
      frequencies.push_back(
          std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(shape.head_dim / 2)));
    rope_ = backend.rope_table(frequencies, 1, tokens);
    batch_ = causal_batch(1, tokens, tokens);
    backend.begin(batch_);
  }
  int most_runs() const override { return 1; }  // the residual stream grows in place

  void call(int copy) override {
    const std::int64_t f = s_.intermediate, width = s_.q() + 2 * s_.kv();
    float *x = buffer(copy, x_), *delta = buffer(copy, delta_), *qkv = buffer(copy, qkv_);
    const Normed normed{x, norm_, kNormEpsilon, delta};
    backend_.matmul(normed, tokens_, weight(0, copy), {}, Assigned{qkv, width});
    backend_.rope(qkv, width, static_cast<int>(s_.heads + s_.kv_heads), batch_.positions, rope_);
    backend_.attention(batch_, attention_of(qkv, width));
    backend_.matmul(Rows{qkv, width}, tokens_, weight(1, copy), {},
                    Added{x, inverse_root(s_.q()), delta});
    backend_.matmul(normed, tokens_, weight(2, copy), {}, Assigned{buffer(copy, inner_), 2 * f});
    backend_.matmul(Gated{buffer(copy, inner_), scratch_.get()}, tokens_, weight(3, copy), {},
                    Added{x, inverse_root(f), delta});
  }

 protected:
  /// Four products deep: their errors, each as in product_tolerance(), and a factor for the chain.
  void verify(int copy, int, Errors& errors) override {
    const std::int64_t rows = std::min<std::int64_t>(tokens_, s_.hidden > 1000 ? 2 : 8);
    std::vector<Doubles> x;
    for (std::int64_t r = 0; r < rows; ++r) {
      x.emplace_back();
      for (std::int64_t i = 0; i < s_.hidden; ++i)
        x.back().push_back(drawn(copy, x_, r * s_.hidden + i));
    }
    LayerReference(s_, weights_).run(x);
    // Of outputs about one: rows of length one by weights of length √k.
    const auto deepest = static_cast<double>(std::max(s_.hidden, s_.intermediate));
    const double tolerance =
        8 * product_tolerance(std::sqrt(deepest), static_cast<std::size_t>(deepest), dtype_);
    for (std::int64_t r = 0; r < rows; ++r)
      for (std::int64_t i = 0; i < s_.hidden; ++i)
        errors.add(buffer(copy, x_)[r * s_.hidden + i],
                   x[static_cast<std::size_t>(r)][static_cast<std::size_t>(i)], tolerance);
  }

 private:
  static float inverse_root(std::int64_t n) {
    return static_cast<float>(1 / std::sqrt(static_cast<double>(n)));
  }
  const PackedWeight& weight(std::size_t which, int copy) const {
    return *packed_[which][static_cast<std::size_t>(copy)];
  }
  AttentionArgs attention_of(float* qkv, std::int64_t width) const {
    AttentionArgs args;
    args.queries = qkv;
    args.query_stride = width;
    args.keys = qkv + s_.q();
    args.values = qkv + s_.q() + s_.kv();
    args.kv_stride = width;
    args.heads = static_cast<int>(s_.heads);
    args.kv_heads = static_cast<int>(s_.kv_heads);
    args.head_dim = static_cast<int>(s_.head_dim);
    args.scale = inverse_root(s_.head_dim);
    return args;
  }

  const Backend& backend_;
  ModelShape s_;
  std::int64_t tokens_;
  std::string dtype_;
  PackedVector norm_;
  int x_, delta_, qkv_, inner_;
  flm::Buffer scratch_;  // of the gated product, where the backend wants it
  std::vector<RandomWeight> weights_;
  std::vector<std::vector<std::unique_ptr<PackedWeight>>> packed_;  // [product][copy]
  RopeTable rope_;
  PackedBatch batch_;
};

}  // namespace

void add_layer_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  for (const char* dtype : {"fp32", "bf16w", "bf16"})
    for (std::int64_t tokens : {1, 16, 64, 512}) {
      Row row = row_of("layer", s, threads, dtype, "T:" + std::to_string(tokens));
      const double t = static_cast<double>(tokens), h = static_cast<double>(s.hidden),
                   f = static_cast<double>(s.intermediate), q = static_cast<double>(s.q()),
                   kv = static_cast<double>(s.kv());
      const double parameters = (q + 2 * kv) * h + h * q + 3 * f * h;
      row.cost.flops = 2 * t * parameters + 2 * t * t * q + 5 * t * f + 10 * t * h;
      row.cost.read_bytes = weight_item_bytes(dtype) * parameters + 4 * t * h;
      row.cost.write_bytes = 4 * t * h;
      row.resident_bytes = 4 * (parameters + t * (2 * h + q + 2 * kv + 3 * f));
      row.standard = threads > 1 && s.tensor_parallel == 1 && s.hidden < 1000 &&
                     (tokens == 1 || tokens == 512) && std::string(dtype) == "fp32";
      row.make = [=](const Backend& backend, int copies) -> std::unique_ptr<Case> {
        return std::make_unique<LayerCase>(backend, copies, s, tokens, dtype);
      };
      rows.push_back(row);
    }
}

}  // namespace flm::bench
