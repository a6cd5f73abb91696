#include "tasks/items/doc_renderer.h"

#include "base/errors.h"
#include "base/text/joined.h"
#include "tasks/python/literal.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// ast.literal_eval of digits: "007" and "²" are digits for isdigit and then no literal, which is
/// an error there too.
PyValue digits_to_int(const RenderRule& rule, const std::string& text) {
  const auto literal = python_literal(text);
  if (!literal) rule.fail("the template renders to digits that are no Python integer: " + text);
  return *literal;
}

}  // namespace

RenderRule::RenderRule(const TextRule& rule, const std::set<std::string>& columns) {
  where_ = rule.where;
  if (!rule.set()) return;
  if (rule.kind == TextRule::Kind::kFunction) {
    kind_ = Kind::kFunction;
    function_ = rule.function;
  } else if (rule.kind == TextRule::Kind::kValue) {
    kind_ = Kind::kConstant;
    constant_ = rule.value;
  } else if (columns.count(rule.text)) {
    kind_ = Kind::kColumn;
    column_ = rule.text;
  } else {
    kind_ = Kind::kTemplate;
    template_ = JinjaTemplate::parse(rule.text, rule.where);
  }
}

PyValue RenderRule::value(const PyValue& document) const {
  if (kind_ == Kind::kTemplate) return rendered(document);
  try {
    return plain_value(document);
  } catch (const UserError& error) {
    fail(error.what());
  }
}

/// The error tells its place. One of a name that the row lacks tells what it has: a table that was
/// cut at another character is one column.
PyValue RenderRule::rendered(const PyValue& document) const try {
  return PyValue(template_->render(document));
} catch (const UserError& error) {
  const std::string message = error.what();
  if (!message.ends_with("' is undefined") || !document.is_dict()) throw;
  std::vector<std::string> columns;
  for (const auto& [key, value] : document.dict()) columns.push_back(key.str());
  throw UserError(message + "; the row's columns: " + first_few(columns, 12));
}

void RenderRule::fail(const std::string& message) const {
  throw UserError((where_.empty() ? "" : where_ + ": ") + message);
}

PyValue RenderRule::plain_value(const PyValue& document) const {
  switch (kind_) {
    case Kind::kColumn: {
      const PyValue* found = document.dict().find(column_);
      if (!found) throw UserError("a row lacks the column " + column_);
      if (found->is_undefined()) throw UserError(found->undefined_message());
      return *found;
    }
    case Kind::kConstant:
      return constant_;
    case Kind::kFunction:
      return function_(document);
    case Kind::kTemplate:
    case Kind::kNone:
      break;
  }
  return PyValue("");
}

DocRenderer::DocRenderer(const TextRule& text, const TextRule& target, const TextRule& choice,
                         const std::set<std::string>& columns, bool digits_are_indices)
    : text_(text, columns),
      target_(target, columns),
      choice_(choice, columns),
      digits_are_indices_(digits_are_indices) {}

PyValue DocRenderer::text(const PyValue& document) const {
  PyValue value = text_.value(document);
  if (text_.is_template() && digits_are_indices_ && python_isdigit(value.as_string()))
    return digits_to_int(text_, value.as_string());
  return value;
}

PyValue DocRenderer::target(const PyValue& document) const {
  PyValue value = target_.value(document);
  if (!target_.is_template()) return value;
  const std::string& text = value.as_string();
  if (digits_are_indices_ && python_isdigit(text)) return digits_to_int(target_, text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    const auto literal = python_literal(text);
    if (literal) return *literal;
  }
  return value;
}

std::vector<std::string> DocRenderer::choices(const PyValue& document) const {
  PyValue value = choice_.value(document);
  if (choice_.is_template()) {
    const auto literal = python_literal(value.as_string());
    if (!literal)
      choice_.fail("doc_to_choice does not render to a Python list: " + value.as_string());
    value = *literal;
  }
  std::vector<std::string> out;
  if (value.is_dict()) {
    for (const auto& [key, text] : value.dict()) out.push_back(text.str());
    return out;
  }
  if (!value.is_list() && !value.is_tuple())
    choice_.fail("doc_to_choice must give a list of texts: " + value.repr());
  for (const PyValue& item : value.items()) out.push_back(item.str());
  return out;
}

}  // namespace flm
