// Reading flatbuffers by hand, every access bounded: what Arrow's metadata is written in.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/errors.h"

namespace flm {

[[noreturn]] inline void damaged_arrow(const std::string& origin) {
  throw UserError("damaged Arrow data; make or fetch the file again: " + origin);
}

/// A table of a flatbuffer. Fields are named by their place in the schema. Offsets that lead
/// outside are UserErrors that name `origin`.
class FlatTable {
 public:
  /// The root table of `bytes`, which must outlive it.
  FlatTable(std::string_view bytes, const std::string& origin)
      : bytes_(bytes), origin_(&origin), position_(0) {
    position_ = follow(0);
  }

  template <class T>
  T scalar(int field, T otherwise) const {
    const std::uint64_t at = place(field);
    return at ? read<T>(at) : otherwise;
  }

  std::string_view text(int field) const {
    const std::uint64_t at = place(field);
    if (!at) return {};
    const std::uint64_t start = follow(at);
    return cut(start + 4, read<std::uint32_t>(start));
  }

  std::optional<FlatTable> table(int field) const {
    const std::uint64_t at = place(field);
    if (!at) return std::nullopt;
    return FlatTable(bytes_, origin_, follow(at));
  }

  /// Number of elements of a vector; 0 where the field is not there.
  std::uint32_t count(int field) const {
    const std::uint64_t at = place(field);
    return at ? read<std::uint32_t>(follow(at)) : 0;
  }

  FlatTable element(int field, std::uint32_t index) const {
    const std::uint64_t at = follow(place(field)) + 4 + std::uint64_t{4} * index;
    return FlatTable(bytes_, origin_, follow(at));
  }

  /// A number inside the element of a vector of scalars or structs of `size` bytes.
  template <class T>
  T in_vector(int field, std::uint32_t index, std::uint32_t size, std::uint32_t offset) const {
    return read<T>(follow(place(field)) + 4 + std::uint64_t{size} * index + offset);
  }

 private:
  FlatTable(std::string_view bytes, const std::string* origin, std::uint64_t position)
      : bytes_(bytes), origin_(origin), position_(position) {}

  std::string_view cut(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at)
      throw UserError("damaged Arrow metadata; make or fetch the file again: " + *origin_);
    return bytes_.substr(at, size);
  }

  template <class T>
  T read(std::uint64_t at) const {
    T value;
    std::memcpy(&value, cut(at, sizeof value).data(), sizeof value);
    return value;
  }

  std::uint64_t follow(std::uint64_t at) const { return at + read<std::uint32_t>(at); }

  /// Where a field lies; 0 where the table has none.
  std::uint64_t place(int field) const {
    const std::int64_t table = static_cast<std::int64_t>(position_) - read<std::int32_t>(position_);
    if (table < 0) cut(bytes_.size(), 1);
    const auto vtable = static_cast<std::uint64_t>(table);
    const std::uint64_t entry = 4 + std::uint64_t{2} * static_cast<std::uint64_t>(field);
    if (entry + 2 > read<std::uint16_t>(vtable)) return 0;
    const auto offset = read<std::uint16_t>(vtable + entry);
    return offset ? position_ + offset : 0;
  }

  std::string_view bytes_;
  const std::string* origin_;
  std::uint64_t position_;
};

}  // namespace flm
