#include "datasets/formats/parquet/arrow_types.h"

#include "base/text/printable.h"
#include "datasets/formats/arrow/flatbuffer.h"
#include "datasets/formats/rows.h"

namespace flm {
namespace {

constexpr int kDeepestField = 32;

// Numbers of Arrow's Schema.fbs and Message.fbs.
enum ArrowType : std::uint8_t { kArrowTimestamp = 10, kArrowInterval = 11, kArrowDuration = 18 };
enum Message { kHeaderType = 1, kHeader = 2 };
constexpr std::uint8_t kSchema = 1;

/// The bytes of a base64 text; what is no base64 ends it.
std::string from_base64(std::string_view text) {
  static constexpr std::string_view kSigns =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (char sign : text) {
    const std::size_t value = kSigns.find(sign);
    if (value == std::string_view::npos) break;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

[[noreturn]] void refuse(const std::string& what, std::string_view name,
                         const std::string& origin) {
  throw UnreadColumn("Parquet column " + printable(name) + " is " + what +
                     ", which is not read; save the set as jsonl: " + origin);
}

void check_field(const FlatTable& field, int depth, const std::string& origin) {
  if (depth > kDeepestField) return;  // the schema of Parquet itself is as deep, and refused
  const auto type = field.scalar<std::uint8_t>(2, 0);
  if (type == kArrowDuration) refuse("a duration", field.text(0), origin);
  if (type == kArrowInterval) refuse("an interval", field.text(0), origin);
  if (const auto details = field.table(3); type == kArrowTimestamp && details) {
    const std::string zone(details->text(1));
    if (!zone.empty() && zone != "UTC" && zone != "+00:00")
      refuse("a time in the zone " + zone, field.text(0), origin);
  }
  for (std::uint32_t c = 0; c < field.count(5); ++c)
    check_field(field.element(5, c), depth + 1, origin);
}

/// Calls `visit` with Arrow's Schema table, where the footer has one.
template <class Visit>
void with_schema(const ThriftValue& footer, const std::string& origin, const Visit& visit) {
  for (const ThriftValue& pair : footer[5].items) {
    if (pair[1].bytes != "ARROW:schema") continue;
    const std::string message = from_base64(pair[2].bytes);
    constexpr std::size_t kPrefix = 8;  // a mark and the size
    if (message.size() <= kPrefix) break;
    const FlatTable table(std::string_view(message).substr(kPrefix), origin);
    const auto schema = table.table(kHeader);
    if (table.scalar<std::uint8_t>(kHeaderType, 0) != kSchema || !schema) break;
    visit(*schema);
  }
}

}  // namespace

std::map<std::string, std::string> unread_arrow_types(const ThriftValue& footer,
                                                      const std::string& origin) {
  std::map<std::string, std::string> unread;
  with_schema(footer, origin, [&](const FlatTable& schema) {
    for (std::uint32_t f = 0; f < schema.count(1); ++f) {
      const FlatTable field = schema.element(1, f);
      try {
        check_field(field, 0, origin);
      } catch (const UnreadColumn& column) {
        unread.emplace(field.text(0), column.what());
      }
    }
  });
  return unread;
}

JsonPlaces json_places_of(const ThriftValue& footer, const std::string& origin) {
  JsonPlaces places;
  with_schema(footer, origin, [&](const FlatTable& schema) { places = json_places(schema); });
  return places;
}

}  // namespace flm
