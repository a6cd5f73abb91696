// Fields of a protocol buffer, read and written by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace flm {

enum class WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t value = 0;  // of a varint or a fixed number: its bits
  std::string_view bytes;   // of kBytes: into the message
  double as_double() const;
  float as_float() const;
};

/// Goes over the fields of one message; nothing is believed that is not there.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}
  /// Nothing at the end of the message, and where the rest is no field (`broken`).
  std::optional<WireField> next();
  bool broken() const { return broken_; }

 private:
  std::optional<std::uint64_t> varint();
  std::optional<std::string_view> take(std::uint64_t size);
  std::optional<WireField> fail();

  std::string_view rest_;
  bool broken_ = false;
};

void append_varint(std::string& out, std::uint64_t value);
void append_bytes(std::string& out, std::uint32_t number, std::string_view bytes);
void append_double(std::string& out, std::uint32_t number, double value);
void append_float(std::string& out, std::uint32_t number, float value);
void append_integer(std::string& out, std::uint32_t number, std::uint64_t value);

}  // namespace flm
