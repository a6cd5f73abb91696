// Cuts a template into text and the tokens of its tags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/jinja/template.h"

namespace flm {

struct JinjaToken {
  enum class Kind {
    kText,
    kOutputBegin,
    kOutputEnd,
    kBlockBegin,
    kBlockEnd,
    kName,
    kString,
    kInteger,
    kFloat,
    kOperator,
    kEnd
  };

  Kind kind = Kind::kEnd;
  int line = 0;
  std::string text;  // of strings: the value; of numbers: digits without underscores

  bool is_operator(std::string_view op) const { return kind == Kind::kOperator && text == op; }
  bool is_name(std::string_view name) const { return kind == Kind::kName && text == name; }
};

/// Tokens of the whole template, ending in kEnd. White-space control, trim_blocks and
/// lstrip_blocks, comments and raw blocks are already applied. Throws
/// PyError("TemplateSyntaxError").
std::vector<JinjaToken> lex_jinja(std::string_view source, const std::string& origin,
                                  const JinjaTemplate::Options& options);

[[noreturn]] void throw_jinja_syntax(const std::string& origin, int line, const std::string& what);

}  // namespace flm
