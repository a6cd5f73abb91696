// Cutting text into the words that BPE works on, as tokenizer.json's pre_tokenizer says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/regex.h"

namespace flm {

/// A chain of Split, Digits and ByteLevel steps. Immutable: any thread may use it.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  /// UserError names the component that is not known and the file.
  PreTokenizer(const Json& description, const std::string& origin);

  /// The words of `text` in order. Bytes between them, if any, are those that a step removes.
  std::vector<ByteSpan> split(std::string_view text) const;

  /// The first place after `from` where the text may be cut in two that are split alone; npos where
  /// the steps are not ones for which that is proven.
  std::size_t next_cut(std::string_view text, std::size_t from) const;

 private:
  enum class Kind { kRegex, kDigit, kDigitRun };
  /// GPT-2's rule ends a word before white space that follows none. Llama 3's and Qwen2's end one
  /// behind a newline that no white space follows: a run of punctuation or of white space takes all
  /// newlines, and nothing that can follow. Neither looks behind. Of other rules nothing is proven.
  enum class Cuts { kUnknown, kBeforeNewline, kAfterNewline, kNowhere };
  struct Step {
    Kind kind = Kind::kRegex;
    std::vector<Regex> regex;  // one for kRegex
    bool keep_matches = true, keep_rest = true;
  };

  void add(const Json& description, const std::string& origin);
  void add_split(const Json& description, const std::string& origin);
  void restrict_cuts(Cuts cuts);
  static void apply_regex(const Step& step, std::string_view text,
                          const std::vector<ByteSpan>& words, std::vector<ByteSpan>& out);
  static void apply_digits(bool single, std::string_view text, const std::vector<ByteSpan>& words,
                           std::vector<ByteSpan>& out);

  std::vector<Step> steps_;
  Cuts cuts_ = Cuts::kUnknown;
  bool digits_ = false;      // there is a Digits step
  bool byte_level_ = false;  // seen: must be the last component
};

}  // namespace flm
