// Every operation of a backend on small operands, wherever it computes.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/parallel/communicator.h"

namespace flm::test {

/// Runs each operation once or more and gives back what it made, as bits.
class BackendOperations {
 public:
  explicit BackendOperations(const Backend& backend) : backend_(backend) {}

  std::vector<std::uint32_t> run() {
    begin();
    products();
    rows();
    attention();
    head();
    replays();
    return std::move(bits_);
  }

  static constexpr std::int64_t kRows = 5, kWidth = 16, kOutputs = 24, kVocab = 40;

 private:
  void keep(float x) { bits_.push_back(std::bit_cast<std::uint32_t>(x)); }
  template <std::integral N>
  void keep(N x) {
    bits_.push_back(static_cast<std::uint32_t>(x));
  }

  std::vector<float> values(std::int64_t count) {
    std::vector<float> made;
    while (static_cast<std::int64_t>(made.size()) < count)
      made.push_back(static_cast<float>(random_() % 2001) / 1000 - 1);
    return made;
  }
  /// In the backend's memory.
  Buffer placed(std::int64_t count) {
    Buffer memory = backend_.allocate(4 * count);
    backend_.upload(values(count).data(), count, memory.get());
    return memory;
  }
  void keep(const Buffer& memory, std::int64_t count) {
    std::vector<float> host(static_cast<std::size_t>(count));
    backend_.download(memory.get(), count, host.data());
    for (float x : host) keep(x);
  }
  MatrixSlice slice(std::int64_t rows, std::int64_t columns) {
    stored_.push_back(values(rows * columns));
    return {
        {{DType::kF32, {rows, columns}, reinterpret_cast<const std::byte*>(stored_.back().data())},
         {}},
        0,
        rows,
        0,
        columns};
  }
  std::unique_ptr<PackedWeight> packed(std::int64_t rows, std::int64_t columns) {
    const MatrixSlice one = slice(rows, columns);
    return backend_.pack({&one, 1});
  }

  /// Five rows of one path, slots behind each other.
  void begin() {
    for (int r = 0; r < kRows; ++r) {
      batch_.ids.push_back(r);
      batch_.positions.push_back(r);
      batch_.slots.push_back(r);
      batch_.path_begin.push_back(0);
      batch_.path_count.push_back(1);
    }
    batch_.segments = {{0, 0, kRows}};
    batch_.head_rows = {1, 4};
    backend_.begin(batch_);
    keep(backend_.makes_weights());
    keep(backend_.wants_kv_slots());
    keep(backend_.in_host_memory());
    keep(backend_.kv_element_bytes());
    keep(backend_.head_chunk_bytes());
    keep(backend_.mlp_tile_rows());
    keep(backend_.samples());
    for (char c : backend_.isa()) keep(c);
  }

  void products() {
    const PackedVector norm = backend_.pack_vector(values(kWidth)),
                       bias = backend_.pack_vector(values(kOutputs));
    const auto weight = packed(kOutputs, kWidth);  // behind the vectors
    keep(weight->rows() * weight->columns());
    const Buffer a = placed(kRows * kWidth), gated = placed(kRows * 2 * kWidth),
                 c = placed(kRows * kOutputs), x = placed(kRows * kOutputs),
                 scratch = placed(kRows * kWidth);
    backend_.matmul(Rows{a.get(), kWidth}, kRows, *weight, bias, Assigned{c.get(), kOutputs});
    keep(c, kRows * kOutputs);
    backend_.matmul(Normed{a.get(), norm, 1e-5f, scratch.get()}, kRows, *weight, {},
                    Assigned{c.get(), kOutputs, 0.5f});
    keep(c, kRows * kOutputs);
    backend_.matmul(Gated{gated.get(), scratch.get()}, kRows, *weight, {},
                    Added{x.get(), 1, c.get()});
    keep(x, kRows * kOutputs);
  }

  void rows() {
    const MatrixSlice stored = slice(kVocab, kWidth);
    const auto table = backend_.pack_table(stored);
    const Buffer x = placed(kRows * kWidth), out = placed(kRows * kWidth),
                 wide = placed(kRows * 2 * kWidth);
    backend_.embed(*table, batch_.ids, 0.5f, out.get());
    keep(out, kRows * kWidth);
    backend_.rms_norm(x.get(), kRows, backend_.pack_vector(values(kWidth)), 1e-5f, out.get());
    keep(out, kRows * kWidth);
    backend_.make_gated({wide.get(), nullptr}, kRows, kWidth, out.get());
    keep(out, kRows * kWidth);
    backend_.add_residual(x.get(), out.get(), 0.25f, kRows * kWidth);
    keep(x, kRows * kWidth);
    const PackedVector weight = backend_.pack_vector(values(kWidth));
    backend_.norm_parts(out.get(), kWidth, kRows, 2, kWidth / 2, {weight, 1e-5f});
    keep(out, kRows * kWidth);
    backend_.norm_columns(x.get(), kWidth, kRows, {4, 11}, {weight, 1e-5f}, out.get() + 1, kWidth);
    keep(out, kRows * kWidth);
    const auto alone = make_single_communicator();
    const std::vector<Range> parts = {{0, kWidth}};
    backend_.gather_columns(*alone, {x.get(), kWidth, out.get(), kWidth, kRows, 4, parts});
    keep(out, kRows * kWidth);
    backend_.gather_rows(x.get(), kWidth, batch_.head_rows, out.get());
    keep(out, 2 * kWidth);
  }

  /// Two query heads to one of keys, heads of 16.
  void attention() {
    constexpr std::int64_t kStride = 4 * kWidth, kSlots = 64;
    const Buffer qkv = placed(kRows * kStride);
    const std::vector<double> frequencies = {1, 0.5, 0.25, 0.125, 0.0625, 0.03, 0.01, 0.001};
    const RopeTable table = backend_.rope_table(frequencies, 1, 8);
    backend_.rope(qkv.get(), kStride, 3, batch_.positions, table);
    keep(qkv, kRows * kStride);
    const Buffer keys = placed(kSlots * kWidth), values = placed(kSlots * kWidth);
    backend_.store_kv(batch_, qkv.get() + 2 * kWidth, qkv.get() + 3 * kWidth, kStride, kWidth,
                      keys.get(), values.get());
    AttentionArgs args{qkv.get(), kStride, keys.get(), values.get(), kWidth,
                       2,         1,       kWidth,     0.25f,        true};
    backend_.attention(batch_, args);
    keep(qkv, kRows * kStride);
    const Buffer more_keys = placed(3 * kSlots * kWidth), more_values = placed(3 * kSlots * kWidth);
    const std::vector<KvCopy> copies = {{0, kSlots, 63}, {kSlots, 2 * kSlots, 7}};
    backend_.copy_kv(copies, kWidth, more_keys.get(), more_values.get());
    keep(more_keys, 3 * kSlots * kWidth);
    keep(more_values, 3 * kSlots * kWidth);
  }

  void head() {
    const Buffer logits = placed(kRows * kVocab);
    std::vector<SoftmaxStats> stats(kRows);
    backend_.softmax_stats(logits.get(), kRows, kVocab, stats.data());
    for (const SoftmaxStats& one : stats) keep(one.max), keep(one.sum), keep(one.argmax);
    std::vector<RankedLogit> largest(kRows);
    std::vector<float> shifts, sums(kRows);
    backend_.largest_logits(logits.get(), kRows, kVocab, largest.data());
    for (const auto& [id, value] : largest) keep(id), keep(value), shifts.push_back(value);
    backend_.exp_sums(logits.get(), kRows, kVocab, shifts.data(), sums.data());
    for (const float sum : sums) keep(sum);
    const std::vector<LogitAt> at = {{0, 3}, {4, 39}};
    float picked[2] = {};
    backend_.pick(logits.get(), kVocab, at, picked);
    keep(picked[0]), keep(picked[1]);
    const std::vector<std::int32_t> counts = {0, 2, 1, 0, 3};
    for (const auto& [id, value] : backend_.largest(logits.get(), kVocab, counts))
      keep(id), keep(value);
    if (backend_.samples()) {
      std::vector<SampleQuery> queries(kRows);
      std::vector<SampledToken> tokens(kRows);
      const Sampling greedy;
      for (SampleQuery& query : queries) query = {&greedy, kVocab, batch_.ids, 0, 0};
      backend_.sample(logits.get(), kVocab, queries, tokens.data());
      for (const SampledToken& token : tokens) keep(token.id), keep(token.logprob);
    }
    const std::vector<float> row = values(kVocab);
    const SoftmaxStats one = backend_.softmax_stats_of(row.data(), kVocab);
    keep(one.max), keep(one.sum);
    keep(backend_.exp_of(-0.75f));
  }

  /// The third time from a recording, where the backend records.
  void replays() {
    const Buffer x = placed(kWidth), delta = placed(kWidth);
    const std::vector<std::int64_t> operands = {std::bit_cast<std::int64_t>(x.get())};
    for (int i = 0; i < 3; ++i)
      backend_.replay(operands, [&] { backend_.add_residual(x.get(), delta.get(), 0.5f, kWidth); });
    keep(x, kWidth);
  }

  const Backend& backend_;
  PackedBatch batch_;
  std::mt19937 random_{11};
  std::vector<std::vector<float>> stored_;
  std::vector<std::uint32_t> bits_;
};

}  // namespace flm::test
