// Templates of one task, parsed once: a document's question, choices, target and description.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "tasks/jinja/template.h"
#include "tasks/python/value.h"
#include "tasks/spec.h"

namespace flm {

/// A doc_to_* rule ready to run: a column's raw value, a template, a constant, a
/// native function.
class RenderRule {
 public:
  RenderRule() = default;
  RenderRule(const TextRule& rule, const std::set<std::string>& columns);
  bool set() const { return kind_ != Kind::kNone; }
  bool is_template() const { return kind_ == Kind::kTemplate; }
  PyValue value(const PyValue& document) const;  // rendered text, column value or constant
  [[noreturn]] void fail(const std::string& message) const;  // UserError "FILE:line: ..."

 private:
  PyValue plain_value(const PyValue& document) const;
  PyValue rendered(const PyValue& document) const;

  enum class Kind { kNone, kColumn, kTemplate, kConstant, kFunction };
  Kind kind_ = Kind::kNone;
  std::string column_;
  std::optional<JinjaTemplate> template_;
  PyValue constant_;
  DocFunction function_;
  std::string where_;
};

/// doc_to_text, doc_to_target, doc_to_choice with lm-evaluation-harness's rules for what a rendered
/// text means.
class DocRenderer {
 public:
  /// `digits_are_indices`: digits that a template renders to are an index, as the harness has it
  /// where the task (not its shots alone) says doc_to_choice.
  DocRenderer(const TextRule& text, const TextRule& target, const TextRule& choice,
              const std::set<std::string>& columns, bool digits_are_indices);

  PyValue text(const PyValue& document) const;  // str, or int (multiple inputs) where choices exist
  PyValue target(const PyValue& document) const;  // int, str, list, ...
  std::vector<std::string> choices(const PyValue& document) const;
  bool has_choices() const { return choice_.set(); }

 private:
  RenderRule text_, target_, choice_;
  bool digits_are_indices_;
};

}  // namespace flm
