// Attention: causal prefill of one sequence, and decode of several over their caches, which may
// begin with the same pages.
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/causal_batch.h"
#include "bench/ops/ops.h"

namespace flm::bench {
namespace {

/// `sequences` of `keys` cached positions each; the last `queries` positions of each are rows. The
/// first `shared` positions are the same ones.
struct AttentionShape {
  std::int64_t sequences, queries, keys, heads, kv_heads, head_dim;
  std::int64_t shared = 0;
  std::int64_t slots() const { return shared + sequences * (keys - shared); }
};

class AttentionCase : public BufferedCase {
 public:
  AttentionCase(const Backend& backend, int copies, const AttentionShape& shape, bool bf16)
      : BufferedCase(copies),
        backend_(backend),
        s_(shape),
        bf16_(bf16),
        batch_(causal_batch(shape.sequences, shape.keys, shape.queries, shape.shared)),
        cached_(causal_batch(1, shape.slots(), shape.slots())),
        queries_(add_in_place(shape.sequences * shape.queries * shape.heads * shape.head_dim, 1)),
        keys_(add_input(shape.slots() * kv(), 1)),
        values_(add_input(shape.slots() * kv(), 1)) {
    backend.begin(batch_);
    const std::int64_t bytes = shape.slots() * kv() * backend.kv_element_bytes();
    for (int copy = 0; stored() && copy < copies; ++copy) {
      stored_keys_.push_back(backend.allocate(bytes));
      stored_values_.push_back(backend.allocate(bytes));
    }
  }
  int most_runs() const override { return 1; }  // the result takes the place of the queries
  void call(int copy) override { attend(copy, buffer(copy, queries_)); }

 protected:
  /// Decode and chunks find K and V as the engine leaves them, in the backend's own order. A device
  /// cuts a batch into tiles at its first attention: that is no part of the time, for it is done
  /// once for all layers.
  void prepare(int copy) override {
    if (!stored()) return;
    backend_.begin(cached_);
    backend_.store_kv(cached_, buffer(copy, keys_), buffer(copy, values_), kv(), kv(),
                      stored_keys_[static_cast<std::size_t>(copy)].get(),
                      stored_values_[static_cast<std::size_t>(copy)].get());
    backend_.begin(batch_);
    if (backend_.in_host_memory()) return;
    const ::flm::Buffer spare = backend_.allocate(size(queries_) * 4);
    backend_.upload(host(copy, queries_), size(queries_), spare.get());
    attend(copy, spare.get());
    float end = 0;
    backend_.download(spare.get(), 1, &end);  // until it is done
  }
  void verify(int copy, int, Errors& errors) override {
    const std::int64_t rows = batch_.rows();
    const auto cost = static_cast<double>(s_.keys * s_.head_dim);
    const auto most = std::max<std::int64_t>(8, static_cast<std::int64_t>(2e7 / cost));
    for (std::int64_t pick : sampled(rows * s_.heads, most))
      verify_head(copy, pick / s_.heads, pick % s_.heads, errors);
  }

 private:
  void attend(int copy, float* queries) {
    AttentionArgs args;
    args.queries = queries;
    args.query_stride = s_.heads * s_.head_dim;
    args.keys = buffer(copy, keys_);
    args.values = buffer(copy, values_);
    args.kv_stride = kv();
    args.heads = static_cast<int>(s_.heads);
    args.kv_heads = static_cast<int>(s_.kv_heads);
    args.head_dim = static_cast<int>(s_.head_dim);
    args.scale = static_cast<float>(scale());
    if (stored()) {
      args.keys = stored_keys_[static_cast<std::size_t>(copy)].get();
      args.values = stored_values_[static_cast<std::size_t>(copy)].get();
      args.stored = true;
    }
    backend_.attention(batch_, args);
  }

  bool stored() const { return s_.queries < s_.keys || backend_.wants_kv_slots(); }
  std::int64_t kv() const { return s_.kv_heads * s_.head_dim; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(s_.head_dim)); }

  /// A score errs by sqrt(d) eps, its weight by as much, relative; weights and values add up over
  /// the keys like a random walk. bf16: a score of about 1 errs by two roundings, the weight and
  /// the value by one each, all independent from key to key.
  void verify_head(int copy, std::int64_t row, std::int64_t head, Errors& errors) {
    const std::int64_t d = s_.head_dim, count = batch_.positions[static_cast<std::size_t>(row)] + 1;
    const std::int64_t column = head / (s_.heads / s_.kv_heads) * d;
    const auto place = [&](std::int64_t j) {
      return slot_of(row / s_.queries, j, s_.keys, s_.shared) * kv() + column;
    };
    const std::int64_t query = (row * s_.heads + head) * d;
    const float* keys = buffer(copy, keys_);
    const float* values = buffer(copy, values_);
    std::vector<double> weights(static_cast<std::size_t>(count)), out(static_cast<std::size_t>(d)),
        sizes(static_cast<std::size_t>(d));
    double sum = 0;
    for (std::int64_t j = 0; j < count; ++j) {
      double score = 0;
      for (std::int64_t i = 0; i < d; ++i)
        score += static_cast<double>(drawn(copy, queries_, query + i)) *
                 static_cast<double>(keys[place(j) + i]);
      sum += weights[static_cast<std::size_t>(j)] = std::exp(score * scale());
    }
    for (std::int64_t j = 0; j < count; ++j)
      for (std::int64_t i = 0; i < d; ++i) {
        const double term =
            weights[static_cast<std::size_t>(j)] / sum * static_cast<double>(values[place(j) + i]);
        out[static_cast<std::size_t>(i)] += term;
        sizes[static_cast<std::size_t>(i)] += term * term;
      }
    const double relative =
        4 * kEpsilon * (std::sqrt(static_cast<double>(d)) + std::sqrt(static_cast<double>(count))) +
        (bf16_ ? 4 * kBf16Epsilon * std::sqrt(4.0 / 12) : 0);
    for (std::int64_t i = 0; i < d; ++i)
      errors.add(buffer(copy, queries_)[query + i], out[static_cast<std::size_t>(i)],
                 relative * std::sqrt(sizes[static_cast<std::size_t>(i)]) + 1e-30);
  }

  const Backend& backend_;
  AttentionShape s_;
  bool bf16_;
  PackedBatch batch_, cached_;
  std::vector<::flm::Buffer> stored_keys_, stored_values_;  // [copy]
  int queries_, keys_, values_;
};

Row attention_row(const std::string& op, const ModelShape& s, int threads, const std::string& text,
                  const AttentionShape& shape, const std::string& dtype = "fp32") {
  const bool bf16 = dtype == "bf16";
  Row row = row_of(op, s, threads, dtype, text);
  const double b = static_cast<double>(shape.sequences), q = static_cast<double>(shape.queries),
               kv = static_cast<double>(shape.keys), d = static_cast<double>(shape.head_dim),
               heads = static_cast<double>(shape.heads),
               groups = static_cast<double>(shape.kv_heads);
  // Of the causal half only: a query sees (2 kv - q) / 2 keys on average.
  const double kv_bytes = bf16 ? 2 : 4;
  row.cost = {2 * b * (2 * kv - q) * q * heads * d,
              (b * 4 * heads * q + kv_bytes * 2 * groups * static_cast<double>(shape.slots())) * d,
              4 * b * heads * q * d};
  row.resident_bytes = row.cost.read_bytes;
  row.make = [shape, bf16](const Backend& backend, int copies) -> std::unique_ptr<Case> {
    return std::make_unique<AttentionCase>(backend, copies, shape, bf16);
  };
  return row;
}

}  // namespace

void add_attention_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const bool small = s.name == "smollm2-135m" || s.name == "52b-tp8";  // head dim 64 and 128
  for (std::int64_t length : {512, 1024, 2048, 4096}) {
    Row row = attention_row("attention_prefill", s, threads, "S:" + std::to_string(length),
                            {1, length, length, s.heads, s.kv_heads, s.head_dim});
    row.standard = small && threads > 1 && (length == 1024 || length == 4096);
    rows.push_back(row);
  }
  Row chunk = attention_row("attention_chunk", s, threads, "q:512/kv:4096",
                            {1, 512, 4096, s.heads, s.kv_heads, s.head_dim});
  chunk.standard = false;
  rows.push_back(chunk);
  for (std::int64_t sequences : {1, 16})
    for (std::int64_t length : {1024, 4096}) {
      Row row = attention_row("attention_decode", s, threads,
                              "B:" + std::to_string(sequences) + "/L:" + std::to_string(length),
                              {sequences, 1, length, s.heads, s.kv_heads, s.head_dim});
      row.standard = small && threads > 1 && length == 1024;
      add_cold_and_hot(row, false, rows);
    }
  for (std::int64_t length : {1024, 4096}) {  // three quarters are a header of all
    Row row =
        attention_row("attention_decode_shared", s, threads, "B:16/L:" + std::to_string(length),
                      {16, 1, length, s.heads, s.kv_heads, s.head_dim, length / 4 * 3});
    row.standard = false;
    add_cold_and_hot(row, false, rows);
  }
}

void add_bf16_attention_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const auto add = [&](const std::string& op, const std::string& text,
                       const AttentionShape& shape) {
    rows.push_back(attention_row(op, s, threads, text, shape, "bf16"));
    rows.back().standard = false;
  };
  for (std::int64_t length : {512, 1024, 2048, 4096, 8192})
    add("attention_prefill", "S:" + std::to_string(length),
        {1, length, length, s.heads, s.kv_heads, s.head_dim});
  for (std::int64_t sequences : {1, 16})
    for (std::int64_t length : {1024, 4096})
      add("attention_decode", "B:" + std::to_string(sequences) + "/L:" + std::to_string(length),
          {sequences, 1, length, s.heads, s.kv_heads, s.head_dim});
}

}  // namespace flm::bench
