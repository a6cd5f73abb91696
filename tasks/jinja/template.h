// The part of Jinja2 that task files and chat templates use.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "tasks/python/value.h"

namespace flm {

struct JinjaTree;  // tree.h

/// A parsed template. Rendering is const and may run on several threads.
///
/// The environment is that of lm-evaluation-harness: StrictUndefined (any use of a missing name is
/// an error), keep_trailing_newline, no trim_blocks or lstrip_blocks, no autoescaping;
/// raise_exception(), range(), dict(), namespace(), cycler() and joiner() are known; the random
/// filter and lipsum are refused. Errors are PyErrors "ORIGIN:line: CLASS: message" whose type() is
/// Python's class.
class JinjaTemplate {
 public:
  struct Options {
    bool trim_blocks = false;           // drop the newline after a block
    bool lstrip_blocks = false;         // drop blanks before a block that starts a line
    bool keep_trailing_newline = true;  // of the template
    bool strict_undefined = true;       // false: a missing name prints as nothing and is false
    bool loop_controls = false;         // break and continue
    bool plain_tojson = false;  // json.dumps(ensure_ascii=False) without sorting or HTML escapes

    /// What transformers' apply_chat_template sets.
    static Options chat() { return {true, true, false, false, true, true}; }
  };

  /// Throws PyError("TemplateSyntaxError").
  static JinjaTemplate parse(std::string_view source, std::string origin);
  static JinjaTemplate parse(std::string_view source, std::string origin, const Options& options);

  /// `context`: a dict with string keys. Nothing of it is changed.
  std::string render(const PyValue& context) const;

 private:
  std::shared_ptr<const JinjaTree> tree_;
};

}  // namespace flm
