// How tokens become text again: the "decoder" of a tokenizer.json.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer/regex/regex.h"

namespace flm {

/// A chain of Replace, ByteFallback, Fuse, Strip, Metaspace and ByteLevel. Immutable.
class Decoder {
 public:
  Decoder() = default;
  /// `file`: a whole tokenizer.json. UserError for a step that is not known.
  Decoder(const Json& file, const std::string& origin);

  /// Where the file has no decoder the library puts blanks between the tokens.
  std::string decode(std::vector<std::string> tokens) const;

  /// The bytes that one token adds behind others: nothing that belongs to the start is taken off.
  std::string token_bytes(const std::string& token) const;

 private:
  struct Replace {
    Regex pattern;
    std::string content;
  };
  struct Strip {
    std::string content;
    std::size_t start = 0, stop = 0;
  };
  struct Metaspace {
    std::string replacement;
    bool drops_first = false;  // those of the first token go, for one was put before the text
  };
  enum class Simple { kByteFallback, kFuse, kByteLevel };
  using Step = std::variant<Simple, Replace, Strip, Metaspace>;

  void add(const Json& component, const std::string& origin);
  static void run(const Step& step, std::vector<std::string>& tokens);

  std::vector<Step> steps_;
  bool absent_ = true;
};

}  // namespace flm
