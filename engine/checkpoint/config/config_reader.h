// Typed access to the keys of config.json, with errors that name the file and the key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/documents/json.h"

namespace flm {

/// Remembers the keys that were asked for, so that the others can be refused by name.
class ConfigReader {
 public:
  /// `origin` is the path, with the enclosing key where `object` is a nested one.
  ConfigReader(const Json& object, std::string origin)
      : object_(object), origin_(std::move(origin)) {}

  /// Present and not null.
  bool has(const std::string& key);
  /// Present, perhaps null.
  bool contains(const std::string& key) const { return object_.contains(key); }
  bool is_null(const std::string& key) const { return contains(key) && object_.at(key).is_null(); }
  /// A whole number in [low, 2^31).
  int integer(const std::string& key, int low);
  int integer_or(const std::string& key, int low, int fallback) {
    return has(key) ? integer(key, low) : fallback;
  }
  /// Finite.
  double number(const std::string& key);
  double number_or(const std::string& key, double fallback) {
    return has(key) ? number(key) : fallback;
  }
  double positive(const std::string& key);
  double positive_or(const std::string& key, double fallback) {
    return has(key) ? positive(key) : fallback;
  }
  bool boolean_or(const std::string& key, bool fallback);
  std::string text(const std::string& key);
  std::string text_or(const std::string& key, const std::string& fallback) {
    return has(key) ? text(key) : fallback;
  }
  const Json& at(const std::string& key);
  /// A key whose one value says what the model's class does anyway; any other is refused.
  void only(const std::string& key, const Json& value);

  /// UserError for the first key that nobody asked for, unless it is in `harmless` or its value is
  /// null, false, 0 or empty (a switch that is off). It ends with `reason`.
  void refuse_unknown(const std::set<std::string>& harmless,
                      const std::string& reason =
                          "it may change the forward pass, which this "
                          "engine would miss; remove it if it does not") const;

  /// UserError "ORIGIN: KEY is VALUE: REASON".
  [[noreturn]] void refuse(const std::string& key, const std::string& reason);
  const std::string& origin() const { return origin_; }

 private:
  const Json& object_;
  std::string origin_;
  std::set<std::string> asked_;
};

}  // namespace flm
