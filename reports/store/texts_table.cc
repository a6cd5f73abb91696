#include "reports/store/texts_table.h"

#include "base/sha256.h"
#include "reports/store/stored_json.h"
#include "reports/store/text_pieces.h"

namespace flm {
namespace {

constexpr std::size_t kShortText = 128;  // bytes
constexpr int kBitsOfByte = 7;           // of a number; the eighth says that more follow

/// LEB128.
void append_number(std::string& out, std::int64_t number) {
  auto rest = static_cast<std::uint64_t>(number);
  for (; rest >> kBitsOfByte != 0; rest >>= kBitsOfByte)
    out += static_cast<char>(0x80 | (rest & 0x7f));
  out += static_cast<char>(rest);
}

/// The number at `at`, which goes behind it; nothing where it has no end.
std::optional<std::int64_t> take_number(const std::string& numbers, std::size_t& at) {
  std::uint64_t number = 0;
  for (int shift = 0; at < numbers.size() && shift < 63; shift += kBitsOfByte) {
    const auto byte = static_cast<unsigned char>(numbers[at++]);
    number |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

/// Where to look for a piece; found is what is equal.
std::int64_t hash_of(std::string_view piece) {
  return std::stoll(sha256_hex(piece).substr(0, 15), nullptr, 16);
}

}  // namespace

TextsWriter::TextsWriter(SqliteDatabase& database)
    : database_(database),
      find_(database, "SELECT id FROM texts WHERE hash = ? AND text = ?"),
      add_(database, "INSERT INTO texts (hash, text) VALUES (?, ?)") {}

void TextsWriter::bind(SqliteStatement& put, const std::string& text) {
  if (text.size() < kShortText) {
    put.bind(text);
    return;
  }
  std::string numbers;
  for (const std::string_view piece : text_pieces(text)) append_number(numbers, number_of(piece));
  put.bind_blob(numbers);
}

std::int64_t TextsWriter::number_of(std::string_view piece) {
  const auto [known, is_new] = known_.try_emplace(std::string(piece), 0);
  if (!is_new) return known->second;
  const std::int64_t hash = hash_of(piece);
  if (find_.bind(hash).bind(piece).step()) {
    known->second = find_.integer();
    find_.reset();
  } else {
    add_.bind(hash).bind(piece).run();
    known->second = database_.last_id();
  }
  return known->second;
}

std::string TextsReader::text(SqliteStatement& row, const std::string& place) {
  if (!row.is_blob()) return row.text();
  const std::string numbers = row.text();
  std::string out;
  for (std::size_t at = 0; at < numbers.size();) {
    const auto number = take_number(numbers, at);
    if (!number) refuse_stored(numbers, "the texts of a document", place);
    out += piece(*number, place);
  }
  return out;
}

const std::string& TextsReader::piece(std::int64_t number, const std::string& place) {
  const auto [known, is_new] = known_.try_emplace(number);
  if (!is_new) return known->second;
  if (!get_) get_.emplace(database_, "SELECT text FROM texts WHERE id = ?");
  if (!get_->bind(number).step())
    refuse_stored(std::to_string(number), "the texts of a document", place);
  known->second = get_->text();
  get_->reset();
  return known->second;
}

}  // namespace flm
