// The long texts of samples: documents and prompts, in a table of their own where each piece
// stands once. The choices of an item share its prompt, the items of a task their examples, its
// filters their documents, and the checkpoints of a series all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "reports/store/sqlite.h"

namespace flm {

/// Writes within one transaction, as long as which it lives: the pieces that it knows of are there
/// only if that ends well.
class TextsWriter {
 public:
  explicit TextsWriter(SqliteDatabase& database);

  /// A short text as it is (TEXT), a long one as the numbers of its pieces (BLOB).
  void bind(SqliteStatement& put, const std::string& text);

 private:
  std::int64_t number_of(std::string_view piece);

  SqliteDatabase& database_;
  SqliteStatement find_, add_;
  std::unordered_map<std::string, std::int64_t> known_;  // by piece
};

/// Reads what a TextsWriter wrote, and texts as they were written before schema 4.
class TextsReader {
 public:
  explicit TextsReader(SqliteDatabase& database) : database_(database) {}

  /// The next column. UserError where its pieces are not those of `place` ("run ID in FILE").
  std::string text(SqliteStatement& row, const std::string& place);

 private:
  const std::string& piece(std::int64_t number, const std::string& place);

  SqliteDatabase& database_;
  std::optional<SqliteStatement> get_;  // an older store has no such table
  std::unordered_map<std::int64_t, std::string> known_;
};

}  // namespace flm
