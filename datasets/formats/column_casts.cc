#include "datasets/formats/column_casts.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/formats/arrow_text.h"
#include "datasets/formats/cells.h"
#include "datasets/formats/times.h"
#include "datasets/formats/whole_numbers.h"

namespace flm {
namespace {

using Kind = ColumnType::Kind;
using MaybeCell = std::optional<Json>;

constexpr std::int64_t kMostExact = std::int64_t{1} << 53, kMostExactSingle = 1 << 24;

Json fraction(double value, bool single) {
  return single ? static_cast<double>(static_cast<float>(value)) : value;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// All of a text as a number; Arrow passes over a plus sign before a fraction.
template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = end == text.data() + text.size() && !text.empty();
  return whole && error == std::errc() ? std::optional(value) : std::nullopt;
}

MaybeCell to_fraction(const Json& cell, const ColumnType& to) {
  if (cell.is_boolean()) return cell.get<bool>() ? 1.0 : 0.0;
  if (cell.is_string()) {
    std::string_view text = cell.get_ref<const std::string&>();
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto value = number_in<double>(text);
    return value ? MaybeCell(fraction(*value, to.single)) : std::nullopt;
  }
  if (!cell.is_number()) return std::nullopt;
  const std::int64_t most = to.single ? kMostExactSingle : kMostExact;
  const bool exact = cell.is_number_float() || (cell >= -most && cell <= most);
  return exact ? MaybeCell(fraction(cell.get<double>(), to.single)) : std::nullopt;
}

bool is_time(Kind kind) {
  return kind == Kind::kDate || kind == Kind::kClock || kind == Kind::kTimestamp;
}

constexpr std::int64_t kMillisecondsOfADay = 86'400'000;

/// What Arrow keeps of a time: days since 1970 or milliseconds of them, or its count in its unit.
MaybeCell count_of(const Json& cell, const ColumnType& from) {
  if (!cell.is_string()) return std::nullopt;
  const std::string& text = cell.get_ref<const std::string&>();
  if (from.kind != Kind::kDate) {
    const auto count = counted_time(text, from.per_second);
    return count ? MaybeCell(*count) : std::nullopt;
  }
  const auto days = counted_days(text);
  if (!days) return std::nullopt;
  return from.bits == 32 ? *days : *days * kMillisecondsOfADay;
}

MaybeCell to_whole(const Json& cell, const ColumnType& from) {
  if (is_time(from.kind)) return count_of(cell, from);
  if (cell.is_boolean()) return cell.get<bool>() ? 1 : 0;
  if (cell.is_string()) {
    const auto value = number_in<std::int64_t>(cell.get_ref<const std::string&>());
    return value ? MaybeCell(*value) : std::nullopt;
  }
  if (!fits_whole(cell)) return std::nullopt;
  Json out = cell;
  make_whole(out);
  return out;
}

MaybeCell to_truth(const Json& cell) {
  if (cell.is_number()) return cell.get<double>() != 0;
  if (!cell.is_string()) return std::nullopt;
  const std::string text = lower(cell.get<std::string>());
  if (text != "true" && text != "1" && text != "false" && text != "0") return std::nullopt;
  return text == "true" || text == "1";
}

/// A text is a date where it is written as one and as nothing more.
MaybeCell to_date(const Json& cell, const ColumnType& from, const ColumnType& to) {
  constexpr std::size_t kDate = 10;
  if (from.kind == Kind::kWhole && cell.is_number_integer()) {
    const auto count = cell.get<std::int64_t>();
    const auto text = to.bits == 32 ? printed_date(count) : printed_timestamp(count, 1000, false);
    return text ? MaybeCell(text->substr(0, kDate)) : std::nullopt;
  }
  if (!cell.is_string()) return std::nullopt;
  const std::string text = cell.get<std::string>();
  if (from.kind == Kind::kTimestamp) return text.substr(0, kDate);
  if (text.size() != kDate || !printed_iso_time(text)) return std::nullopt;
  return text;
}

MaybeCell to_clock(const Json& cell, const ColumnType& from, const ColumnType& to) {
  if (from.kind != Kind::kWhole || !cell.is_number_integer()) return std::nullopt;
  const auto text = printed_clock(cell.get<std::int64_t>(), to.per_second);
  return text ? MaybeCell(*text) : std::nullopt;
}

std::string without_zone(std::string text) {
  if (text.ends_with("+00:00")) text.resize(text.size() - 6);
  return text;
}

MaybeCell to_timestamp(const Json& cell, const ColumnType& from, const ColumnType& to) {
  const std::string zone = to.utc ? "+00:00" : "";
  if (from.kind == Kind::kWhole && cell.is_number_integer()) {
    const auto text = printed_timestamp(cell.get<std::int64_t>(), to.per_second, to.utc);
    return text ? MaybeCell(*text) : std::nullopt;
  }
  if (!cell.is_string()) return std::nullopt;
  const std::string text = cell.get<std::string>();
  if (from.kind == Kind::kDate) return text + " 00:00:00" + zone;
  if (from.kind == Kind::kTimestamp) return without_zone(text) + zone;
  const bool zoned = text.size() > 10 && text.find_first_of("Z+-", 10) != std::string::npos;
  if (zoned != to.utc) return std::nullopt;
  const auto time = printed_iso_time(text);
  return time ? MaybeCell(*time + zone) : std::nullopt;
}

MaybeCell cast_cell(const Json& cell, const ColumnType& from, const ColumnType& to) {
  switch (to.kind) {
    case Kind::kText:
      if (auto text = arrow_text(cell, from)) return *text;
      return std::nullopt;
    case Kind::kFraction:
      return to_fraction(cell, to);
    case Kind::kWhole:
      return to_whole(cell, from);
    case Kind::kTruth:
      return to_truth(cell);
    case Kind::kDate:
      return to_date(cell, from, to);
    case Kind::kClock:
      return to_clock(cell, from, to);
    case Kind::kTimestamp:
      return to_timestamp(cell, from, to);
    default:
      return std::nullopt;
  }
}

/// Whether cells of one type have the other one's already.
bool same(const ColumnType& from, const ColumnType& to) {
  return from.kind == to.kind && from.single == to.single && from.utc == to.utc;
}

/// Times and numbers become each other only as whole numbers with a sign and as many bits.
bool casts(const ColumnType& from, const ColumnType& to) {
  const auto is_number = [](Kind kind) {
    return kind == Kind::kWhole || kind == Kind::kFraction || kind == Kind::kTruth;
  };
  const bool counted =
      (is_time(from.kind) && is_number(to.kind)) || (is_number(from.kind) && is_time(to.kind));
  const bool whole = from.kind == Kind::kWhole || to.kind == Kind::kWhole;
  return !counted || (whole && from.bits == to.bits && from.bits != 0);
}

bool is_whole_of(const Json& cell, const ColumnType& to) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return to.bits == 0 || !cell.is_number_unsigned() || cell.get<std::uint64_t>() <= kMost;
}

/// False where a cell does not become one of `to`; no cell is changed then.
bool cast_values(const ColumnType& to, const ColumnType& from, const Cells<Json>& cells) {
  if (same(from, to) && (to.kind != Kind::kWhole || from.bits == to.bits)) return true;
  if (!casts(from, to)) return false;
  std::vector<Json> values;
  values.reserve(cells.size());
  for (const Json* cell : cells) {
    MaybeCell value = cast_cell(*cell, from, to);
    if (!value || (to.kind == Kind::kWhole && !is_whole_of(*value, to))) return false;
    values.push_back(std::move(*value));
  }
  for (std::size_t i = 0; i < cells.size(); ++i) *cells[i] = std::move(values[i]);
  return true;
}

/// Numbers and truth values of a column that is kept as JSON are texts there; its texts would get
/// quotation marks, and are not cast.
bool cast_json(const ColumnType& to, const Cells<Json>& cells) {
  const auto is_bare = [](const Json& cell) { return cell.is_number() || cell.is_boolean(); };
  if (!every(cells, is_bare)) return false;
  ColumnType text;
  text.kind = Kind::kText;
  for (Json* cell : cells) *cell = *arrow_text(*cell, {});
  return cast_values(to, text, cells);
}

bool cast_cells(const ColumnType& to, const ColumnType& from, const Cells<Json>& cells);

using ByName = std::map<std::string, const ColumnType*>;

ByName by_name(const std::vector<ColumnType>& types) {
  ByName out;
  for (const ColumnType& type : types) out.emplace(type.name, &type);
  return out;
}

/// The fields of `objects`, which hold `have`; the names of those that are not cast.
std::vector<std::string> cast_fields(const std::vector<ColumnType>& wanted,
                                     const std::vector<ColumnType>& have,
                                     const Cells<Json>& objects) {
  KeyOrder order;
  for (const ColumnType& type : wanted) order.add(type.name);
  arrange(objects, order);
  auto columns = columns_of(objects);
  const ByName known = by_name(wanted);
  std::vector<std::string> left;
  for (const ColumnType& from : have) {
    const auto to = known.find(from.name);
    if (to != known.end() && !cast_cells(*to->second, from, columns[from.name]))
      left.push_back(from.name);
  }
  return left;
}

bool all_known(const std::vector<ColumnType>& wanted, const std::vector<ColumnType>& have) {
  const ByName known = by_name(wanted);
  return std::all_of(have.begin(), have.end(),
                     [&](const ColumnType& one) { return known.contains(one.name); });
}

/// Cells of a list or an object. A list without items becomes any list, though not another type.
bool cast_holders(const ColumnType& to, const ColumnType& from, const Cells<Json>& cells) {
  if (to.kind != from.kind) return false;
  if (to.kind == Kind::kList)
    return cast_cells(to.inside.at(0), from.inside.at(0), items_of(cells));
  return all_known(to.inside, from.inside) && cast_fields(to.inside, from.inside, cells).empty();
}

bool is_unread(const Json* cell) { return cell->is_binary(); }

/// `cells`: without nulls. Values that are not read say so themselves.
bool cast_cells(const ColumnType& to, const ColumnType& from, const Cells<Json>& cells) {
  if (to.kind == Kind::kUnread || from.kind == Kind::kUnread || cells.empty()) return true;
  if (to.kind == Kind::kJson || from.kind == Kind::kNull) return true;
  if (std::any_of(cells.begin(), cells.end(), is_unread)) return true;
  if (from.kind == Kind::kJson) return cast_json(to, cells);
  if (from.kind == Kind::kList || from.kind == Kind::kStruct) return cast_holders(to, from, cells);
  return cast_values(to, from, cells);
}

}  // namespace

std::vector<std::string> cast_to_types(const std::vector<ColumnType>& wanted,
                                       const std::vector<ColumnType>& have,
                                       std::vector<Json>& rows) {
  return cast_fields(wanted, have, cells_of(rows));
}

}  // namespace flm
