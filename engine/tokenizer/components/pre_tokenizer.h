// Cutting text into the words that BPE works on, as tokenizer.json's pre_tokenizer says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/regex/regex.h"

namespace flm {

/// A chain of steps that cut a text: Split, Digits, Punctuation, Whitespace, WhitespaceSplit,
/// CharDelimiterSplit, and at the end ByteLevel. Immutable: any thread may use it.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  /// Steps as tokenizer.json writes them. UserError names the component that is not known and the
  /// file.
  PreTokenizer(const std::vector<const Json*>& steps, const std::string& origin);

  /// The words of `text` in order. Bytes between them, if any, are those that a step removes.
  std::vector<ByteSpan> split(std::string_view text) const;

  /// The first place after `from` where the text may be cut in two that are split alone; npos where
  /// the steps are not ones for which that is proven.
  std::size_t next_cut(std::string_view text, std::size_t from) const;

  bool byte_level() const { return byte_level_; }
  /// ByteLevel's add_prefix_space: a blank before each text that begins with none.
  bool prefix_space() const { return prefix_space_; }
  void set_prefix_space(bool add) { prefix_space_ = add; }

 private:
  /// What becomes of a match: a word of its own (or one with its neighbours that match), nothing,
  /// or part of the word before or after.
  enum class Behavior { kIsolated, kRemoved, kContiguous, kWithPrevious, kWithNext };
  enum class Kind { kRegex, kDigit, kDigitRun };
  /// GPT-2's rule ends a word before white space that follows none. Llama 3's and Qwen2's end one
  /// behind a newline that no white space follows: a run of punctuation or of white space takes all
  /// newlines, and nothing that can follow. Neither looks behind. Of other rules nothing is proven.
  enum class Cuts { kUnknown, kBeforeNewline, kAfterNewline, kNowhere };
  struct Step {
    Kind kind = Kind::kRegex;
    std::vector<Regex> regex;  // one for kRegex
    Behavior behavior = Behavior::kIsolated;
    bool invert = false;  // the stretches between matches are the matches
  };
  struct Stretch {
    std::size_t begin = 0, end = 0;
    bool match = false;
  };

  void add(const Json& step, const std::string& origin);
  void add_split(const Json& step, const std::string& origin);
  void add_byte_level(const Json& step, const std::string& origin);
  void add_regex(Regex regex, Behavior behavior, bool invert = false);
  static Behavior behavior_of(const Json& step, const std::string& origin,
                              const std::string& absent);
  void restrict_cuts(Cuts cuts);
  static void apply_regex(const Step& step, std::string_view text,
                          const std::vector<ByteSpan>& words, std::vector<ByteSpan>& out);
  static void join(const Step& step, std::vector<Stretch>& stretches);
  static void apply_digits(bool single, std::string_view text, const std::vector<ByteSpan>& words,
                           std::vector<ByteSpan>& out);

  std::vector<Step> steps_;
  Cuts cuts_ = Cuts::kUnknown;
  bool digits_ = false;      // there is a Digits step
  bool byte_level_ = false;  // seen: must be the last component
  bool prefix_space_ = false;
};

}  // namespace flm
