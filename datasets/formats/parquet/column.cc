#include "datasets/formats/parquet/column.h"

#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/utf8.h"
#include "datasets/compression/decompress.h"
#include "datasets/formats/parquet/delta.h"
#include "datasets/formats/parquet/physical_type.h"
#include "datasets/formats/rows.h"
#include "datasets/formats/times.h"

namespace flm {
namespace {

// Numbers of Parquet's parquet.thrift.
enum Page { kDataPage = 0, kIndexPage = 1, kDictionaryPage = 2, kDataPageV2 = 3 };
enum Encoding {
  kPlain = 0,
  kPlainDictionary = 2,
  kRle = 3,
  kDeltaNumbers = 5,
  kDeltaLengths = 6,
  kDeltaTexts = 7,
  kRleDictionary = 8,
  kByteStreamSplit = 9
};

// Entries of a chunk: what any file may have, and what each of its bytes adds. A run of few bytes
// can claim any number of them.
constexpr std::int64_t kEntriesOfAnyFile = 20'000'000, kEntriesOfAByte = 8;

const char* const kConvert =
    "; let the datasets library make its Arrow files (python3 -c 'import datasets; "
    "datasets.load_dataset(ID, NAME)') or save the set as jsonl: ";

class ChunkReader {
 public:
  ChunkReader(const ParquetLeaf& leaf, std::int64_t codec, const std::string& origin,
              ParquetColumn& column)
      : leaf_(leaf), origin_(origin), column_(column), compression_(compression_of(codec)) {}

  /// `file_size` in bytes bounds the entries.
  void read(std::string_view pages, std::int64_t entries, std::size_t file_size) {
    if (entries < 0) damaged();
    const auto most = kEntriesOfAnyFile + kEntriesOfAByte * static_cast<std::int64_t>(file_size);
    if (entries > most)
      refuse("a chunk of " + std::to_string(entries) + " values in a file of " +
             std::to_string(file_size) + " bytes");
    while (entries > 0) {
      const ThriftValue header = read_thrift(pages, origin_);
      const std::int64_t size = header[3].number;
      if (size < 0 || static_cast<std::uint64_t>(size) > pages.size()) damaged();
      const std::string_view body = pages.substr(0, static_cast<std::size_t>(size));
      pages.remove_prefix(body.size());
      if (header[2].number < 0) damaged();
      unpacked_size_ = static_cast<std::uint64_t>(header[2].number);
      switch (header[1].number) {
        case kDictionaryPage:
          read_dictionary(header[7], body);
          break;
        case kDataPage:
          entries -= read_page(header[5], body, entries);
          break;
        case kDataPageV2:
          entries -= read_page_v2(header[8], body, entries);
          break;
        case kIndexPage:
          break;
        default:
          damaged();
      }
    }
  }

 private:
  [[noreturn]] void damaged() const {
    throw UserError("damaged Parquet data in column " + printable(leaf_.name) +
                    "; fetch the file again: " + origin_);
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw UnreadColumn("Parquet column " + printable(leaf_.name) + " is " + what +
                       ", which is not read" + kConvert + origin_);
  }

  /// Number 5 is an older framing of LZ4 that today's writers do not use.
  Compression compression_of(std::int64_t codec) const {
    switch (codec) {
      case 0:
        return Compression::kNone;
      case 1:
        return Compression::kSnappy;
      case 2:
        return Compression::kGzip;
      case 6:
        return Compression::kZstd;
      case 7:
        return Compression::kLz4Block;
      default:
        refuse(codec == 4 ? "compressed with brotli"
                          : "compressed by codec number " + std::to_string(codec));
    }
  }

  /// The page without compression; `before`: bytes of the page that are never compressed.
  std::string decompressed(std::string_view body, std::uint64_t before = 0) const {
    if (before > unpacked_size_) damaged();
    return decompress(compression_, body, unpacked_size_ - before, origin_);
  }

  static std::string_view cut(std::string_view& bytes, std::size_t size) {
    const std::string_view part = bytes.substr(0, size);
    bytes.remove_prefix(part.size());
    return part;
  }

  template <class T>
  T number(std::string_view& bytes) const {
    T value;
    if (bytes.size() < sizeof value) damaged();
    std::memcpy(&value, cut(bytes, sizeof value).data(), sizeof value);
    return value;
  }

  std::uint64_t varint(std::string_view& bytes) const {
    std::uint64_t out = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      const auto next = number<std::uint8_t>(bytes);
      out |= std::uint64_t{next & 127u} << shift;
      if (next < 128) return out;
    }
    damaged();
  }

  /// Parquet's mix of runs and bit-packed groups of eight: `count` numbers of `width` bits.
  std::vector<std::uint32_t> hybrid(std::string_view bytes, int width, std::int64_t count) const {
    std::vector<std::uint32_t> out;
    const auto wanted = static_cast<std::size_t>(count);
    if (width == 0) return std::vector<std::uint32_t>(wanted);
    while (out.size() < wanted) {
      const std::uint64_t head = varint(bytes), times = head >> 1;
      if (head & 1) {
        unpack(bytes, width, times, wanted, out);
      } else {
        std::uint32_t value = 0;
        for (int byte = 0; byte < (width + 7) / 8; ++byte)
          value |= std::uint32_t{number<std::uint8_t>(bytes)} << (8 * byte);
        if (times == 0) damaged();
        out.resize(std::min<std::uint64_t>(wanted, out.size() + times), value);
      }
    }
    return out;
  }

  void unpack(std::string_view& bytes, int width, std::uint64_t groups, std::size_t wanted,
              std::vector<std::uint32_t>& out) const {
    const std::uint64_t size = groups * static_cast<std::uint64_t>(width);
    if (groups == 0 || size > bytes.size()) damaged();
    const std::string_view packed = cut(bytes, size);
    for (std::uint64_t i = 0; i < groups * 8 && out.size() < wanted; ++i) {
      std::uint32_t value = 0;
      for (int b = 0; b < width; ++b) {
        const std::uint64_t bit = i * static_cast<std::uint64_t>(width) + static_cast<unsigned>(b);
        value |=
            (static_cast<std::uint32_t>(static_cast<std::uint8_t>(packed[bit / 8])) >> (bit % 8) &
             1u)
            << b;
      }
      out.push_back(value);
    }
  }

  static int bits_for(int most) {
    int bits = 0;
    while (most >> bits) ++bits;
    return bits;
  }

  /// Levels of a page, added to the column; how many entries have a value.
  std::int64_t add_levels(std::string_view repetition, std::string_view definition,
                          std::int64_t count) {
    const auto add = [&](std::string_view bytes, int most, std::vector<std::uint8_t>& to) {
      for (std::uint32_t level : hybrid(bytes, bits_for(most), count)) {
        if (level > static_cast<std::uint32_t>(most)) damaged();
        to.push_back(static_cast<std::uint8_t>(level));
      }
    };
    const std::size_t before = column_.definition.size();
    add(repetition, leaf_.most_repetition, column_.repetition);
    add(definition, leaf_.most_definition, column_.definition);
    std::int64_t present = 0;
    for (std::size_t i = before; i < column_.definition.size(); ++i)
      present += column_.definition[i] == leaf_.most_definition;
    return present;
  }

  /// A page of version 1 has its levels among the compressed bytes, each with its length.
  std::string_view level_bytes(std::string_view& bytes, int most) const {
    if (most == 0) return {};
    const auto size = number<std::uint32_t>(bytes);
    if (size > bytes.size()) damaged();
    return cut(bytes, size);
  }

  /// pyarrow writes pages of no entries, too.
  std::int64_t checked_count(const ThriftValue& header, std::int64_t left) const {
    const std::int64_t count = header[1].number;
    if (count < 0 || count > left) damaged();
    return count;
  }

  std::int64_t read_page(const ThriftValue& header, std::string_view body, std::int64_t left) {
    const std::int64_t count = checked_count(header, left);
    const std::string whole = decompressed(body);
    std::string_view bytes = whole;
    const std::string_view repetition = level_bytes(bytes, leaf_.most_repetition);
    const std::string_view definition = level_bytes(bytes, leaf_.most_definition);
    add_values(bytes, header[2].number, add_levels(repetition, definition, count));
    return count;
  }

  std::int64_t read_page_v2(const ThriftValue& header, std::string_view body, std::int64_t left) {
    const std::int64_t count = checked_count(header, left);
    const std::int64_t d = header[5].number, r = header[6].number;
    if (d < 0 || r < 0 || static_cast<std::uint64_t>(d) > body.size() ||
        static_cast<std::uint64_t>(r) > body.size() - static_cast<std::uint64_t>(d))
      damaged();
    const std::string_view repetition = cut(body, static_cast<std::size_t>(r));
    const std::string_view definition = cut(body, static_cast<std::size_t>(d));
    const bool plain = header.has(7) && header[7].number == 0;
    const std::string whole = plain || body.empty()
                                  ? std::string(body)
                                  : decompressed(body, static_cast<std::uint64_t>(d + r));
    add_values(whole, header[4].number, add_levels(repetition, definition, count));
    return count;
  }

  void add_values(std::string_view bytes, std::int64_t encoding, std::int64_t count) {
    if (encoding == kPlain) return add_plain(bytes, count, column_.values);
    if (encoding == kRle && leaf_.type == ParquetType::kBoolean) {
      const auto size = number<std::uint32_t>(bytes);
      if (size > bytes.size()) damaged();
      for (std::uint32_t value : hybrid(bytes.substr(0, size), 1, count))
        column_.values.push_back(value != 0);
      return;
    }
    if (encoding == kDeltaNumbers) return add_delta_numbers(bytes, count);
    if (encoding == kDeltaLengths || encoding == kDeltaTexts)
      return add_delta_texts(bytes, count, encoding == kDeltaTexts);
    if (encoding == kByteStreamSplit) return add_split(bytes, count);
    if (encoding != kRleDictionary && encoding != kPlainDictionary)
      refuse("encoded by method number " + std::to_string(encoding));
    if (count == 0) return;
    const auto width = number<std::uint8_t>(bytes);
    if (width > 32) damaged();
    for (std::uint32_t index : hybrid(bytes, width, count)) {
      if (index >= dictionary_.size()) damaged();
      column_.values.push_back(dictionary_[index]);
    }
  }

  /// A number as bytes of the column's width, read as a plain value.
  void add_delta_numbers(std::string_view bytes, std::int64_t count) {
    if (leaf_.type != ParquetType::kInt32 && leaf_.type != ParquetType::kInt64) damaged();
    const std::size_t width = leaf_.type == ParquetType::kInt32 ? 4 : 8;
    for (const std::int64_t value :
         delta_numbers(bytes, static_cast<std::size_t>(count), origin_)) {
      std::string_view plain(reinterpret_cast<const char*>(&value), width);
      column_.values.push_back(plain_value(plain));
    }
  }

  void add_delta_texts(std::string_view bytes, std::int64_t count, bool keeps) {
    if (leaf_.type != ParquetType::kByteArray) damaged();
    const auto wanted = static_cast<std::size_t>(count);
    for (std::string& text :
         keeps ? delta_texts(bytes, wanted, origin_) : delta_length_texts(bytes, wanted, origin_)) {
      if (!utf8_valid(text)) refuse("not text");
      column_.values.push_back(std::move(text));
    }
  }

  /// All first bytes of the values, then all second bytes, and so on.
  void add_split(std::string_view bytes, std::int64_t count) {
    const bool short_type = leaf_.type == ParquetType::kInt32 || leaf_.type == ParquetType::kFloat;
    if (!short_type && leaf_.type != ParquetType::kInt64 && leaf_.type != ParquetType::kDouble)
      damaged();
    const std::size_t width = short_type ? 4 : 8, n = static_cast<std::size_t>(count);
    if (bytes.size() != n * width) damaged();
    for (std::size_t i = 0; i < n; ++i) {
      char value[8];
      for (std::size_t byte = 0; byte < width; ++byte) value[byte] = bytes[byte * n + i];
      std::string_view plain(value, width);
      column_.values.push_back(plain_value(plain));
    }
  }

  void add_plain(std::string_view bytes, std::int64_t count, std::vector<Json>& to) const {
    if (leaf_.type == ParquetType::kBoolean) {
      if (static_cast<std::uint64_t>(count) > 8 * std::uint64_t{bytes.size()}) damaged();
      for (std::int64_t i = 0; i < count; ++i)
        to.push_back((bytes[static_cast<std::size_t>(i / 8)] >> (i % 8) & 1) != 0);
      return;
    }
    for (std::int64_t i = 0; i < count; ++i) to.push_back(plain_value(bytes));
  }

  Json plain_value(std::string_view& bytes) const {
    const bool is_unsigned = leaf_.logical.meaning == ParquetMeaning::kUnsigned;
    switch (leaf_.type) {
      case ParquetType::kInt32:
        return is_unsigned ? Json(number<std::uint32_t>(bytes))
                           : meant(number<std::int32_t>(bytes));
      case ParquetType::kInt64:
        return is_unsigned ? Json(number<std::uint64_t>(bytes))
                           : meant(number<std::int64_t>(bytes));
      case ParquetType::kFloat:
        return static_cast<double>(number<float>(bytes));
      case ParquetType::kDouble:
        return number<double>(bytes);
      case ParquetType::kByteArray:
        break;
      case ParquetType::kInt96:
        refuse("a timestamp of 96 bits (INT96)");
      default:
        refuse("of type number " + std::to_string(leaf_.type));
    }
    const auto size = number<std::uint32_t>(bytes);
    if (size > bytes.size()) damaged();
    const std::string_view text = cut(bytes, size);
    if (!utf8_valid(text)) refuse("not text");
    return std::string(text);
  }

  /// A number, or the date or time that it counts, as Python prints it.
  Json meant(std::int64_t count) const {
    const ParquetLogicalType& logical = leaf_.logical;
    std::optional<std::string> printed;
    if (logical.meaning == ParquetMeaning::kDate)
      printed = printed_date(count);
    else if (logical.meaning == ParquetMeaning::kClock)
      printed = printed_clock(count, logical.per_second);
    else if (logical.meaning == ParquetMeaning::kTimestamp)
      printed = printed_timestamp(count, logical.per_second, logical.utc);
    else
      return count;
    if (!printed)
      refuse("a date or time that Python does not have (" + std::to_string(count) + ")");
    return *printed;
  }

  void read_dictionary(const ThriftValue& header, std::string_view body) {
    const std::int64_t count = header[1].number;
    if (count < 0 || count > kEntriesOfAnyFile) damaged();
    const std::string whole = decompressed(body);
    dictionary_.clear();
    add_plain(whole, count, dictionary_);
  }

  const ParquetLeaf& leaf_;
  const std::string& origin_;
  ParquetColumn& column_;
  Compression compression_;
  std::uint64_t unpacked_size_ = 0;  // of the page that is read
  std::vector<Json> dictionary_;
};

/// What is no number and no text would come out as one.
void check_type(const ParquetLeaf& leaf, const std::string& origin) {
  if (leaf.logical.meaning == ParquetMeaning::kRefused)
    throw UnreadColumn("Parquet column " + printable(leaf.name) + " is " +
                       printable(leaf.logical.name) +
                       ", which is not read; save the set as jsonl: " + origin);
}

}  // namespace

void read_column_chunk(std::string_view file, const ThriftValue& metadata, const ParquetLeaf& leaf,
                       const std::string& origin, ParquetColumn& column) {
  check_type(leaf, origin);
  std::int64_t start = metadata[9].number;
  if (metadata.has(11) && metadata[11].number > 0) start = std::min(start, metadata[11].number);
  if (start < 0 || static_cast<std::uint64_t>(start) > file.size())
    throw UserError("damaged Parquet metadata; fetch the file again: " + origin);
  ChunkReader(leaf, metadata[4].number, origin, column)
      .read(file.substr(static_cast<std::size_t>(start)), metadata[5].number, file.size());
}

}  // namespace flm
