#include "datasets/formats/csv_types.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "base/errors.h"

namespace flm {
namespace {

bool is_na(const std::string& cell) {
  static const std::set<std::string> words = {"",         "#N/A", "#N/A N/A", "#NA",    "-1.#IND",
                                              "-1.#QNAN", "-NaN", "-nan",     "1.#IND", "1.#QNAN",
                                              "<NA>",     "N/A",  "NA",       "NULL",   "NaN",
                                              "None",     "n/a",  "nan",      "null"};
  return words.count(cell) != 0;
}

std::string_view without_leading_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Without blanks around it and a plus before it.
std::string_view bare_number(std::string_view text) {
  text = without_leading_blanks(text);
  text = text.substr(0, text.find_last_not_of(" \t") + 1);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  return text;
}

enum class Parsed { kNumber, kBeyond, kNoNumber };

template <class Number>
Parsed parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size())
    return Parsed::kNoNumber;
  return error == std::errc() ? Parsed::kNumber : Parsed::kBeyond;
}

Parsed parse_whole(const std::string& cell, std::int64_t& number) {
  return parse(bare_number(cell), number);
}

/// What is too large is infinite, what is too small is 0. What spells NaN and is no word for
/// nothing is no number.
std::optional<double> fraction_of(const std::string& cell) {
  const std::string_view text = bare_number(cell);
  double number = 0;
  const Parsed parsed = parse(text, number);
  if (parsed == Parsed::kNoNumber || std::isnan(number)) return std::nullopt;
  if (parsed == Parsed::kNumber) return number;
  return std::strtod(std::string(text).c_str(), nullptr);
}

std::optional<bool> truth_of(const std::string& cell) {
  if (cell == "True" || cell == "TRUE" || cell == "true") return true;
  if (cell == "False" || cell == "FALSE" || cell == "false") return false;
  return std::nullopt;
}

enum class Whole {
  kSigned,
  kUnsigned,
  kNone,    // another type
  kTexts,   // texts as they are, words for nothing too
  kBeyond,  // of more than 64 bits
};

/// Of a column some of whose whole numbers are beyond int64. pandas looks at a minus alone there,
/// at blanks only before the number, and takes large numbers beside a minus or nothing for texts.
Whole kind_of_large(const std::vector<std::string>& cells) {
  bool minus = false, nothing = false, large = false;
  for (const std::string& cell : cells) {
    std::string_view text = without_leading_blanks(cell);
    if (is_na(cell)) {
      nothing = true;
    } else if (text.starts_with('-')) {
      minus = true;
    } else {
      if (text.starts_with('+')) text.remove_prefix(1);
      std::uint64_t number = 0;
      const Parsed parsed = parse(text, number);
      if (parsed == Parsed::kNoNumber) return Whole::kNone;
      if (parsed == Parsed::kBeyond) return Whole::kBeyond;
      large |= number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    }
  }
  if (large && (minus || nothing)) return Whole::kTexts;
  return minus ? Whole::kBeyond : Whole::kUnsigned;
}

/// The first cell that is no int64 decides.
Whole kind_of_whole(const std::vector<std::string>& cells) {
  for (const std::string& cell : cells) {
    if (is_na(cell)) continue;
    std::int64_t number = 0;
    const Parsed parsed = parse_whole(cell, number);
    if (parsed == Parsed::kNoNumber) return Whole::kNone;
    if (parsed == Parsed::kBeyond) return kind_of_large(cells);
  }
  const bool gaps = std::any_of(cells.begin(), cells.end(), is_na);
  return gaps ? Whole::kNone : Whole::kSigned;
}

bool is_whole(const std::string& cell) {
  std::int64_t number = 0;
  return is_na(cell) || parse_whole(cell, number) != Parsed::kNoNumber;
}

Json whole_number(const std::string& cell, bool is_unsigned) {
  std::uint64_t large = 0;
  std::int64_t number = 0;
  if (is_unsigned && parse(bare_number(cell), large) == Parsed::kNumber) return large;
  parse_whole(cell, number);
  return number;
}

/// Those that are no whole numbers.
std::vector<Json> other_cells(const std::vector<std::string>& cells) {
  bool fractions = true, truths = true;
  for (const std::string& cell : cells) {
    if (is_na(cell)) continue;
    fractions = fractions && fraction_of(cell);
    truths = truths && truth_of(cell);
  }
  std::vector<Json> out;
  for (const std::string& cell : cells) {
    if (is_na(cell))
      out.emplace_back(nullptr);
    else if (fractions)
      out.emplace_back(*fraction_of(cell));
    else
      out.push_back(truths ? Json(*truth_of(cell)) : Json(cell));
  }
  return out;
}

}  // namespace

std::vector<Json> typed_cells(const std::vector<std::string>& cells, const std::string& name,
                              const std::string& origin) {
  const Whole kind = kind_of_whole(cells);
  if (kind == Whole::kNone) return other_cells(cells);
  if (kind == Whole::kBeyond && std::all_of(cells.begin(), cells.end(), is_whole))
    throw UserError(origin + ": whole numbers beyond 64 bits, for which the datasets library has " +
                    "no type; save the table as jsonl with texts there; column: " + name);
  const bool texts = kind == Whole::kTexts || kind == Whole::kBeyond;
  std::vector<Json> out;
  for (const std::string& cell : cells)
    out.push_back(texts ? Json(cell) : whole_number(cell, kind == Whole::kUnsigned));
  return out;
}

ColumnType type_of_cells(const std::vector<Json>& column) {
  using Kind = ColumnType::Kind;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  ColumnType out;
  out.kind = Kind::kFraction;
  for (const Json& cell : column) {
    if (cell.is_string()) out.kind = Kind::kText;
    if (cell.is_boolean()) out.kind = Kind::kTruth;
    if (!cell.is_number_integer()) continue;
    const bool large = cell.is_number_unsigned() && cell.get<std::uint64_t>() > kMost;
    out.bits = large || (out.kind == Kind::kWhole && out.bits == 0) ? 0 : 64;
    out.kind = Kind::kWhole;
  }
  return out;
}

}  // namespace flm
