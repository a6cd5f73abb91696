// What a tokenizer.json does to a text before it is cut: its "normalizer".
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer/normalizers/normalized.h"
#include "engine/tokenizer/normalizers/precompiled_map.h"
#include "engine/tokenizer/normalizers/unicode_forms.h"
#include "engine/tokenizer/regex/regex.h"

namespace flm {

/// A chain of steps. Immutable: any thread may use it.
class Normalizer {
 public:
  Normalizer() = default;
  /// `file`: a whole tokenizer.json. UserError for a step that is not known or is broken.
  Normalizer(const Json& file, const std::string& origin);

  bool empty() const { return steps_.empty(); }
  Normalized apply(std::string_view text) const;

  /// Newlines stay, what stands beside one in the text stands beside it still, and each side is
  /// normalized as it would be alone.
  bool keeps_lines_apart() const;

 private:
  struct Prepend {
    std::string text;
  };
  struct Replace {
    Regex pattern;
    std::string content;
  };
  struct Strip {
    bool left = true, right = true;
  };
  enum class Simple { kLowercase, kStripAccents, kNmt };
  using Step = std::variant<UnicodeForm, Simple, Prepend, Replace, Strip, PrecompiledMap>;

  void add(const Json& component, const std::string& origin);
  static Normalized run(const Step& step, Normalized text);

  std::vector<Step> steps_;
};

/// `text` with all that `pattern` finds replaced.
Normalized replace_all(const Regex& pattern, std::string_view content, const Normalized& text);

}  // namespace flm
