#include "datasets/formats/parquet/reader.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/unread_value.h"
#include "base/errors.h"
#include "datasets/formats/parquet/arrow_types.h"
#include "datasets/formats/parquet/column.h"
#include "datasets/formats/parquet/physical_type.h"

namespace flm {
namespace {

constexpr int kDeepest = 32;

/// Columns of the rows that are not read, and why.
using Unread = std::map<std::string, std::string>;
enum Repetition { kRequired = 0, kOptional = 1, kRepeated = 2 };

[[noreturn]] void damaged(const std::string& origin) {
  throw UserError("damaged Parquet file; fetch it again: " + origin);
}

/// A node of the schema; leaves have a column.
struct Node {
  std::string name;
  int repetition = kRequired;
  int repetition_level = 0, definition_level = 0;  // with this node there
  std::vector<Node> children;
  std::size_t first_leaf = 0, leaves = 0;  // the leaves below, or the node itself
  bool is_leaf = false;
};

/// Walks the list of SchemaElements, which stand parents first.
class SchemaReader {
 public:
  SchemaReader(const std::vector<ThriftValue>& elements, const std::string& origin)
      : elements_(elements), origin_(origin) {}

  Node read() { return node(0, 0, 0); }
  std::vector<ParquetLeaf> leaves;

 private:
  Node node(int repetition, int definition, int depth) {
    if (next_ >= elements_.size() || depth > kDeepest) damaged(origin_);
    const ThriftValue& element = elements_[next_++];
    Node out;
    out.name = element[4].bytes;
    if (depth > 0) out.repetition = static_cast<int>(element[3].number);
    if (out.repetition != kRequired) ++definition;
    if (out.repetition == kRepeated) ++repetition;
    out.repetition_level = repetition;
    out.definition_level = definition;
    out.first_leaf = leaves.size();
    if (element[5].number > 0) {
      for (std::int64_t c = 0; c < element[5].number; ++c)
        out.children.push_back(node(repetition, definition, depth + 1));
    } else if (depth > 0) {
      out.is_leaf = true;
      leaves.push_back({out.name, static_cast<int>(element[1].number),
                        parquet_logical_type(element), repetition, definition});
    }
    out.leaves = leaves.size() - out.first_leaf;
    return out;
  }

  const std::vector<ThriftValue>& elements_;
  const std::string& origin_;
  std::size_t next_ = 0;
};

/// Puts the entries of the leaves together to rows, whose values it takes out of the columns.
class RowAssembler {
 public:
  RowAssembler(std::vector<ParquetColumn>& columns, const std::string& origin)
      : columns_(columns), origin_(origin), entry_(columns.size()), value_(columns.size()) {}

  /// `unread`: children that have no entries; null stands in their place.
  Json fields(const Node& group, const Unread& unread = {}) {
    Json object = Json::object();
    for (const Node& child : group.children) {
      Json& field = object[child.name];
      if (!unread.empty() && unread.count(child.name)) continue;
      field = child.repetition == kRepeated ? members(child) : value(child);
    }
    return object;
  }

 private:
  bool more(const Node& node) const {
    return entry_[node.first_leaf] < columns_[node.first_leaf].definition.size();
  }
  int definition(const Node& node) const {
    if (node.leaves == 0 || !more(node)) damaged(origin_);
    return columns_[node.first_leaf].definition[entry_[node.first_leaf]];
  }
  int repetition(const Node& node) const {
    return columns_[node.first_leaf].repetition[entry_[node.first_leaf]];
  }

  /// One entry of every leaf below, which says that nothing is there.
  void pass(const Node& node) {
    for (std::size_t leaf = node.first_leaf; leaf < node.first_leaf + node.leaves; ++leaf)
      ++entry_[leaf];
  }

  Json value(const Node& node) {
    if (node.repetition == kOptional && definition(node) < node.definition_level) {
      pass(node);
      return nullptr;
    }
    return content(node);
  }

  Json content(const Node& node) {
    if (node.is_leaf) return leaf(node);
    // A list is a group around one repeated node.
    if (node.children.size() == 1 && node.children[0].repetition == kRepeated)
      return members(node.children[0]);
    return fields(node);
  }

  Json leaf(const Node& node) {
    const std::size_t column = node.first_leaf;
    if (definition(node) < node.definition_level ||
        value_[column] >= columns_[column].values.size())
      damaged(origin_);
    ++entry_[column];
    return std::move(columns_[column].values[value_[column]++]);
  }

  Json members(const Node& node) {
    Json list = Json::array();
    if (definition(node) < node.definition_level) {
      pass(node);
      return list;
    }
    do {
      // The usual three levels: list.element, where the repeated group only carries the member.
      list.push_back(!node.is_leaf && node.children.size() == 1 ? value(node.children[0])
                                                                : content(node));
    } while (more(node) && repetition(node) == node.repetition_level);
    return list;
  }

  std::vector<ParquetColumn>& columns_;
  const std::string& origin_;
  std::vector<std::size_t> entry_, value_;
};

ThriftValue read_footer(std::string_view bytes, const std::string& origin) {
  if (bytes.size() < 12 || !bytes.starts_with("PAR1") || !bytes.ends_with("PAR1")) damaged(origin);
  std::uint32_t size;
  std::memcpy(&size, bytes.data() + bytes.size() - 8, 4);
  if (size > bytes.size() - 12) damaged(origin);
  std::string_view footer = bytes.substr(bytes.size() - 8 - size, size);
  return read_thrift(footer, origin);
}

/// Reads the leaves of every column of the rows; one that cannot be read joins `unread`.
std::vector<ParquetColumn> read_columns(std::string_view bytes, const ThriftValue& group,
                                        const Node& schema, const std::vector<ParquetLeaf>& leaves,
                                        const std::string& origin, Unread& unread) {
  std::vector<ParquetColumn> columns(leaves.size());
  for (const Node& child : schema.children) {
    if (unread.count(child.name)) continue;
    try {
      for (std::size_t c = child.first_leaf; c < child.first_leaf + child.leaves; ++c)
        read_column_chunk(bytes, group[1].items[c][3], leaves[c], origin, columns[c]);
    } catch (const UnreadColumn& column) {
      unread.emplace(child.name, column.what());
    }
  }
  return columns;
}

void add_row_group(std::string_view bytes, const ThriftValue& group, const Node& schema,
                   const std::vector<ParquetLeaf>& leaves, const std::string& origin,
                   Unread& unread, SourceRows& rows) {
  if (group[1].items.size() != leaves.size()) damaged(origin);
  auto columns = read_columns(bytes, group, schema, leaves, origin, unread);
  const auto read = std::find_if(schema.children.begin(), schema.children.end(),
                                 [&](const Node& child) { return !unread.count(child.name); });
  if (read == schema.children.end() && !unread.empty()) throw UserError(unread.begin()->second);
  const std::int64_t count = group[3].number;
  // A row has an entry in every column.
  if (read == schema.children.end() || read->leaves == 0 || count < 0 ||
      static_cast<std::uint64_t>(count) > columns[read->first_leaf].definition.size())
    damaged(origin);
  RowAssembler assembler(columns, origin);
  for (std::int64_t i = 0; i < count; ++i) rows.add(0, assembler.fields(schema, unread));
}

using Kind = ColumnType::Kind;

Kind kind_of(const ParquetLeaf& leaf) {
  switch (leaf.logical.meaning) {
    case ParquetMeaning::kText:
      return Kind::kText;
    case ParquetMeaning::kDate:
      return Kind::kDate;
    case ParquetMeaning::kClock:
      return Kind::kClock;
    case ParquetMeaning::kTimestamp:
      return Kind::kTimestamp;
    case ParquetMeaning::kUnsigned:
      return Kind::kWhole;
    case ParquetMeaning::kPlain:
      break;
    default:
      return Kind::kUnread;
  }
  if (leaf.type == ParquetType::kBoolean) return Kind::kTruth;
  if (leaf.type == ParquetType::kInt32 || leaf.type == ParquetType::kInt64) return Kind::kWhole;
  const bool fraction = leaf.type == ParquetType::kFloat || leaf.type == ParquetType::kDouble;
  return fraction ? Kind::kFraction : Kind::kUnread;
}

/// What RowAssembler makes of nodes.
class TypeAssembler {
 public:
  explicit TypeAssembler(const std::vector<ParquetLeaf>& leaves) : leaves_(leaves) {}

  std::vector<ColumnType> fields(const Node& group) const {
    std::vector<ColumnType> out;
    for (const Node& child : group.children) {
      out.push_back(child.repetition == kRepeated ? members(child) : content(child));
      out.back().name = child.name;
    }
    return out;
  }

 private:
  ColumnType content(const Node& node) const {
    if (node.is_leaf) return leaf(leaves_[node.first_leaf]);
    if (node.children.size() == 1 && node.children[0].repetition == kRepeated)
      return members(node.children[0]);
    ColumnType out;
    out.kind = Kind::kStruct;
    out.inside = fields(node);
    return out;
  }
  ColumnType members(const Node& node) const {
    ColumnType out;
    out.kind = Kind::kList;
    out.inside = {content(!node.is_leaf && node.children.size() == 1 ? node.children[0] : node)};
    return out;
  }
  static ColumnType leaf(const ParquetLeaf& leaf) {
    ColumnType out;
    out.kind = kind_of(leaf);
    out.single = leaf.type == ParquetType::kFloat;
    out.per_second = leaf.logical.per_second;
    out.utc = leaf.logical.utc;
    const bool counts = out.kind == Kind::kWhole || out.kind == Kind::kDate ||
                        out.kind == Kind::kClock || out.kind == Kind::kTimestamp;
    if (counts && !leaf.logical.narrow && leaf.logical.meaning != ParquetMeaning::kUnsigned)
      out.bits = leaf.type == ParquetType::kInt32 ? 32 : 64;
    return out;
  }

  const std::vector<ParquetLeaf>& leaves_;
};

}  // namespace

std::vector<ColumnType> parquet_types(std::string_view bytes, const std::string& origin) {
  const ThriftValue footer = read_footer(bytes, origin);
  SchemaReader reader(footer[2].items, origin);
  const Node schema = reader.read();
  std::vector<ColumnType> out = TypeAssembler(reader.leaves).fields(schema);
  const Unread unread = unread_arrow_types(footer, origin);
  const JsonPlaces json = json_places_of(footer, origin);
  for (ColumnType& column : out)
    if (unread.contains(column.name) || json.column(column.name)) column.kind = Kind::kUnread;
  return out;
}

SourceRows parquet_rows(std::string_view bytes, const std::string& origin) {
  const ThriftValue footer = read_footer(bytes, origin);
  SchemaReader reader(footer[2].items, origin);
  const Node schema = reader.read();
  Unread unread = unread_arrow_types(footer, origin);
  SourceRows rows;
  for (const ThriftValue& group : footer[4].items)
    add_row_group(bytes, group, schema, reader.leaves, origin, unread, rows);
  const JsonPlaces json = json_places_of(footer, origin);
  if (json.any())
    for (Json& row : rows.rows) read_json_texts(row, json, origin);
  for (const auto& [name, why] : unread)
    for (Json& row : rows.rows) row[name] = unread_value(why);
  return rows;
}

}  // namespace flm
