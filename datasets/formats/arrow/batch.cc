#include "datasets/formats/arrow/batch.h"

#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "base/text/utf8.h"
#include "datasets/formats/arrow/body.h"
#include "datasets/formats/times.h"

namespace flm {
namespace {

using Kind = ArrowField::Kind;

/// The columns of one RecordBatch. Nodes and buffers are taken in the order of the fields.
class BatchReader {
 public:
  /// `file_size`: bytes of the whole file.
  BatchReader(const FlatTable& batch, std::string_view body, const ArrowDictionaries& dictionaries,
              std::uint64_t file_size, const std::string& origin)
      : batch_(batch),
        body_(batch, body, origin),
        dictionaries_(dictionaries),
        most_(8 * (file_size + body_.unpacked_bytes())),
        origin_(origin) {}

  std::vector<Json> column(const ArrowField& field) {
    if (!field.dictionary) return plain(field);
    std::vector<Json> values = plain(field.index[0]);
    const auto words = dictionaries_.find(*field.dictionary);
    for (Json& value : values) {
      if (value.is_null()) continue;
      const auto index = value.get<std::uint64_t>();
      if (words == dictionaries_.end() || index >= words->second.size()) damaged_arrow(origin_);
      value = words->second[index];
    }
    return values;
  }

 private:
  /// n bytes hold no more than 8 n values: a length that says more is not believed.
  std::uint64_t checked(std::int64_t length) const {
    if (length < 0 || static_cast<std::uint64_t>(length) > most_) damaged_arrow(origin_);
    return static_cast<std::uint64_t>(length);
  }

  std::uint64_t next_node() {
    if (node_ >= batch_.count(1)) damaged_arrow(origin_);
    return checked(batch_.in_vector<std::int64_t>(1, node_++, 16, 0));
  }

  std::string_view next_buffer() {
    if (buffer_ >= body_.size()) damaged_arrow(origin_);
    return body_[buffer_++];
  }

  template <class T>
  T at(std::string_view buffer, std::uint64_t index) const {
    if (index >= buffer.size() / sizeof(T)) damaged_arrow(origin_);
    T value;
    std::memcpy(&value, buffer.data() + index * sizeof(T), sizeof value);
    return value;
  }

  bool bit(std::string_view buffer, std::uint64_t index) const {
    return at<std::uint8_t>(buffer, index / 8) >> (index % 8) & 1;
  }

  bool is_null(std::string_view validity, std::uint64_t index) const {
    return !validity.empty() && !bit(validity, index);
  }

  std::vector<Json> plain(const ArrowField& field) {
    const std::uint64_t n = next_node();
    if (field.kind == Kind::kNull) return std::vector<Json>(n);
    const std::string_view validity = next_buffer();
    std::vector<Json> values = content(field, n, validity);
    for (std::uint64_t i = 0; i < n; ++i)
      if (is_null(validity, i)) values[i] = nullptr;
    return values;
  }

  std::vector<Json> content(const ArrowField& field, std::uint64_t n, std::string_view validity) {
    if (field.kind == Kind::kUnread) return passed_over(field, n);
    if (field.kind == Kind::kStruct) return structs(field, n);
    if (field.kind == Kind::kFixedList) return fixed_lists(field, n);
    if (field.kind == Kind::kList) return lists(field, n);
    if (field.kind == Kind::kText && field.view) return views(n, validity);
    if (field.kind == Kind::kText) return texts(field, n);
    const std::string_view data = next_buffer();
    std::vector<Json> values(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      if (!is_time(field))
        values[i] = number(field, data, i);
      else if (!is_null(validity, i))  // what lies below a null need not be a time
        values[i] = time(field, data, i);
    }
    return values;
  }

  static bool is_time(const ArrowField& field) {
    return field.kind == Kind::kDate || field.kind == Kind::kClock ||
           field.kind == Kind::kTimestamp;
  }

  /// A date or time as Python prints it.
  Json time(const ArrowField& field, std::string_view data, std::uint64_t i) const {
    constexpr std::int64_t kMillisecondsOfDay = 86'400'000;
    const std::int64_t count =
        field.bits == 32 ? at<std::int32_t>(data, i) : at<std::int64_t>(data, i);
    std::optional<std::string> printed;
    if (field.kind == Kind::kDate)
      printed = printed_date(field.bits == 32 ? count : count / kMillisecondsOfDay);
    else if (field.kind == Kind::kClock)
      printed = printed_clock(count, field.per_second);
    else
      printed = printed_timestamp(count, field.per_second, field.utc);
    if (!printed)
      return unread_value("Arrow column " + field.name +
                          " holds a date or time that Python does not have (" +
                          std::to_string(count) + "); save the set as jsonl: " + origin_);
    return *printed;
  }

  Json number(const ArrowField& field, std::string_view data, std::uint64_t i) const {
    if (field.kind == Kind::kBool) return bit(data, i);
    if (field.kind == Kind::kFloat)
      return field.bits == 32 ? static_cast<double>(at<float>(data, i)) : at<double>(data, i);
    const bool sign = field.kind == Kind::kSigned;
    switch (field.bits) {
      case 8:
        return sign ? Json(at<std::int8_t>(data, i)) : Json(at<std::uint8_t>(data, i));
      case 16:
        return sign ? Json(at<std::int16_t>(data, i)) : Json(at<std::uint16_t>(data, i));
      case 32:
        return sign ? Json(at<std::int32_t>(data, i)) : Json(at<std::uint32_t>(data, i));
      default:
        return sign ? Json(at<std::int64_t>(data, i)) : Json(at<std::uint64_t>(data, i));
    }
  }

  std::uint64_t offset(const ArrowField& field, std::string_view offsets, std::uint64_t i) const {
    return checked(field.wide ? at<std::int64_t>(offsets, i) : at<std::int32_t>(offsets, i));
  }

  Json text(std::string_view data, std::uint64_t begin, std::uint64_t end) const {
    if (begin > end || end > data.size()) damaged_arrow(origin_);
    const std::string_view part = data.substr(begin, end - begin);
    if (!utf8_valid(part)) damaged_arrow(origin_);
    return std::string(part);
  }

  std::vector<Json> texts(const ArrowField& field, std::uint64_t n) {
    const std::string_view offsets = next_buffer(), data = next_buffer();
    std::vector<Json> values(n);
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t begin = offset(field, offsets, i), end = offset(field, offsets, i + 1);
      if (begin < last) damaged_arrow(origin_);  // as in lists()
      values[i] = text(data, begin, end);
      last = end;
    }
    return values;
  }

  /// 16 bytes a value: the length, then the text itself (up to 12 bytes) or prefix, buffer, offset.
  std::vector<Json> views(std::uint64_t n, std::string_view validity) {
    const std::string_view all = next_buffer();
    if (variadic_ >= batch_.count(4)) damaged_arrow(origin_);
    const auto parts = batch_.in_vector<std::int64_t>(4, variadic_++, 8, 0);
    std::vector<std::string_view> buffers;
    for (std::int64_t p = 0; p < parts; ++p) buffers.push_back(next_buffer());
    std::vector<Json> values(n);
    for (std::uint64_t i = 0; i < n; ++i) {
      if (is_null(validity, i)) continue;
      const std::uint64_t size = checked(at<std::int32_t>(all, 4 * i));
      if (size <= 12) {
        if (all.size() / 16 <= i) damaged_arrow(origin_);
        values[i] = text(all, 16 * i + 4, 16 * i + 4 + size);
        continue;
      }
      const auto part = at<std::uint32_t>(all, 4 * i + 2),
                 start = at<std::uint32_t>(all, 4 * i + 3);
      if (part >= buffers.size()) damaged_arrow(origin_);
      values[i] = text(buffers[part], start, start + size);
    }
    return values;
  }

  std::vector<Json> passed_over(const ArrowField& field, std::uint64_t n) {
    for (int b = 0; b < field.buffers; ++b) next_buffer();
    if (field.view) {
      if (variadic_ >= batch_.count(4)) damaged_arrow(origin_);
      const auto parts = batch_.in_vector<std::int64_t>(4, variadic_++, 8, 0);
      for (std::int64_t p = 0; p < parts; ++p) next_buffer();
    }
    for (const ArrowField& child : field.children) column(child);
    return std::vector<Json>(n, unread_value(field.unread));
  }

  static Json slice(std::vector<Json>& members, std::uint64_t begin, std::uint64_t end) {
    Json list = Json::array();
    for (std::uint64_t m = begin; m < end; ++m) list.push_back(members[m]);
    return list;
  }

  std::vector<Json> lists(const ArrowField& field, std::uint64_t n) {
    const std::string_view offsets = next_buffer();
    std::vector<Json> members = column(field.children[0]), values(n);
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t begin = offset(field, offsets, i), end = offset(field, offsets, i + 1);
      // Lists follow one another: overlapping ones would let a small file fill the memory.
      if (begin < last || begin > end || end > members.size()) damaged_arrow(origin_);
      values[i] = slice(members, begin, end);
      last = end;
    }
    return values;
  }

  std::vector<Json> fixed_lists(const ArrowField& field, std::uint64_t n) {
    std::vector<Json> members = column(field.children[0]), values(n);
    const auto size = static_cast<std::uint64_t>(field.list_size);
    if (size > 0 && n > members.size() / size) damaged_arrow(origin_);
    for (std::uint64_t i = 0; i < n; ++i) values[i] = slice(members, i * size, (i + 1) * size);
    return values;
  }

  std::vector<Json> structs(const ArrowField& field, std::uint64_t n) {
    std::vector<Json> values(n, Json::object());
    for (const ArrowField& child : field.children) {
      std::vector<Json> members = column(child);
      if (members.size() < n) damaged_arrow(origin_);
      for (std::uint64_t i = 0; i < n; ++i) values[i][child.name] = std::move(members[i]);
    }
    return values;
  }

  const FlatTable& batch_;
  ArrowBody body_;
  const ArrowDictionaries& dictionaries_;
  std::uint64_t most_;
  const std::string& origin_;
  std::uint32_t node_ = 0, buffer_ = 0, variadic_ = 0;
};

}  // namespace

std::vector<std::vector<Json>> arrow_columns(const std::vector<ArrowField>& fields,
                                             const FlatTable& batch, std::string_view body,
                                             const ArrowDictionaries& dictionaries,
                                             std::uint64_t file_size, const std::string& origin) {
  BatchReader reader(batch, body, dictionaries, file_size, origin);
  std::vector<std::vector<Json>> columns;
  for (const ArrowField& field : fields) columns.push_back(reader.column(field));
  return columns;
}

}  // namespace flm
