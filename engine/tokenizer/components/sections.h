// Sections of a text on their way to the model: altered, and with the way back to where they stood.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer/components/metaspace.h"
#include "engine/tokenizer/components/pre_tokenizer.h"
#include "engine/tokenizer/normalizers/normalizer.h"

namespace flm {

/// `text.origin` is filled and leads to offsets of the whole original text.
struct Section {
  Normalized text;
  bool first = false;  // it begins where the original begins

  Section sub(std::size_t begin, std::size_t end) const;
};

/// text[begin, end), normalized.
Section normalized_section(std::string_view text, std::size_t begin, std::size_t end,
                           const Normalizer& normalizer);

/// A pre_tokenizer that may write blanks as "▁" and put one before a section. Immutable.
class SectionCutter {
 public:
  /// `file`: a whole tokenizer.json. UserError names a component that is not known.
  SectionCutter(const Json& file, const std::string& origin);

  std::vector<Section> cut(Section section) const;

 private:
  using Stage = std::variant<PreTokenizer, MetaspaceRule>;
  static void apply(const PreTokenizer& stage, const Section& section, std::vector<Section>& out);
  static void apply(const MetaspaceRule& stage, const Section& section, std::vector<Section>& out);

  std::vector<Stage> stages_;
};

}  // namespace flm
