#include "tasks/native/tab_table.h"

#include <utility>

#include "base/text/utf8.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// Reads line after line. Quotes may hold tabs, doubled quotes and ends of lines, which vanish.
class TabReader {
 public:
  bool read_line(const std::string& line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\r' && state_ != State::kQuoted)
        return line.find_first_not_of('\r', i) == std::string::npos && end_line();
      read(line[i]);
    }
    return end_line();
  }

  std::optional<std::vector<TextRow>> rows() {
    if (state_ == State::kQuoted) {
      save();
      rows_.push_back(std::exchange(row_, {}));
    }
    if (too_long_) return std::nullopt;
    return rows_;
  }

 private:
  enum class State { kRecord, kField, kPlain, kQuoted, kQuoteInQuotes };

  void save() {
    constexpr std::size_t kMostCharacters = 131072;  // csv.field_size_limit()
    too_long_ |= field_.size() > kMostCharacters && utf8_length(field_) > kMostCharacters;
    row_.push_back(std::exchange(field_, {}));
  }

  void read(char c) {
    const bool quoted = state_ == State::kQuoted;
    if (c == '"' && (state_ == State::kRecord || state_ == State::kField)) {
      state_ = State::kQuoted;
    } else if (c == '"' && quoted) {
      state_ = State::kQuoteInQuotes;
    } else if (c == '"' && state_ == State::kQuoteInQuotes) {
      field_ += c;
      state_ = State::kQuoted;
    } else if (c == '\t' && !quoted) {
      save();
      state_ = State::kField;
    } else {
      field_ += c;
      if (!quoted) state_ = State::kPlain;
    }
  }

  bool end_line() {
    if (state_ == State::kQuoted) return true;
    if (state_ != State::kRecord) save();
    rows_.push_back(std::exchange(row_, {}));
    state_ = State::kRecord;
    return true;
  }

  State state_ = State::kRecord;
  std::string field_;
  TextRow row_;
  std::vector<TextRow> rows_;
  bool too_long_ = false;
};

}  // namespace

std::optional<std::vector<TextRow>> tab_separated(const std::string& text) {
  TabReader reader;
  for (const std::string& line : python_split(text, "\n", -1))
    if (!reader.read_line(line)) return std::nullopt;
  return reader.rows();
}

}  // namespace flm
