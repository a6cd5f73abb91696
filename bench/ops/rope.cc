// Rotation, appending to the K/V storage with and without it, and copies within it.
#include <algorithm>
#include <cmath>

#include "bench/cases/buffered_case.h"
#include "bench/ops/causal_batch.h"
#include "bench/ops/ops.h"
#include "engine/cpu/kv_layout.h"

namespace flm::bench {
namespace {

constexpr float kRopeBase = 10000;

/// Rows at positions 0 .. rows-1, heads of q and k beside each other.
class RopeCase : public BufferedCase {
 public:
  RopeCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t heads,
           std::int64_t head_dim)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        heads_(heads),
        half_(head_dim / 2),
        x_(add_in_place(rows * heads * head_dim, 1)) {
    for (std::int64_t i = 0; i < half_; ++i)
      frequencies_.push_back(
          std::pow(kRopeBase, -static_cast<double>(i) / static_cast<double>(half_)));
    table_ = backend.rope_table(frequencies_, 1, rows);
    batch_ = causal_batch(1, rows, rows);
    backend.begin(batch_);
  }
  void call(int copy) override {
    backend_.rope(buffer(copy, x_), heads_ * 2 * half_, static_cast<int>(heads_), batch_.positions,
                  table_);
  }

 protected:
  /// n runs turn by n times the angle; cos and sin of the table are off by half an ulp each time.
  void verify(int copy, int runs, Errors& errors) override {
    const double n = runs, tolerance = kEpsilon * (4 + 2 * n);
    for (std::int64_t r : sampled(rows_, kRowsChecked))
      for (std::int64_t head = 0; head < heads_; ++head)
        for (std::int64_t i = 0; i < half_; ++i) {
          const std::int64_t at = (r * heads_ + head) * 2 * half_ + i;
          const double angle =
              n * static_cast<double>(r) * frequencies_[static_cast<std::size_t>(i)];
          const double a = drawn(copy, x_, at), b = drawn(copy, x_, at + half_);
          const double length = std::hypot(a, b);
          errors.add(buffer(copy, x_)[at], a * std::cos(angle) - b * std::sin(angle),
                     tolerance * length);
          errors.add(buffer(copy, x_)[at + half_], b * std::cos(angle) + a * std::sin(angle),
                     tolerance * length);
        }
  }

 private:
  const Backend& backend_;
  std::int64_t rows_, heads_, half_;
  std::vector<double> frequencies_;
  RopeTable table_;
  PackedBatch batch_;
  int x_;
};

/// Keys and values of consecutive positions into the K/V storage, with `rope` the rotation of q and
/// k before it. Rows are [heads of q][heads of k][heads of v].
class KvAppendCase : public BufferedCase {
 public:
  KvAppendCase(const Backend& backend, int copies, std::int64_t rows, const ModelShape& s,
               bool rotated)
      : BufferedCase(copies),
        backend_(backend),
        s_(s),
        rows_(rows),
        rotated_(rotated),
        batch_(causal_batch(1, rows, rows)),
        qkv_(rotated ? add_in_place(rows * width(), 1) : add_input(rows * width(), 1)),
        keys_(add_output(paged(rows) * s.kv())),
        values_(add_output(paged(rows) * s.kv())) {
    for (std::int64_t i = 0; i < s.head_dim / 2; ++i)
      frequencies_.push_back(
          std::pow(kRopeBase, -2 * static_cast<double>(i) / static_cast<double>(s.head_dim)));
    table_ = backend.rope_table(frequencies_, 1, rows);
    backend.begin(batch_);
  }
  void call(int copy) override {
    float* qkv = buffer(copy, qkv_);
    if (rotated_)
      backend_.rope(qkv, width(), static_cast<int>(s_.heads + s_.kv_heads), batch_.positions,
                    table_);
    backend_.store_kv(batch_, qkv + s_.q(), qkv + s_.q() + s_.kv(), width(), s_.kv(),
                      buffer(copy, keys_), buffer(copy, values_));
  }

 protected:
  /// The last page is filled up here: the storage is whole pages, of which the call writes its
  /// rows.
  void prepare(int copy) override {
    std::fill_n(buffer(copy, keys_), paged(rows_) * s_.kv(), 0.0f);
    std::fill_n(buffer(copy, values_), paged(rows_) * s_.kv(), 0.0f);
  }
  /// Against the rows themselves, which the rows of op `rope` check: here only the places count.
  void verify(int copy, int, Errors& errors) override {
    const float* qkv = buffer(copy, qkv_);
    for (std::int64_t r : sampled(rows_, kRowsChecked))
      for (std::int64_t i = 0; i < s_.kv(); ++i) {
        const float* row = qkv + r * width() + s_.q();
        errors.add(buffer(copy, keys_)[stored_key<float>(r, i, s_.kv())],
                   static_cast<double>(row[i]), 1e-30);
        errors.add(buffer(copy, values_)[stored_value<float>(r, i, s_.kv())],
                   static_cast<double>(row[s_.kv() + i]), 1e-30);
      }
  }

 private:
  static std::int64_t paged(std::int64_t rows) {
    return (rows + kKeyTile - 1) / kKeyTile * kKeyTile;
  }
  std::int64_t width() const { return s_.q() + 2 * s_.kv(); }

  const Backend& backend_;
  const ModelShape s_;
  std::int64_t rows_;
  bool rotated_;
  std::vector<double> frequencies_;
  RopeTable table_;
  PackedBatch batch_;
  int qkv_, keys_, values_;
};

/// A prompt's rows that another has begun with, in a page that the two cannot share: from page to
/// page of the storage.
class KvCopyCase : public BufferedCase {
 public:
  KvCopyCase(const Backend& backend, int copies, std::int64_t rows, std::int64_t width)
      : BufferedCase(copies),
        backend_(backend),
        rows_(rows),
        width_(width),
        pages_((rows + kKeyTile - 1) / kKeyTile),
        keys_(add_in_place(2 * pages_ * kKeyTile * width, 1)),
        values_(add_in_place(2 * pages_ * kKeyTile * width, 1)) {
    for (std::int64_t slot = 0; slot < rows; slot += kKeyTile)
      moves_.push_back({static_cast<std::int32_t>(slot), static_cast<std::int32_t>(copied(slot)),
                        static_cast<std::int32_t>(std::min<std::int64_t>(kKeyTile, rows - slot))});
  }
  void call(int copy) override {
    backend_.copy_kv(moves_, width_, buffer(copy, keys_), buffer(copy, values_));
  }

 protected:
  /// To the bit; what lies behind the last row stays.
  void verify(int copy, int, Errors& errors) override {
    for (std::int64_t r : sampled(pages_ * kKeyTile, kRowsChecked))
      for (std::int64_t i = 0; i < width_; ++i) {
        const std::int64_t from = r < rows_ ? r : copied(r);
        errors.add(buffer(copy, keys_)[stored_key<float>(copied(r), i, width_)],
                   drawn(copy, keys_, stored_key<float>(from, i, width_)), 1e-30);
        errors.add(buffer(copy, values_)[stored_value<float>(copied(r), i, width_)],
                   drawn(copy, values_, stored_value<float>(from, i, width_)), 1e-30);
      }
  }

 private:
  std::int64_t copied(std::int64_t slot) const { return slot + pages_ * kKeyTile; }

  const Backend& backend_;
  std::int64_t rows_, width_, pages_;
  std::vector<KvCopy> moves_;
  int keys_, values_;
};

}  // namespace

void add_rope_rows(const ModelShape& s, int threads, std::vector<Row>& rows) {
  const double heads = static_cast<double>(s.heads + s.kv_heads),
               d = static_cast<double>(s.head_dim), kv = static_cast<double>(s.kv());
  for (std::int64_t tokens : kRowTokens) {
    const double t = static_cast<double>(tokens), turned = t * heads * d;
    const RowAdder add{s, threads, tokens, rows};
    add("rope", {3 * turned, 4 * (turned + t * d), 4 * turned}, 4 * turned,
        maker<RopeCase>(tokens, s.heads + s.kv_heads, s.head_dim));
    add("kv_append", {0, 8 * t * kv, 8 * t * kv}, 4 * t * (heads * d + 3 * kv),
        maker<KvAppendCase>(tokens, s, false));
    add("kv_copy", {0, 8 * t * kv, 8 * t * kv}, 16 * t * kv, maker<KvCopyCase>(tokens, s.kv()));
    add("rope_kv_append",
        {3 * turned, 4 * (turned + t * kv + t * d), 4 * t * (static_cast<double>(s.q()) + 2 * kv)},
        4 * t * (heads * d + 3 * kv), maker<KvAppendCase>(tokens, s, true));
  }
}

}  // namespace flm::bench
