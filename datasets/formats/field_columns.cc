#include "datasets/formats/field_columns.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/text/printable.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/times.h"
#include "datasets/formats/whole_numbers.h"

namespace flm {
namespace {

bool has_digit(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// pandas' convert_dates.
bool named_as_dates(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return name.ends_with("_at") || name.ends_with("_time") || name.starts_with("timestamp") ||
         name == "modified" || name == "date" || name == "datetime";
}

/// What pandas' parser of dates could take: no text without a digit, and no number of seconds
/// within 1970.
bool may_be_time(const Json& value) {
  constexpr double kYear = 31536000;
  if (value.is_number()) return value.get<double>() > kYear;
  if (!value.is_string()) return false;
  const std::string& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? number > kYear : text.empty() || has_digit(text);
}

/// A time as the two readers print it alike: ISO 8601 without a zone.
std::optional<std::string> plain_time(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const std::string& text = value.get_ref<const std::string&>();
  const std::size_t clock = text.find_first_of("T ");
  const bool zone = clock != text.npos && text.find_first_of("Z+-", clock) != text.npos;
  return zone ? std::nullopt : printed_iso_time(text);
}

void type_dates(const std::string& name, const Cells<Json>& column, const std::string& origin) {
  if (!every(column, may_be_time)) return;
  for (Json* value : column) {
    const auto time = plain_time(*value);
    if (!time)
      throw UserError(
          origin + ": with `field` the datasets library may read the column " + name +
          " as times, by its name; save the rows as JSON lines, or name it otherwise: " +
          printable(compact_json(*value)));
    *value = *time;
  }
}

/// `gaps`: pandas makes fractions of a column with nothing in a row, before it looks for whole
/// ones.
void type_numbers(const Cells<Json>& column, bool gaps) {
  if (!every(column, is_number)) return;
  if (gaps)
    for (Json* value : column) *value = value->get<double>();
  const bool whole = every(column, fits_whole);
  for (Json* value : column) {
    if (!whole)
      *value = value->get<double>();
    else
      make_whole(*value);
  }
}

}  // namespace

void type_field_columns(std::vector<Json>& rows, const std::string& origin) {
  for (const auto& [name, column] : columns_of(cells_of(rows))) {
    if (named_as_dates(name)) type_dates(name, column, origin);
    type_numbers(column, column.size() < rows.size());
  }
}

}  // namespace flm
