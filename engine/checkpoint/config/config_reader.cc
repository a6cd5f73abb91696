#include "engine/checkpoint/config/config_reader.h"

#include <cmath>

#include "base/errors.h"
#include "base/text/printable.h"

namespace flm {
namespace {

std::string short_text(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    const double number = value.get<double>();  // which foreign files may say, and JSON cannot
    return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  }
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

bool switched_off(const Json& value) {
  return value.is_null() || value == false || value == 0 ||
         ((value.is_structured() || value.is_string()) && value.empty()) || value == "";
}

}  // namespace

bool ConfigReader::has(const std::string& key) {
  asked_.insert(key);
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

const Json& ConfigReader::at(const std::string& key) {
  if (has(key)) return object_.at(key);
  const std::string reason =
      "what the model computes cannot be known without it; take the model's own config.json";
  if (contains(key)) refuse(key, reason);
  throw UserError(origin_ + " lacks " + key + ": " + reason);
}

void ConfigReader::refuse(const std::string& key, const std::string& reason) {
  throw UserError(origin_ + ": " + key + " is " +
                  (contains(key) ? short_text(object_.at(key)) : "missing") + ": " + reason);
}

int ConfigReader::integer(const std::string& key, int low) {
  const Json& value = at(key);
  const bool whole = value.is_number_integer();
  if (!whole || value < low || value > 2147483647) {
    refuse(key, "it must be a whole number of at least " + std::to_string(low));
  }
  return value.get<int>();
}

double ConfigReader::number(const std::string& key) {
  const Json& value = at(key);
  if (!value.is_number() || !std::isfinite(value.get<double>()))
    refuse(key, "it must be a finite number");
  return value.get<double>();
}

double ConfigReader::positive(const std::string& key) {
  const double value = number(key);
  if (!(value > 0)) refuse(key, "it must be positive");
  return value;
}

bool ConfigReader::boolean_or(const std::string& key, bool fallback) {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_boolean()) refuse(key, "it must be true or false");
  return value.get<bool>();
}

std::string ConfigReader::text(const std::string& key) {
  const Json& value = at(key);
  if (!value.is_string()) refuse(key, "it must be a string");
  return value.get<std::string>();
}

void ConfigReader::only(const std::string& key, const Json& value) {
  if (has(key) && at(key) != value) refuse(key, "only " + short_text(value) + " is supported");
}

void ConfigReader::refuse_unknown(const std::set<std::string>& harmless,
                                  const std::string& reason) const {
  for (const auto& [key, value] : object_.items()) {
    if (asked_.count(key) || harmless.count(key) || switched_off(value)) continue;
    throw UserError(origin_ + ": unknown key " + key + " = " + short_text(value) + ": " + reason);
  }
}

}  // namespace flm
