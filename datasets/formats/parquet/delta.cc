#include "datasets/formats/parquet/delta.h"

#include "base/errors.h"

namespace flm {
namespace {

// Texts that keep much of their forerunners are longer than the page; beyond this it is damage.
constexpr std::size_t kMostText = std::size_t{1} << 30;

class DeltaReader {
 public:
  DeltaReader(std::string_view& bytes, const std::string& origin)
      : bytes_(bytes), origin_(origin) {}

  std::vector<std::int64_t> numbers(std::size_t count) {
    const std::uint64_t block = varint(), parts = varint();
    if (varint() != count || parts == 0 || parts > block || block % parts != 0 ||
        block / parts > kMostInPart)
      damaged();
    std::vector<std::int64_t> out;
    std::uint64_t value = zigzag();
    if (count > 0) out.push_back(static_cast<std::int64_t>(value));
    while (out.size() < count) read_block(block / parts, parts, count, value, out);
    return out;
  }

  std::string_view take(std::uint64_t size) {
    if (size > bytes_.size()) damaged();
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }

  [[noreturn]] void damaged() const {
    throw UserError("damaged Parquet data (delta encoding); fetch the file again: " + origin_);
  }

 private:
  static constexpr std::uint64_t kMostInPart = 1 << 16;  // writers have 32

  std::uint64_t varint() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto next = static_cast<std::uint8_t>(take(1)[0]);
      out |= std::uint64_t{next & 127u} << shift;
      if (next < 128) return out;
    }
    damaged();
  }

  std::uint64_t zigzag() {
    const std::uint64_t coded = varint();
    return coded >> 1 ^ (~(coded & 1) + 1);
  }

  /// The least difference, the width of each part, the parts; those after the last value are not
  /// there.
  void read_block(std::uint64_t in_part, std::uint64_t parts, std::size_t count,
                  std::uint64_t& value, std::vector<std::int64_t>& out) {
    const std::uint64_t least = zigzag();
    const std::string_view widths = take(parts);
    for (std::uint64_t p = 0; p < parts && out.size() < count; ++p) {
      const auto width = static_cast<std::uint8_t>(widths[p]);
      if (width > 64) damaged();
      const std::string_view packed = take((in_part * width + 7) / 8);
      for (std::uint64_t i = 0; i < in_part && out.size() < count; ++i) {
        value += least + bits(packed, i * width, width);
        out.push_back(static_cast<std::int64_t>(value));
      }
    }
  }

  static std::uint64_t bits(std::string_view packed, std::uint64_t first, int width) {
    std::uint64_t out = 0;
    for (int b = 0; b < width; ++b) {
      const std::uint64_t at = first + static_cast<unsigned>(b);
      const auto byte = static_cast<std::uint8_t>(packed[at / 8]);
      out |= std::uint64_t{static_cast<unsigned>(byte) >> (at % 8) & 1u} << b;
    }
    return out;
  }

  std::string_view& bytes_;
  const std::string& origin_;
};

}  // namespace

std::vector<std::int64_t> delta_numbers(std::string_view& bytes, std::size_t count,
                                        const std::string& origin) {
  return DeltaReader(bytes, origin).numbers(count);
}

std::vector<std::string> delta_length_texts(std::string_view bytes, std::size_t count,
                                            const std::string& origin) {
  DeltaReader reader(bytes, origin);
  std::vector<std::string> texts;
  for (const std::int64_t length : reader.numbers(count)) {
    if (length < 0) reader.damaged();
    texts.emplace_back(reader.take(static_cast<std::uint64_t>(length)));
  }
  return texts;
}

std::vector<std::string> delta_texts(std::string_view bytes, std::size_t count,
                                     const std::string& origin) {
  DeltaReader reader(bytes, origin);
  const std::vector<std::int64_t> kept = reader.numbers(count);
  std::vector<std::string> texts = delta_length_texts(bytes, count, origin);
  std::size_t all = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t before = i == 0 ? 0 : texts[i - 1].size();
    if (kept[i] < 0 || static_cast<std::uint64_t>(kept[i]) > before) reader.damaged();
    if (kept[i] > 0) texts[i].insert(0, texts[i - 1], 0, static_cast<std::size_t>(kept[i]));
    all += texts[i].size();
    if (all > kMostText) reader.damaged();
  }
  return texts;
}

}  // namespace flm
