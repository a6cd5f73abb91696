// Blanks written as "▁", and one put before the text: the "Metaspace" of a tokenizer.json.
#pragma once

#include <string>
#include <string_view>

#include "base/documents/json.h"

namespace flm {

struct MetaspaceRule {
  /// Which sections of the text (between added tokens) get a blank before them, where they begin
  /// with none: none, the one at the text's start, or all.
  enum class Prepend { kNever, kFirst, kAlways };

  std::string replacement = "\xE2\x96\x81";
  Prepend prepend = Prepend::kAlways;
  bool split = true;  // before each blank
};

/// UserError "ORIGIN: ..." for a scheme that is not known.
MetaspaceRule parse_metaspace(const Json& component, const std::string& origin);

/// Replaces every occurrence, from left to right.
std::string replaced_text(std::string_view text, std::string_view from, std::string_view to);

}  // namespace flm
