#include "reports/store/text_pieces.h"

#include <algorithm>

namespace flm {
namespace {

constexpr std::string_view kBlankLine = R"(\n\n)";  // as JSON writes it
constexpr std::string_view kNextString = R"(",")";
constexpr std::string_view kFirstRequest = R"([[")";
constexpr std::string_view kNextRequest = R"(],[")";

constexpr std::size_t kLeastPiece = 64;  // bytes; one costs about 40 more
constexpr std::size_t kPiecesADoubling = 64;

/// The pieces of one text, as they are found from its beginning on.
class Cutter {
 public:
  explicit Cutter(std::string_view text) : text_(text) {}

  std::vector<std::string_view> pieces() {
    if (text_.starts_with(kFirstRequest)) begin_of_string(kFirstRequest.size());
    for (std::size_t at = 0; at < text_.size(); ++at) {
      if (text_[at] != '\\' && text_[at] != '"' && text_[at] != ']') continue;
      const std::string_view rest = text_.substr(at);
      if (rest.starts_with(kBlankLine))
        end_of_paragraph(at + kBlankLine.size());
      else if (rest.starts_with(kNextString))
        cut(at);
      else if (rest.starts_with(kNextRequest))
        begin_of_string(at + kNextRequest.size());
    }
    cut(text_.size());
    return std::move(pieces_);
  }

 private:
  /// Long strings have longer pieces the further they go, counted from their own beginning.
  void end_of_paragraph(std::size_t at) {
    const std::size_t before = std::max(begin_, string_) - string_;
    if (at >= begin_ + std::max(kLeastPiece, before / kPiecesADoubling)) cut(at);
  }
  void begin_of_string(std::size_t at) {
    cut(at);
    string_ = at;
  }
  void cut(std::size_t at) {
    if (at <= begin_) return;
    pieces_.push_back(text_.substr(begin_, at - begin_));
    begin_ = at;
  }

  std::string_view text_;
  std::size_t begin_ = 0;   // of the piece at hand
  std::size_t string_ = 0;  // of the string at hand
  std::vector<std::string_view> pieces_;
};

}  // namespace

std::vector<std::string_view> text_pieces(std::string_view json) { return Cutter(json).pieces(); }

}  // namespace flm
