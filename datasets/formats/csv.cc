#include "datasets/formats/csv.h"

#include "base/errors.h"
#include "base/text/byte_order_mark.h"
#include "base/text/utf8.h"

namespace flm {
namespace {

class Reader {
 public:
  Reader(std::string_view text, char separator, const std::string& origin)
      : text_(without_byte_order_mark(text)), separator_(separator), origin_(origin) {
    if (!utf8_valid(text_)) throw UserError(origin_ + ": not UTF-8; save the table as UTF-8");
  }

  std::vector<CsvRecord> read(std::size_t most) {
    std::vector<CsvRecord> records;
    while (at_ < text_.size() && records.size() < most) {
      pass_blank_line();
      if (at_ >= text_.size()) break;
      if (line_end()) continue;
      records.push_back(record());
    }
    return records;
  }

 private:
  /// pandas passes over a line that has nothing but blanks, too.
  void pass_blank_line() {
    std::size_t end = at_;
    while (end < text_.size() && (text_[end] == ' ' || text_[end] == '\t') &&
           text_[end] != separator_)
      ++end;
    if (end == text_.size() || text_[end] == '\n' || text_[end] == '\r') at_ = end;
  }

  CsvRecord record() {
    CsvRecord out;
    out.line = line_;
    for (;;) {
      out.cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
      if (at_ >= text_.size() || line_end()) return out;
      ++at_;  // the separator
    }
  }

  std::string plain() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n' &&
           text_[at_] != '\r')
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string quoted() {
    const int begin_line = line_;
    std::string out;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) fail(begin_line, "a quoted cell that never closes");
      const char c = text_[at_];
      if (c == '"' && at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        ++at_;
      } else if (c == '"') {
        break;
      }
      if (c == '\n') ++line_;
      out.push_back(c);
    }
    ++at_;
    return out + plain();  // "x"y is xy, as pandas reads it
  }

  bool line_end() {
    if (text_[at_] != '\n' && text_[at_] != '\r') return false;
    at_ += text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n' ? 2 : 1;
    ++line_;
    return true;
  }

  [[noreturn]] void fail(int line, const std::string& what) const {
    throw UserError(origin_ + ":" + std::to_string(line) + ": " + what +
                    "; double the quotes inside a quoted cell");
  }

  std::string_view text_;
  char separator_;
  const std::string& origin_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

std::vector<CsvRecord> parse_csv(std::string_view text, char separator, const std::string& origin,
                                 std::size_t most) {
  return Reader(text, separator, origin).read(most);
}

std::vector<CsvRecord> parse_tsv(std::string_view text, const std::string& origin) {
  text = without_byte_order_mark(text);
  if (!utf8_valid(text)) throw UserError(origin + ": not UTF-8; save the table as UTF-8");
  std::vector<CsvRecord> records;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.empty()) continue;
    CsvRecord record{line, {}};
    for (;;) {
      const std::size_t tab = row.find('\t');
      record.cells.emplace_back(row.substr(0, tab));
      if (tab == std::string_view::npos) break;
      row.remove_prefix(tab + 1);
    }
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace flm
