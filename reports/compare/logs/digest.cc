#include "reports/compare/logs/digest.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/sha256.h"

namespace flm {
namespace {

constexpr std::string_view kHashed = "sha256:";

bool is_hex(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::uint64_t word(std::string_view hex) {
  std::uint64_t out = 0;
  for (const char c : hex)
    out = out * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  return out;
}

Digest from_hex(std::string_view hex) {
  return {word(hex.substr(0, 16)), word(hex.substr(16, 16))};
}

std::string without_addresses(std::string text) {
  static const std::string kMark = " at 0x";
  for (std::size_t at = 0; (at = text.find(kMark, at)) != std::string::npos;) {
    const std::size_t end = text.find_first_not_of("0123456789abcdefABCDEF", at + kMark.size());
    text.erase(at, (end == std::string::npos ? text.size() : end) - at);
  }
  return text;
}

nlohmann::json canonical(const Json& value) {
  if (value.is_object()) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& [key, member] : value.items())
      if (!member.is_null()) out[key] = canonical(member);
    return out;
  }
  if (value.is_array()) {
    nlohmann::json out = nlohmann::json::array();
    for (const Json& member : value) out.push_back(canonical(member));
    return out;
  }
  if (value.is_string()) return without_addresses(value.get<std::string>());
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number == std::floor(number) && std::fabs(number) < 1e15)
      return static_cast<std::int64_t>(number);
    return number;
  }
  return value;
}

}  // namespace

Digest digest_of(std::string_view text) { return from_hex(sha256_hex(text)); }

Digest digest_of_hex(const std::string& hex) {
  return is_hex(hex) ? from_hex(hex) : digest_of(hex);
}

std::string canonical_text(const Json& value) {
  return canonical(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Digest digest_of_requests(const Json& requests) {
  Sha256 hash;
  std::string last, last_hash;  // the choices of a question share its prompt
  for (const Json& request : requests) {
    for (std::size_t i = 0; i < request.size(); ++i) {
      const Json& argument = request[i];
      if (!argument.is_string()) {
        hash.update(canonical_text(argument) + "\n");
        continue;
      }
      const std::string& text = argument.get_ref<const std::string&>();
      if (i > 0) {
        hash.update(sha256_hex(text) + "\n");
      } else if (text.starts_with(kHashed) &&
                 is_hex(std::string_view(text).substr(kHashed.size()))) {
        hash.update(text.substr(kHashed.size()) + "\n");
      } else {
        if (text != last || last_hash.empty()) {
          last = text;
          last_hash = sha256_hex(text);
        }
        hash.update(last_hash + "\n");
      }
    }
    hash.update("--\n");
  }
  return from_hex(hash.hex());
}

}  // namespace flm
