// Row-wise kernels by vectors and by single elements: widths, strides and addresses that are
// multiples of four and not. fp32 has the CPU backend's bits, bf16 those rounded once.
#include <bit>
#include <cmath>
#include <optional>

#include "engine/backend/backend.h"
#include "engine/cuda/kernels/kernels.h"
#include "engine/cuda/runtime/scratch.h"
#include "tests/engine/cuda/cuda_fixture.h"

namespace flm::test {
namespace {

constexpr std::int64_t kRows = 3;
/// Rows of one block and of several: a block takes 2,048 elements by vectors, 512 one by one.
constexpr std::int64_t kWidths[] = {1, 3, 4, 6, 8, 60, 1023, 1024, 2048, 2052, 4100};
constexpr std::int64_t kOffsets[] = {0, 1, 4};  // of a place, in elements

std::vector<float> drawn(std::int64_t count, std::uint32_t seed) {
  std::mt19937 generator(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(generator()) * 0x1p-29f - 4.0f;
  return values;
}

std::uint16_t rounded(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}
std::vector<std::uint16_t> rounded(const std::vector<float>& values) {
  std::vector<std::uint16_t> out;
  for (float value : values) out.push_back(rounded(value));
  return out;
}

/// Device memory whose first element lies `offset` elements behind what allocations give.
class RowKernels : public ::testing::Test {
 protected:
  template <class T>
  T* room(std::size_t count, std::int64_t offset) {
    const auto bytes = static_cast<std::int64_t>(count * sizeof(T)) + 64;
    taken_.push_back(std::make_unique<Scratch>(*pool_, *stream_, bytes));
    return taken_.back()->as<T>() + offset;
  }
  template <class T>
  T* placed(const std::vector<T>& host, std::int64_t offset) {
    T* memory = room<T>(host.size(), offset);
    copy_to_device(memory, host.data(), static_cast<std::int64_t>(host.size() * sizeof(T)),
                   *stream_);
    return memory;
  }
  template <class T>
  std::vector<T> fetched(const T* memory, std::size_t count) {
    std::vector<T> host(count);
    copy_to_host(host.data(), memory, static_cast<std::int64_t>(count * sizeof(T)), *stream_);
    stream_->wait();
    return host;
  }
  /// visit(width, offset)
  template <class Visit>
  void each_shape(Visit visit) {
    for (const std::int64_t width : kWidths)
      for (const std::int64_t offset : kOffsets) {
        SCOPED_TRACE("width " + std::to_string(width) + " offset " + std::to_string(offset));
        visit(width, offset);
        taken_.clear();
      }
  }

  void SetUp() override {
    FLM_NEED_DEVICE();
    stream_.emplace();
    pool_.emplace(*stream_, DevicePool::Takers::kSameStream);
  }

  std::optional<Stream> stream_;
  std::optional<DevicePool> pool_;
  const std::unique_ptr<Backend> cpu_ = make_cpu_backend(1, "");

 private:
  std::vector<std::unique_ptr<Scratch>> taken_;
};

TEST_F(RowKernels, Activations) {
  for (const Activation kind : {Activation::kSilu, Activation::kGeluTanh, Activation::kSquaredRelu,
                                Activation::kGelu, Activation::kRelu})
    each_shape([&](std::int64_t width, std::int64_t offset) {
      std::vector<float> x = drawn(kRows * 2 * width, 1);
      x[0] = -14;  // where the exponential of GELU ends
      const float* in = placed(x, offset);
      for (const bool alone : {false, true}) {
        std::vector<float> expected(static_cast<std::size_t>(kRows * width));
        cpu_->make_gated({x.data(), nullptr, kind, alone}, kRows, width, expected.data());
        auto* wide = room<float>(expected.size(), offset);
        auto* narrow = room<std::uint16_t>(expected.size(), offset);
        cuda::activate(*stream_, kind, alone, in, kRows, width, {wide, false});
        cuda::activate(*stream_, kind, alone, in, kRows, width, {narrow, true});
        EXPECT_EQ(fetched(wide, expected.size()), expected);
        EXPECT_EQ(fetched(narrow, expected.size()), rounded(expected));
      }
    });
}

TEST_F(RowKernels, RmsNorm) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    const std::vector<float> x = drawn(kRows * width, 1), weight = drawn(width, 2);
    std::vector<float> expected(x.size());
    cpu_->rms_norm(x.data(), kRows, weight, 1e-5f, expected.data());
    const float *in = placed(x, offset), *factor = placed(weight, offset);
    auto* wide = room<float>(x.size(), offset);
    auto* narrow = room<std::uint16_t>(x.size(), offset);
    cuda::rms_norm(*stream_, in, kRows, factor, width, 1e-5f, {wide, false});
    cuda::rms_norm(*stream_, in, kRows, factor, width, 1e-5f, {narrow, true});
    EXPECT_EQ(fetched(wide, x.size()), expected);
    EXPECT_EQ(fetched(narrow, x.size()), rounded(expected));
  });
}

/// Columns of a row's norm are those of the whole: on the CPU and here, with a part that begins and
/// ends inside a vector.
TEST_F(RowKernels, NormsOfColumnsAreThoseOfTheRow) {
  for (const NormKind kind : {NormKind::kRms, NormKind::kLayer})
    each_shape([&](std::int64_t width, std::int64_t offset) {
      const std::vector<float> x = drawn(kRows * width, 1), weight = drawn(width, 2);
      const NormRule rule{weight, 1e-5f, kind, {}};
      std::vector<float> whole = x;
      cpu_->norm_parts(whole.data(), width, kRows, 1, width, rule);
      const Range part = part_of(width, 1, 3);
      std::vector<float> expected, found(static_cast<std::size_t>(kRows * part.size()));
      for (std::int64_t r = 0; r < kRows; ++r)
        expected.insert(expected.end(), whole.begin() + r * width + part.begin,
                        whole.begin() + r * width + part.end);
      cpu_->norm_columns(x.data(), width, kRows, part, rule, found.data(), part.size());
      EXPECT_EQ(found, expected);
      auto* out = room<float>(found.size() + 1, offset);
      cuda::norm_columns(*stream_, placed(x, offset), width, kRows, part.begin, part.end,
                         {placed(weight, offset), nullptr, 1e-5f, kind == NormKind::kLayer}, out,
                         part.size());
      EXPECT_EQ(fetched(out, found.size()), expected);
    });
}

/// Heads of 17 to 256 elements are a warp's each, wider parts a block's; 15 heads leave warps of
/// the last block idle.
TEST_F(RowKernels, NormsOfHeadsAreTheCpusInTheirPlace) {
  constexpr int kHeads = 5;
  for (const NormKind kind : {NormKind::kRms, NormKind::kLayer})
    for (const std::int64_t width : {17, 64, 80, 128, 256, 257, 300})
      for (const bool apart : {false, true}) {
        SCOPED_TRACE("width " + std::to_string(width) + (apart ? " apart" : ""));
        const std::int64_t stride = kHeads * width + 7;  // keys and values lie behind
        std::vector<float> x = drawn(kRows * stride, 1);
        const std::vector<float> weight = drawn(apart ? kHeads * width : width, 2);
        const bool centred = kind == NormKind::kLayer;  // and it alone has a bias
        const std::vector<float> bias =
            drawn(centred ? static_cast<std::int64_t>(weight.size()) : 0, 3);
        float* found = placed(x, 0);
        cuda::norm_parts(
            *stream_, found, stride, kRows, kHeads, width,
            {placed(weight, 0), centred ? placed(bias, 0) : nullptr, 1e-5f, centred, apart},
            {found, false}, stride);
        cpu_->norm_parts(x.data(), stride, kRows, kHeads, width, {weight, 1e-5f, kind, bias});
        EXPECT_EQ(fetched(found, x.size()), x);
      }
}

TEST_F(RowKernels, AddScaledAndBias) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    const std::vector<float> x = drawn(width, 1), delta = drawn(width, 2);
    std::vector<float> scaled, biased;
    for (std::size_t i = 0; i < x.size(); ++i) {
      scaled.push_back(std::fma(0.3f, delta[i], x[i]));
      biased.push_back(x[i] + delta[i]);
    }
    float *sum = placed(x, offset), *row = placed(x, offset);
    const float* added = placed(delta, offset);
    cuda::add_scaled(*stream_, sum, added, 0.3f, width);
    cuda::add_bias(*stream_, row, width, 1, added, width);
    EXPECT_EQ(fetched(sum, x.size()), scaled);
    EXPECT_EQ(fetched(row, x.size()), biased);
  });
}

/// What lies between rows stays.
TEST_F(RowKernels, RowsWithAStride) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    for (const std::int64_t stride : {width, width + 3, width + 4}) {
      const std::vector<float> x = drawn(kRows * stride, 1), bias = drawn(width, 2),
                               factors = drawn(40, 3);
      std::vector<std::int32_t> positions;
      for (std::int32_t r = 0; r < kRows; ++r) positions.push_back((7 * r + 39) % 40);
      std::vector<float> dense, biased = x, scaled = x;
      for (std::int64_t r = 0; r < kRows; ++r)
        for (std::int64_t i = 0; i < width; ++i) {
          const auto at = static_cast<std::size_t>(r * stride + i);
          dense.push_back(x[at]);
          biased[at] = x[at] + bias[static_cast<std::size_t>(i)];
          scaled[at] = x[at] * factors[static_cast<std::size_t>(positions[r])];
        }
      float *rows = placed(x, offset), *grown = placed(x, offset);
      cuda::scale_rows(*stream_, grown, stride, kRows, width, placed(positions, 0),
                       placed(factors, 0));
      EXPECT_EQ(fetched(grown, x.size()), scaled);
      auto* narrow = room<std::uint16_t>(dense.size(), offset);
      auto* copied = room<float>(dense.size(), offset);
      cuda::narrow_rows(*stream_, rows, stride, kRows, width, narrow);
      cuda::copy_rows(*stream_, rows, 4 * stride, kRows, 4 * width, copied);
      cuda::add_bias(*stream_, rows, stride, kRows, placed(bias, offset), width);
      EXPECT_EQ(fetched(narrow, dense.size()), rounded(dense));
      EXPECT_EQ(fetched(copied, dense.size()), dense);
      EXPECT_EQ(fetched(rows, x.size()), biased);
      // bf16 rows, an odd number of them, back to where they lay
      cuda::copy_rows(*stream_, narrow, 2 * width, kRows, 2 * width, rows, 4 * stride);
      const auto back = fetched(reinterpret_cast<const std::uint16_t*>(rows), 2 * x.size());
      for (std::size_t i = 0; i < dense.size(); ++i) {
        const auto row = i / static_cast<std::size_t>(width);
        ASSERT_EQ(
            back[row * 2 * static_cast<std::size_t>(stride) + i % static_cast<std::size_t>(width)],
            rounded(dense[i]));
      }
    }
  });
}

TEST_F(RowKernels, GatherAndEmbed) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    const std::vector<float> table = drawn(7 * width, 1);
    const std::vector<std::uint16_t> narrow = rounded(table);
    const std::vector<std::int32_t> ids = {6, 0, 3};
    std::vector<float> rows, embedded, embedded_bf16;
    for (const std::int32_t id : ids)
      for (std::int64_t i = 0; i < width; ++i) {
        const auto at = static_cast<std::size_t>(id * width + i);
        rows.push_back(table[at]);
        embedded.push_back(table[at] * 1.7f);
        embedded_bf16.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(narrow[at]) << 16) *
                                1.7f);
      }
    float *wide = placed(table, offset), *out = room<float>(rows.size(), offset);
    const std::int32_t* which = placed(ids, 0);
    cuda::gather_rows(*stream_, wide, width, which, kRows, out);
    EXPECT_EQ(fetched(out, rows.size()), rows);
    cuda::embed(*stream_, {wide, false}, width, which, kRows, 1.7f, out);
    EXPECT_EQ(fetched(out, rows.size()), embedded);
    cuda::embed(*stream_, {placed(narrow, offset), true}, width, which, kRows, 1.7f, out);
    EXPECT_EQ(fetched(out, rows.size()), embedded_bf16);
  });
}

/// Ties among the largest, in one thread's vector and far apart.
TEST_F(RowKernels, SoftmaxStats) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    std::vector<float> logits = drawn(kRows * width, 1);
    for (float& logit : logits) logit = std::floor(logit * 4) / 4;
    std::vector<SoftmaxStats> expected(kRows);
    cpu_->softmax_stats(logits.data(), kRows, width, expected.data());
    auto* stats = room<SoftmaxStats>(kRows, 0);
    cuda::softmax_stats(*stream_, placed(logits, offset), kRows, width, stats);
    const auto found = fetched(stats, kRows);
    for (std::size_t r = 0; r < kRows; ++r) {
      EXPECT_EQ(found[r].max, expected[r].max);
      EXPECT_EQ(found[r].sum, expected[r].sum);
      EXPECT_EQ(found[r].argmax, expected[r].argmax);
    }
  });
}

TEST_F(RowKernels, StoreKv) {
  each_shape([&](std::int64_t width, std::int64_t offset) {
    const std::int64_t stride = 2 * width + 4;
    const std::vector<float> rows = drawn(kRows * stride, 1);
    const std::vector<std::int32_t> slots = {4, 0, 2};
    const float* keys = placed(rows, offset);
    const auto count = static_cast<std::size_t>(5 * width);
    auto *wide = room<float>(2 * count, offset), *narrow = room<float>(count, offset);
    auto* narrow_keys = reinterpret_cast<std::uint16_t*>(narrow);
    const std::int32_t* where = placed(slots, 0);
    const std::int64_t wide_end = 5 * width;
    cuda::store_kv(*stream_, keys, keys + width, stride, kRows, width,
                   {where, false, wide, wide + wide_end});
    cuda::store_kv(*stream_, keys, keys + width, stride, kRows, width,
                   {where, true, narrow_keys, narrow_keys + wide_end});
    const auto stored = fetched(wide, 2 * count);
    const auto stored_narrow = fetched(narrow_keys, 2 * count);
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::int64_t i = 0; i < 2 * width; ++i) {
        const float x = rows[r * static_cast<std::size_t>(stride) + static_cast<std::size_t>(i)];
        const auto at =
            static_cast<std::size_t>(i / width * wide_end + slots[r] * width + i % width);
        ASSERT_EQ(stored[at], x) << r << " " << i;
        ASSERT_EQ(stored_narrow[at], rounded(x)) << r << " " << i;
      }
  });
}

/// Heads of `dim` elements in rows [q | k | v], `heads` of q and as many of k and v.
struct Heads {
  std::int64_t heads, dim, offset;
};
class RotatedHeads : public RowKernels, public ::testing::WithParamInterface<Heads> {
 protected:
  static constexpr std::int64_t kPositions = 900;
  const std::vector<std::int32_t> positions_ = {899, 0, 257}, slots_ = {3, 0, 4};
  std::int64_t heads() const { return GetParam().heads; }
  std::int64_t half() const { return GetParam().dim / 2; }
  std::int64_t width() const { return heads() * GetParam().dim; }
  std::int64_t stride() const { return 3 * width() + 4; }

  void SetUp() override {
    RowKernels::SetUp();
    for (std::int64_t i = 0; i < half(); ++i)
      frequencies_.push_back(
          std::pow(10000, -static_cast<double>(i) / static_cast<double>(half())));
    table_ = cpu_->rope_table(frequencies_, 1, kPositions);
    rows_ = drawn(kRows * stride(), 3);
  }
  cuda::Rotation rotation() {
    return {placed(table_.cosines, GetParam().offset), placed(table_.sines, GetParam().offset),
            half(), placed(positions_, 0), GetParam().dim};
  }
  /// The rows after the CPU backend's rotation of q and k.
  std::vector<float> turned() const {
    std::vector<float> rows = rows_;
    cpu_->rope(rows.data(), stride(), static_cast<int>(2 * heads()), positions_, table_);
    return rows;
  }

  std::vector<double> frequencies_;
  RopeTable table_;
  std::vector<float> rows_;  // [kRows, stride]
};

TEST_P(RotatedHeads, RopeHasTheCpuBackendsBits) {
  float* rows = placed(rows_, GetParam().offset);
  cuda::rope(*stream_, rows, stride(), kRows, static_cast<int>(2 * heads()), rotation());
  EXPECT_EQ(fetched(rows, rows_.size()), turned());
}

/// The angle by fp32's cosine and sine, each off by half an ulp, and two roundings of products no
/// longer than the pair; bf16 rounds once more.
TEST_P(RotatedHeads, KeysAreTurnedOnTheirWayToTheirSlots) {
  const float* rows = placed(rows_, GetParam().offset);
  const auto count = static_cast<std::size_t>(5 * width());
  auto *keys = room<float>(count, GetParam().offset), *values = room<float>(count, 0);
  auto *narrow_keys = room<std::uint16_t>(count, 0),
       *narrow_values = room<std::uint16_t>(count, GetParam().offset);
  const std::int32_t* slots = placed(slots_, 0);
  const auto store = [&](const cuda::KvSlots& to) {
    cuda::rope_store_kv(*stream_, rows + width(), rows + 2 * width(), stride(), kRows,
                        static_cast<int>(heads()), rotation(), to);
  };
  store({slots, false, keys, values});
  store({slots, true, narrow_keys, narrow_values});
  EXPECT_EQ(fetched(rows, rows_.size()), rows_) << "the rows stay";
  const auto wide = fetched(keys, count), wide_values = fetched(values, count);
  const auto narrow = fetched(narrow_keys, count), values_bf16 = fetched(narrow_values, count);
  const std::vector<float> expected = turned();
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::int64_t i = 0; i < width(); ++i) {
      const auto from = static_cast<std::size_t>(static_cast<std::int64_t>(r) * stride() + width() +
                                                 i),
                 value = from + static_cast<std::size_t>(width()),
                 at = static_cast<std::size_t>(slots_[r] * width() + i);
      ASSERT_EQ(wide[at], expected[from]) << r << " " << i;
      ASSERT_EQ(narrow[at], rounded(expected[from])) << r << " " << i;
      ASSERT_EQ(wide_values[at], rows_[value]) << r << " " << i;
      ASSERT_EQ(values_bf16[at], rounded(rows_[value])) << r << " " << i;
      const std::int64_t pair = i % half();
      const bool second = i / half() % 2 == 1;
      const std::size_t low = second ? from - static_cast<std::size_t>(half()) : from;
      const double angle = positions_[r] * frequencies_[static_cast<std::size_t>(pair)],
                   a = rows_[low], b = rows_[low + static_cast<std::size_t>(half())];
      const double exact = second ? a * std::sin(angle) + b * std::cos(angle)
                                  : a * std::cos(angle) - b * std::sin(angle);
      ASSERT_NEAR(wide[at], exact, 3 * 0x1p-24 * (std::abs(a) + std::abs(b))) << r << " " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RotatedHeads,
                         ::testing::Values(Heads{1, 2, 0}, Heads{3, 8, 0}, Heads{3, 10, 0},
                                           Heads{40, 16, 0}, Heads{5, 24, 4}, Heads{2, 64, 1},
                                           Heads{17, 80, 0}, Heads{9, 128, 0}, Heads{3, 128, 1},
                                           Heads{6, 250, 0}, Heads{5, 256, 4}),
                         [](const auto& shape) {
                           return "h" + std::to_string(shape.param.heads) + "d" +
                                  std::to_string(shape.param.dim) + "o" +
                                  std::to_string(shape.param.offset);
                         });

}  // namespace
}  // namespace flm::test
