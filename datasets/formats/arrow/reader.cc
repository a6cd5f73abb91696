#include "datasets/formats/arrow/reader.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "datasets/formats/arrow/batch.h"
#include "datasets/formats/arrow/flatbuffer.h"
#include "datasets/formats/arrow/json_places.h"
#include "datasets/formats/arrow/schema.h"

namespace flm {
namespace {

constexpr std::string_view kMark = "ARROW1";
enum : std::uint8_t { kSchema = 1, kDictionaryBatch = 2, kRecordBatch = 3 };
// Places in Arrow's File.fbs; a Block is {int64 offset, int32 of metadata, int64 of body}.
enum { kFooterSchema = 1, kFooterDictionaries = 2, kFooterBatches = 3, kBlockSize = 24 };

/// The dictionary-encoded field with this id, at any depth.
const ArrowField* find_dictionary(const std::vector<ArrowField>& fields, std::int64_t id) {
  for (const ArrowField& field : fields) {
    if (field.dictionary == id) return &field;
    if (const ArrowField* inner = find_dictionary(field.children, id)) return inner;
  }
  return nullptr;
}

/// A stream of messages, or a file: messages anywhere, and a footer that tells the schema and where
/// they lie.
class ArrowFile {
 public:
  ArrowFile(std::string_view bytes, const std::string& origin) : bytes_(bytes), origin_(origin) {}

  SourceRows rows() {
    if (bytes_.starts_with(kMark)) {
      const FlatTable footer = file_footer();
      set_schema_of(footer);
      for (const int list : {kFooterDictionaries, kFooterBatches})
        for (std::uint32_t b = 0; b < footer.count(list); ++b) read_block(footer, list, b);
    } else {
      rest_ = bytes_;
      while (next_message()) {
      }
    }
    if (!schema_seen_) damaged_arrow(origin_);
    return std::move(rows_);
  }

  /// Known with the fields.
  const JsonPlaces& places_of_json() const { return json_; }

  const std::vector<ArrowField>& fields() {
    rest_ = bytes_;
    if (bytes_.starts_with(kMark)) {
      set_schema_of(file_footer());
    } else {
      while (!schema_seen_ && next_message()) {
      }
    }
    if (!schema_seen_) damaged_arrow(origin_);
    return fields_;
  }

 private:
  FlatTable file_footer() const {
    constexpr std::size_t kTail = sizeof(std::uint32_t) + kMark.size();
    if (bytes_.size() < kMark.size() + kTail || !bytes_.ends_with(kMark)) damaged_arrow(origin_);
    std::uint32_t size;
    std::memcpy(&size, bytes_.data() + bytes_.size() - kTail, sizeof size);
    if (size > bytes_.size() - kTail) damaged_arrow(origin_);
    return FlatTable(bytes_.substr(bytes_.size() - kTail - size, size), origin_);
  }

  void set_schema_of(const FlatTable& footer) {
    const auto schema = footer.table(kFooterSchema);
    if (!schema) damaged_arrow(origin_);
    set_schema(*schema);
  }

  /// The blocks together are no longer than the file: else a small file could fill the memory.
  void read_block(const FlatTable& footer, int list, std::uint32_t b) {
    const auto offset = footer.in_vector<std::uint64_t>(list, b, kBlockSize, 0);
    const auto metadata = footer.in_vector<std::uint32_t>(list, b, kBlockSize, 8);
    const auto body = footer.in_vector<std::uint64_t>(list, b, kBlockSize, 16);
    if (offset > bytes_.size() || body > bytes_.size()) damaged_arrow(origin_);
    blocks_ += metadata + body;
    if (blocks_ > bytes_.size() || metadata + body > bytes_.size() - offset) damaged_arrow(origin_);
    rest_ = bytes_.substr(offset, metadata + body);
    if (!next_message()) damaged_arrow(origin_);
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) damaged_arrow(origin_);
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }

  std::uint32_t take_size() {
    std::uint32_t size;
    std::memcpy(&size, take(4).data(), 4);
    return size;
  }

  bool next_message() {
    if (rest_.empty()) return false;
    std::uint32_t size = take_size();
    if (size == 0xFFFFFFFFu) size = take_size();  // before Arrow 0.15 there was no such mark
    if (size == 0) return false;
    const FlatTable message(take(size), origin_);
    const auto body_size = message.scalar<std::int64_t>(3, 0);
    if (body_size < 0) damaged_arrow(origin_);
    const std::string_view body = take(static_cast<std::uint64_t>(body_size));
    const auto header = message.table(2);
    if (!header) damaged_arrow(origin_);
    switch (message.scalar<std::uint8_t>(1, 0)) {
      case kSchema:
        set_schema(*header);
        break;
      case kDictionaryBatch:
        read_dictionary(*header, body);
        break;
      case kRecordBatch:
        read_batch(*header, body);
        break;
      default:
        damaged_arrow(origin_);
    }
    return true;
  }

  void set_schema(const FlatTable& schema) {
    fields_ = arrow_fields(schema, origin_);
    json_ = json_places(schema);
    schema_seen_ = true;
  }

  void read_dictionary(const FlatTable& header, std::string_view body) {
    const auto id = header.scalar<std::int64_t>(0, 0);
    const auto batch = header.table(1);
    const ArrowField* field = find_dictionary(fields_, id);
    if (!batch || !field) damaged_arrow(origin_);
    ArrowField values = *field;
    values.dictionary.reset();
    std::vector<Json> words = std::move(columns({values}, *batch, body)[0]);
    std::vector<Json>& all = dictionaries_[id];
    if (!header.scalar<std::uint8_t>(2, 0)) all.clear();  // else a delta
    all.insert(all.end(), std::make_move_iterator(words.begin()),
               std::make_move_iterator(words.end()));
  }

  std::vector<std::vector<Json>> columns(const std::vector<ArrowField>& fields,
                                         const FlatTable& batch, std::string_view body) const {
    return arrow_columns(fields, batch, body, dictionaries_, bytes_.size(), origin_);
  }

  void read_batch(const FlatTable& header, std::string_view body) {
    auto values = columns(fields_, header, body);
    const auto n = header.scalar<std::uint64_t>(0, 0);
    // A row takes memory only if it has values.
    if (fields_.empty() ? n > 0 : n != values[0].size()) damaged_arrow(origin_);
    std::vector<Json> rows(n, Json::object());
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      if (values[f].size() != n) damaged_arrow(origin_);
      for (std::uint64_t i = 0; i < n; ++i) rows[i][fields_[f].name] = std::move(values[f][i]);
    }
    for (Json& row : rows) {
      read_json_texts(row, json_, origin_);
      rows_.add(0, std::move(row));
    }
  }

  std::string_view bytes_, rest_;
  const std::string& origin_;
  bool schema_seen_ = false;
  std::uint64_t blocks_ = 0;
  std::vector<ArrowField> fields_;
  JsonPlaces json_;
  ArrowDictionaries dictionaries_;
  SourceRows rows_;
};

ColumnType::Kind kind_of(ArrowField::Kind kind) {
  using From = ArrowField::Kind;
  using To = ColumnType::Kind;
  switch (kind) {
    case From::kNull:
      return To::kNull;
    case From::kBool:
      return To::kTruth;
    case From::kSigned:
    case From::kUnsigned:
      return To::kWhole;
    case From::kFloat:
      return To::kFraction;
    case From::kText:
      return To::kText;
    case From::kList:
    case From::kFixedList:
      return To::kList;
    case From::kStruct:
      return To::kStruct;
    case From::kDate:
      return To::kDate;
    case From::kClock:
      return To::kClock;
    case From::kTimestamp:
      return To::kTimestamp;
    case From::kUnread:
      break;
  }
  return To::kUnread;
}

/// ColumnType::bits.
int counted_bits(const ArrowField& field) {
  using From = ArrowField::Kind;
  const bool counts = field.kind == From::kSigned || field.kind == From::kDate ||
                      field.kind == From::kClock || field.kind == From::kTimestamp;
  return counts && field.bits >= 32 ? field.bits : 0;
}

std::vector<ColumnType> types_of(const std::vector<ArrowField>& fields) {
  std::vector<ColumnType> out;
  for (const ArrowField& field : fields)
    out.push_back({field.name, kind_of(field.kind),
                   field.kind == ArrowField::Kind::kFloat && field.bits == 32, field.per_second,
                   field.utc, counted_bits(field), types_of(field.children)});
  return out;
}

}  // namespace

std::vector<ColumnType> arrow_types(std::string_view bytes, const std::string& origin) {
  ArrowFile file(bytes, origin);
  std::vector<ColumnType> types = types_of(file.fields());
  for (ColumnType& column : types)
    if (file.places_of_json().column(column.name)) column.kind = ColumnType::Kind::kUnread;
  return types;
}

SourceRows arrow_rows(std::string_view bytes, const std::string& origin) {
  return ArrowFile(bytes, origin).rows();
}

}  // namespace flm
