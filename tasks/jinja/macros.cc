// `macro` and `call`.
#include <algorithm>

#include "tasks/jinja/evaluator.h"

namespace flm {
namespace {

/// Arguments of a macro beyond its parameters, where its body asks for them.
struct MacroArguments {
  PyArguments named;
  PyList positional;
  PyDict keywords;
  std::optional<PyValue> caller;
};

MacroArguments split_arguments(const JinjaNode& macro, const PyArguments& given) {
  MacroArguments out;
  for (const PyValue& value : given.positional) {
    const bool extra =
        macro.more_positional && out.named.positional.size() == macro.parameters.size();
    (extra ? out.positional : out.named.positional).push_back(value);
  }
  const auto& known = macro.parameters;
  for (const auto& [name, value] : given.keywords) {
    const bool parameter = std::find(known.begin(), known.end(), name) != known.end();
    if (name == "caller" && macro.takes_caller && !parameter) {
      out.caller = value;
    } else if (macro.more_keywords && !parameter) {
      out.keywords.set(PyValue(name), value);
    } else {
      out.named.keywords.emplace_back(name, value);
    }
  }
  return out;
}

}  // namespace

PyFunction JinjaEvaluator::macro(const JinjaNode& node) {
  const std::shared_ptr<Frame> home = frame_;
  return {node.text,
          [this, &node, home](const PyArguments& a) { return call_macro(node, home, a); }};
}

PyValue JinjaEvaluator::call_macro(const JinjaNode& node, const std::shared_ptr<Frame>& home,
                                   const PyArguments& arguments) {
  const size_t n = node.parameters.size(), own = node.kind == JinjaNode::Kind::kCall ? 1 : 0,
               first_default = n - (node.expressions.size() - own);
  const MacroArguments more = split_arguments(node, arguments);
  if (more.named.positional.size() > n) {
    raise("TypeError",
          "macro '" + node.text + "' takes not more than " + std::to_string(n) + " argument(s)");
  }
  const PyParameters given("macro '" + node.text + "'", more.named, node.parameters);
  const Scope scope(*this, home);
  if (node.more_positional) frame_->names["varargs"] = PyValue::tuple(more.positional);
  if (node.more_keywords) frame_->names["kwargs"] = PyValue(more.keywords);
  if (node.takes_caller)
    frame_->names["caller"] = more.caller ? *more.caller : undefined("No caller defined");
  for (size_t i = 0; i < n; ++i) {
    PyValue value = undefined("parameter '" + node.parameters[i] + "' was not provided");
    if (given.has(i)) {
      value = bounded(given[i]);
    } else if (i >= first_default) {
      value = eval(*node.expressions[own + i - first_default]);
    }
    frame_->names[node.parameters[i]] = value;
  }
  return text_of(node.bodies[0]);
}

void JinjaEvaluator::run_call(const JinjaNode& node, std::string& out) {
  const JinjaExpr& called = *node.expressions[0];
  const PyValue function = eval(*called.children[0]);
  PyArguments arguments = eval_arguments(called.arguments);
  arguments.keywords.emplace_back("caller", macro(node));
  print(call(function, arguments).str(), out);
}

}  // namespace flm
