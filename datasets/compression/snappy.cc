#include "datasets/compression/snappy.h"

#include <cstdint>

#include "base/errors.h"

namespace flm {
namespace {

class Snappy {
 public:
  Snappy(std::string_view bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {}

  std::string decompress() {
    const std::uint64_t size = length();
    // The densest element, a copy of 64 bytes, takes 3: a length that says more is not believed.
    if (size > 32 * (std::uint64_t{bytes_.size()} + 1)) damaged();
    out_.reserve(size);
    while (!bytes_.empty()) {
      element();
      if (out_.size() > size) damaged();
    }
    if (out_.size() != size) damaged();
    return std::move(out_);
  }

 private:
  [[noreturn]] void damaged() const {
    throw UserError("damaged snappy data; fetch the file again: " + origin_);
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) damaged();
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }

  std::uint64_t little_endian(std::size_t size) {
    std::uint64_t out = 0;
    const std::string_view part = take(size);
    for (std::size_t i = 0; i < size; ++i)
      out |= std::uint64_t{static_cast<std::uint8_t>(part[i])} << (8 * i);
    return out;
  }

  std::uint64_t length() {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const std::uint64_t next = little_endian(1);
      out |= (next & 127) << shift;
      if (next < 128) return out;
    }
    damaged();
  }

  void element() {
    const std::uint64_t tag = little_endian(1), upper = tag >> 2;
    switch (tag & 3) {
      case 0: {  // the bytes themselves; from 60 on their number follows
        const std::uint64_t size = upper < 60 ? upper : little_endian(upper - 59);
        out_ += take(size + 1);
        return;
      }
      case 1:
        return copy(4 + (upper & 7), (upper >> 3) << 8 | little_endian(1));
      case 2:
        return copy(upper + 1, little_endian(2));
      default:
        return copy(upper + 1, little_endian(4));
    }
  }

  void copy(std::uint64_t size, std::uint64_t back) {
    if (back == 0 || back > out_.size()) damaged();
    for (std::uint64_t i = 0; i < size; ++i) out_ += out_[out_.size() - back];
  }

  std::string_view bytes_;
  const std::string& origin_;
  std::string out_;
};

}  // namespace

std::string snappy_decompress(std::string_view bytes, const std::string& origin) {
  return Snappy(bytes, origin).decompress();
}

}  // namespace flm
