// What an expression of a template is worth.
#include "tasks/jinja/evaluator.h"
#include "tasks/python/operations.h"

namespace flm {
namespace {

using Expr = JinjaExpr::Kind;

}  // namespace

PyValue JinjaEvaluator::lookup(const std::string& name) const {
  for (const Frame* frame = frame_.get(); frame; frame = frame->parent.get()) {
    const auto found = frame->names.find(name);
    if (found != frame->names.end()) return found->second;
  }
  if (const PyValue* value = context_.dict().find(name)) {
    // A column that was not read is there: no test or default may take it for a missing one.
    if (value->is_undefined()) throw PyError("ValueError", value->undefined_message());
    return *value;
  }
  const auto global = globals_.find(name);
  return global != globals_.end() ? global->second : undefined("'" + name + "' is undefined");
}

PyList JinjaEvaluator::eval_all(const std::vector<JinjaExprPtr>& expressions) {
  PyList out;
  out.reserve(expressions.size());
  for (const auto& e : expressions) out.push_back(e ? eval(*e) : PyValue());
  return out;
}

PyValue JinjaEvaluator::eval(const JinjaExpr& e) {
  const DepthGuard guard(*this);
  charge(1);
  line_ = e.line;
  switch (e.kind) {
    case Expr::kConstant:
      return e.value;
    case Expr::kName:
      return lookup(e.name);
    case Expr::kList:
      return eval_all(e.children);
    case Expr::kTuple:
      return PyValue::tuple(eval_all(e.children));
    case Expr::kDict:
      return eval_dict(e);
    case Expr::kAttribute:
      return attribute(eval(*e.children[0]), e.name);
    case Expr::kItem: {
      const PyValue object = eval(*e.children[0]);
      return item(object, eval(*e.children[1]));
    }
    case Expr::kSlice: {
      const PyList parts = eval_all(e.children);
      return python_slice(*this, parts[0], parts[1], parts[2], parts[3]);
    }
    case Expr::kCall: {
      const PyValue function = eval(*e.children[0]);
      return call(function, eval_arguments(e.arguments));
    }
    case Expr::kFilter:
      return eval_filter(e, nullptr);
    case Expr::kTest: {
      const PyValue value = eval(*e.children[0]);
      return apply_jinja_test(*this, e.name, value, eval_arguments(e.arguments));
    }
    default:
      return eval_operator(e);
  }
}

PyValue JinjaEvaluator::eval_operator(const JinjaExpr& e) {
  switch (e.kind) {
    case Expr::kNegative:
      return python_negative(eval(*e.children[0]));
    case Expr::kPositive: {
      const PyValue value = eval(*e.children[0]);
      return value.is_number() ? value : python_negative(value);  // the latter raises
    }
    case Expr::kNot:
      return !eval(*e.children[0]).truthy();
    case Expr::kBinary: {
      const PyValue left = eval(*e.children[0]);
      return python_binary(*this, e.operators[0], left, eval(*e.children[1]));
    }
    case Expr::kConcat:
      return concat(eval_all(e.children));
    case Expr::kCompare:
      return compare(e);
    case Expr::kAnd:
    case Expr::kOr: {
      PyValue left = eval(*e.children[0]);
      return left.truthy() == (e.kind == Expr::kOr) ? left : eval(*e.children[1]);
    }
    case Expr::kConditional:
      if (eval(*e.children[0]).truthy()) return eval(*e.children[1]);
      if (e.children[2]) return eval(*e.children[2]);
      // Even a strict environment prints nothing for a missing else.
      return PyValue::undefined(
          "the inline if-expression evaluated to false and no else section was defined.", true);
    default:
      FLM_CHECK(false, "an expression that cannot be evaluated");
      return {};
  }
}

PyValue JinjaEvaluator::eval_filter(const JinjaExpr& e, const std::string* text) {
  const JinjaExpr* input = e.children[0].get();
  // In a filter block the innermost filter has no input of its own: the text stands for it.
  const PyValue value = !input                                 ? PyValue(*text)
                        : input->kind == Expr::kFilter && text ? eval_filter(*input, text)
                                                               : eval(*input);
  const PyArguments arguments = eval_arguments(e.arguments);
  line_ = e.line;
  return apply_jinja_filter(*this, e.name, value, arguments);
}

PyArguments JinjaEvaluator::eval_arguments(const JinjaArguments& a) {
  PyArguments out;
  out.positional = eval_all(a.positional);
  for (const auto& [name, e] : a.keywords) out.keywords.emplace_back(name, eval(*e));
  if (a.star) {
    for (PyValue& value : eval(*a.star).iterate()) out.positional.push_back(std::move(value));
  }
  if (a.double_star) {
    const PyValue more = eval(*a.double_star);
    if (!more.is_dict())
      raise("TypeError", "argument after ** must be a mapping, not " + more.type_name());
    for (const auto& [key, value] : more.dict()) {
      if (!key.is_string()) raise("TypeError", "keywords must be strings");
      out.keywords.emplace_back(key.as_string(), value);
    }
  }
  return out;
}

PyValue JinjaEvaluator::eval_dict(const JinjaExpr& e) {
  PyDict dict;
  for (size_t i = 0; i < e.children.size(); i += 2) {
    const PyValue key = eval(*e.children[i]);
    dict.set(key, eval(*e.children[i + 1]));
  }
  return dict;
}

PyValue JinjaEvaluator::concat(const PyList& parts) {
  std::string out;
  for (const PyValue& part : parts) out += part.str();
  charge(out.size());
  return out;
}

PyValue JinjaEvaluator::compare(const JinjaExpr& e) {
  PyValue left = eval(*e.children[0]);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    PyValue right = eval(*e.children[i + 1]);
    charge(1 + (right.is_list() || right.is_tuple() || right.is_view() ? right.length() : 0));
    if (!holds(e.operators[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

bool JinjaEvaluator::holds(const std::string& op, const PyValue& a, const PyValue& b) {
  if (op == "==") return a.equals(b);
  if (op == "!=") return !a.equals(b);
  if (op == "in") return b.contains(a);
  if (op == "not in") return !b.contains(a);
  try {
    const int order = a.compare(b);
    if (order == 2) return false;
    return op == "<" ? order < 0 : op == "<=" ? order <= 0 : op == ">" ? order > 0 : order >= 0;
  } catch (const PyError& e) {
    if (e.type() != "TypeError" || op == "<") throw;
    raise("TypeError", "'" + op + "' not supported between instances of '" + a.type_name() +
                           "' and '" + b.type_name() + "'");
  }
}

}  // namespace flm
