// Values as bytes, between programs that are the same to the bit (Nodes compares them).
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "base/errors.h"
#include "engine/nodes/transport.h"

namespace flm {

class MessageWriter {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(const T& value) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
  }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void put(const std::vector<T>& values) { put_block(values.data(), values.size(), sizeof(T)); }
  void put(const std::string& text) { put_block(text.data(), text.size(), 1); }
  Bytes take() { return std::move(bytes_); }

 private:
  void put_block(const void* data, std::size_t count, std::size_t element) {
    put(static_cast<std::uint64_t>(count));
    if (count == 0) return;
    const std::size_t at = bytes_.size();
    bytes_.resize(at + count * element);
    std::memcpy(bytes_.data() + at, data, count * element);
  }

  Bytes bytes_;
};

/// Takes what was put, in the same order; a message that is shorter is a UserError.
class MessageReader {
 public:
  explicit MessageReader(const Bytes& bytes) : bytes_(bytes) {}

  template <class T>
  requires std::is_trivially_copyable_v<T>
  void take(T& value) { std::memcpy(&value, take_bytes(sizeof value), sizeof value); }
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void take(std::vector<T>& values) {
    const std::size_t count = take_count(sizeof(T));
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), take_bytes(count * sizeof(T)), count * sizeof(T));
  }
  void take(std::string& text) {
    const std::size_t count = take_count(1);
    text.assign(reinterpret_cast<const char*>(take_bytes(count)), count);
  }
  /// Of elements that follow one by one, of at least `least` bytes each.
  std::size_t take_count(std::size_t least) {
    std::uint64_t count = 0;
    take(count);
    if (count > (bytes_.size() - at_) / least) refuse();
    return static_cast<std::size_t>(count);
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  const std::byte* take_bytes(std::size_t count) {
    if (count > bytes_.size() - at_) refuse();
    const std::byte* from = bytes_.data() + at_;
    at_ += count;
    return from;
  }
  [[noreturn]] void refuse() const {
    throw UserError("a message of " + std::to_string(bytes_.size()) +
                    " bytes from another process ends early");
  }

  const Bytes& bytes_;
  std::size_t at_ = 0;
};

}  // namespace flm
