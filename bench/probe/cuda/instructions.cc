#include "bench/probe/cuda/instructions.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/probe/cuda/differences.h"
#include "bench/probe/output.h"
#include "engine/cuda/runtime/device_pool.h"
#include "engine/cuda/runtime/scratch.h"

namespace flm::bench {
namespace {

std::uint16_t bf16_bits(float x) {  // of a value that bf16 holds, or cut
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16);
}
float value_of(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

using Matrix = std::vector<std::uint16_t>;  // bf16, [rows, depth]

/// Both operands and the product on the device.
class Products {
 public:
  explicit Products(const ProductSize& size)
      : size_(size),
        a_(pool_, stream_, 2 * size.rows * size.depth),
        b_(pool_, stream_, 2 * size.columns * size.depth),
        c_(pool_, stream_, 4 * size.rows * size.columns) {}

  void set(const Matrix& a, const Matrix& b) {
    copy_to_device(a_.as<void>(), a.data(), static_cast<std::int64_t>(2 * a.size()), stream_);
    copy_to_device(b_.as<void>(), b.data(), static_cast<std::int64_t>(2 * b.size()), stream_);
    stream_.wait();
  }
  std::vector<float> by_warps(int row_tiles) {
    return fetched([&] {
      multiply_by_warps(stream_, a_.as<void>(), b_.as<void>(), size_, row_tiles, c_.as<float>());
    });
  }
  std::vector<float> by_warpgroups() {
    return fetched([&] {
      multiply_by_warpgroups(stream_, a_.as<void>(), b_.as<void>(), size_, c_.as<float>());
    });
  }

 private:
  std::vector<float> fetched(const std::function<void()>& multiply) {
    clear_on_device(c_.as<void>(), 4 * size_.rows * size_.columns, stream_);
    multiply();
    std::vector<float> c(static_cast<std::size_t>(size_.rows * size_.columns));
    copy_to_host(c.data(), c_.as<void>(), static_cast<std::int64_t>(4 * c.size()), stream_);
    stream_.wait();
    return c;
  }

  ProductSize size_;
  Stream stream_;
  DevicePool pool_{stream_, DevicePool::Takers::kSameStream};
  Scratch a_, b_, c_;
};

std::vector<double> exact_product(const Matrix& a, const Matrix& b, const ProductSize& size) {
  std::vector<double> c;
  for (std::int64_t row = 0; row < size.rows; ++row)
    for (std::int64_t column = 0; column < size.columns; ++column) {
      double sum = 0;
      for (std::int64_t k = 0; k < size.depth; ++k)
        sum += static_cast<double>(value_of(a[static_cast<std::size_t>(row * size.depth + k)])) *
               static_cast<double>(value_of(b[static_cast<std::size_t>(column * size.depth + k)]));
      c.push_back(sum);
    }
  return c;
}

/// -4 .. 4: sums stay below 2^24 up to a depth of a million.
Matrix small_integers(std::int64_t count, std::mt19937& random) {
  Matrix out;
  for (std::int64_t i = 0; i < count; ++i)
    out.push_back(bf16_bits(static_cast<float>(static_cast<int>(random() % 9) - 4)));
  return out;
}
/// Within [-1, 1), all signs and significands.
Matrix reals(std::int64_t count, std::mt19937& random) {
  Matrix out;
  for (std::int64_t i = 0; i < count; ++i)
    out.push_back(bf16_bits(static_cast<float>(random()) * 0x1p-31f - 1.0f));
  return out;
}

bool print_layout(std::ostream& lines, const std::string& name, const std::vector<float>& found,
                  const std::vector<double>& exact) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < found.size(); ++i) wrong += static_cast<double>(found[i]) != exact[i];
  lines << name << (wrong == 0 ? "_layout ok " : "_layout WRONG ") << wrong << "_wrong\n";
  return wrong == 0;
}

/// Whether products of tiles as attention has them are exact.
bool print_tile_layout(std::ostream& lines, int head_dim, std::mt19937& random) {
  constexpr std::int64_t kSide = 64;
  const std::int64_t d = head_dim;
  const Matrix a = small_integers(kSide * d, random), b = small_integers(kSide * d, random);
  Matrix weights(kSide * kSide), columns(d * kSide);  // as exact_product wants them
  for (std::int64_t row = 0; row < kSide; ++row) {
    for (std::int64_t c = 0; c < kSide; ++c)
      weights[static_cast<std::size_t>(row * kSide + c)] =
          a[static_cast<std::size_t>(row * d + c / 16 * 16 % d + c % 16)];
    for (std::int64_t c = 0; c < d; ++c)
      columns[static_cast<std::size_t>(c * kSide + row)] = b[static_cast<std::size_t>(row * d + c)];
  }
  std::vector<double> exact = exact_product(a, b, {kSide, kSide, d});
  const std::vector<double> values = exact_product(weights, columns, {kSide, d, kSide});
  exact.insert(exact.end(), values.begin(), values.end());
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const std::int64_t bytes = 2 * kSide * d;
  const Scratch left(pool, stream, a.data(), bytes), right(pool, stream, b.data(), bytes),
      c(pool, stream, static_cast<std::int64_t>(4 * exact.size()));
  multiply_swizzled_tiles(stream, head_dim, left.as<void>(), right.as<void>(), c.as<float>(),
                          c.as<float>() + kSide * kSide);
  std::vector<float> found(exact.size());
  copy_to_host(found.data(), c.as<void>(), static_cast<std::int64_t>(4 * found.size()), stream);
  stream.wait();
  return print_layout(lines, "wgmma_tile_" + std::to_string(head_dim), found, exact);
}

void print_error(std::ostream& lines, const std::string& name, const std::vector<float>& found,
                 const std::vector<double>& exact) {
  double errors = 0, squares = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const double error = static_cast<double>(found[i]) - exact[i];
    errors += error * error;
    squares += exact[i] * exact[i];
  }
  print_line(lines, name + "_error", std::sqrt(errors / squares), "rms_of_rms");
}

bool compare_products(bool warpgroups, const ProductSize& size, std::ostream& lines) {
  std::mt19937 random(7);
  Products products(size);
  const auto draw = [&](auto&& matrix) {
    const Matrix a = matrix(size.rows * size.depth, random),
                 b = matrix(size.columns * size.depth, random);
    products.set(a, b);
    return exact_product(a, b, size);
  };
  const std::vector<double> whole = draw(small_integers);
  bool right = print_layout(lines, "mma", products.by_warps(1), whole);
  right = print_layout(lines, "mma_two_tiles", products.by_warps(2), whole) && right;
  if (warpgroups) right = print_layout(lines, "wgmma", products.by_warpgroups(), whole) && right;
  for (const int head_dim : {64, 80, 96, 128})
    if (warpgroups) right = print_tile_layout(lines, head_dim, random) && right;
  if (!right) return false;
  const std::vector<double> exact = draw(reals);
  const std::vector<float> one = products.by_warps(1);
  print_error(lines, "mma", one, exact);
  print_differences(lines, "mma_two_tiles", one, products.by_warps(2));
  if (!warpgroups) {
    lines << "wgmma_layout absent not_9.0\n";
    return true;
  }
  const std::vector<float> group = products.by_warpgroups();
  print_error(lines, "wgmma", group, exact);
  print_differences(lines, "wgmma", one, group);
  return true;
}

void print_tally(std::ostream& lines, const std::string& name, Exponential way,
                 const InstructionSizes& sizes) {
  const Stream stream;
  DevicePool pool(stream, DevicePool::Takers::kSameStream);
  const std::uint32_t run = sizes.exponential_run,
                      threads = (sizes.exponential_count + run - 1) / run;
  std::vector<ExponentialTally> tallies(threads);
  const auto bytes = static_cast<std::int64_t>(threads * sizeof(ExponentialTally));
  const Scratch memory(pool, stream, bytes);
  const auto fetch = [&](std::uint32_t first, std::uint32_t count) {
    tally_exponentials(stream, way, first, count, run, memory.as<ExponentialTally>());
    copy_to_host(tallies.data(), memory.as<void>(),
                 static_cast<std::int64_t>((count + run - 1) / run * sizeof(ExponentialTally)),
                 stream);
    stream.wait();
  };
  fetch(0, 1);
  print_line(lines, name + "_error_at_0", tallies[0].worst_relative, "relative");
  fetch(sizes.exponential_first, sizes.exponential_count);
  ExponentialTally all;
  std::int64_t ascents = 0;
  for (const ExponentialTally& tally : tallies) {
    ascents += tally.ascents;
    all.worst_ulps = std::max(all.worst_ulps, tally.worst_ulps);
    all.below = std::max(all.below, tally.below);
    if (tally.worst_relative <= all.worst_relative) continue;
    all.worst_relative = tally.worst_relative;
    all.worst_at = tally.worst_at;
  }
  print_line(lines, name + "_worst_error", all.worst_relative, "relative");
  print_line(lines, name + "_worst_at", static_cast<double>(all.worst_at), "x");
  print_line(lines, name + "_worst_ulps", all.worst_ulps, "ulps");
  lines << name << "_ascents " << ascents << " steps\n";
  print_line(lines, name + "_below_minus_126", static_cast<double>(all.below), "largest");
}

}  // namespace

bool probe_instructions(bool warpgroups, const InstructionSizes& sizes, std::ostream& lines) {
  const bool right = compare_products(warpgroups, sizes.product, lines);
  print_tally(lines, "ex2", Exponential::kInstruction, sizes);
  print_tally(lines, "polynomial", Exponential::kPolynomial, sizes);
  return right;
}

}  // namespace flm::bench
