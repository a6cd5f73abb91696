#include <algorithm>

#include "tasks/jinja_evaluator.h"

namespace flm {
namespace {

using Expr = JinjaExpr::Kind;
using Node = JinjaNode::Kind;

constexpr int kMaxDepth = 500;
constexpr int kMaxNesting = 400;

[[noreturn]] void raise(const std::string& type, const std::string& message) {
  throw PyError(type, message);
}

/// The text of a filter block, which Jinja joins with its neighbours.
std::string joined(const PyValue& text) {
  if (!text.is_string())
    raise("TypeError", "sequence item: expected str instance, " + text.type_name() + " found");
  return text.as_string();
}

/// Arguments of a macro beyond its parameters, where its body asks for them.
struct MoreArguments {
  PyArguments named;
  PyList positional;
  PyDict keywords;
};

MoreArguments split_arguments(const JinjaNode& macro, const PyArguments& given) {
  MoreArguments out;
  for (const PyValue& value : given.positional) {
    const bool extra =
        macro.more_positional && out.named.positional.size() == macro.parameters.size();
    (extra ? out.positional : out.named.positional).push_back(value);
  }
  const auto& known = macro.parameters;
  for (const auto& [name, value] : given.keywords) {
    const bool extra =
        macro.more_keywords && std::find(known.begin(), known.end(), name) == known.end();
    if (extra) {
      out.keywords.set(PyValue(name), value);
    } else {
      out.named.keywords.emplace_back(name, value);
    }
  }
  return out;
}

}  // namespace

JinjaEvaluator::JinjaEvaluator(const JinjaTree& tree, const PyValue& context)
    : JinjaRuntime(tree.options), tree_(tree), context_(context) {
  frame_ = root_ = std::make_shared<Frame>();
  add_globals();
}

JinjaEvaluator::~JinjaEvaluator() {  // macros and namespaces may hold each other
  root_->names.clear();
  for (const auto& space : namespaces_) space->attributes.clear();
}

JinjaEvaluator::DepthGuard::DepthGuard(JinjaEvaluator& e) : evaluator(e) {
  if (++evaluator.depth_ > kMaxDepth) raise("RecursionError", "maximum recursion depth exceeded");
}

JinjaEvaluator::Scope::Scope(JinjaEvaluator& e, std::shared_ptr<Frame> parent)
    : evaluator(e), saved(e.frame_) {
  e.frame_ = std::make_shared<Frame>();
  e.frame_->parent = std::move(parent);
}

JinjaEvaluator::Scope::~Scope() {
  evaluator.frame_->names.clear();
  evaluator.frame_ = saved;
}

std::string JinjaEvaluator::render() {
  try {
    return text_of(tree_.body);
  } catch (const PyError& e) {
    throw PyError(e.type(),
                  tree_.origin + ":" + std::to_string(line_) + ": " + e.type() + ": " + e.what());
  }
}

std::string JinjaEvaluator::text_of(const JinjaBody& body) {
  std::string out;
  run(body, out);
  return out;
}

JinjaEvaluator::Flow JinjaEvaluator::run(const JinjaBody& body, std::string& out) {
  const DepthGuard guard(*this);
  for (const auto& node : body) {
    const Flow flow = run(*node, out);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

void JinjaEvaluator::print(std::string text, std::string& out) {
  charge(text.size());
  out += text;
}

JinjaEvaluator::Flow JinjaEvaluator::run(const JinjaNode& node, std::string& out) {
  charge(1);
  line_ = node.line;
  switch (node.kind) {
    case Node::kText:
      print(node.text, out);
      return Flow::kNext;
    case Node::kOutput:
      print(eval(*node.expressions[0]).str(), out);
      return Flow::kNext;
    case Node::kIf:
      return run_if(node, out);
    case Node::kFor:
      return run_for(node, out);
    case Node::kSet:
      assign(*node.targets[0], bounded(eval(*node.expressions[0])));
      return Flow::kNext;
    case Node::kSetBlock:
      assign(*node.targets[0], scoped_text(node));
      return Flow::kNext;
    case Node::kWith:
      return run_with(node, out);
    case Node::kMacro:
      define_macro(node);
      return Flow::kNext;
    case Node::kFilter:
      print(joined(scoped_text(node)), out);
      return Flow::kNext;
    case Node::kBreak:
      return Flow::kBreak;
    case Node::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNext;
}

/// The text of a block, through its filters if it has any.
PyValue JinjaEvaluator::scoped_text(const JinjaNode& node) {
  std::string text;
  {
    const Scope scope(*this, frame_);
    run(node.bodies[0], text);
  }
  const JinjaExpr* filter = node.expressions[0].get();
  return filter ? eval_filter(*filter, &text) : PyValue(text);
}

JinjaEvaluator::Flow JinjaEvaluator::run_if(const JinjaNode& node, std::string& out) {
  for (size_t i = 0; i < node.expressions.size(); ++i) {
    if (eval(*node.expressions[i]).truthy()) return run(node.bodies[i], out);
  }
  return node.bodies.size() > node.expressions.size() ? run(node.bodies.back(), out) : Flow::kNext;
}

/// The same value; RecursionError where a loop has nested it so deeply that freeing it would
/// overflow.
PyValue JinjaEvaluator::bounded(PyValue value) {
  check_nesting(value, 0);
  return value;
}

void JinjaEvaluator::check_nesting(const PyValue& value, int depth) {
  charge(1);
  if (depth > kMaxNesting) raise("RecursionError", "a value nests too deeply");
  if (value.is_list() || value.is_tuple()) {
    for (const PyValue& item : value.items()) check_nesting(item, depth + 1);
  } else if (value.is_dict()) {
    for (const auto& entry : value.dict()) check_nesting(entry.second, depth + 1);
  }
}

JinjaEvaluator::Flow JinjaEvaluator::run_with(const JinjaNode& node, std::string& out) {
  PyList values;
  for (const auto& e : node.expressions) values.push_back(bounded(eval(*e)));
  const Scope scope(*this, frame_);
  for (size_t i = 0; i < values.size(); ++i) assign(*node.targets[i], values[i]);
  return run(node.bodies[0], out);
}

JinjaEvaluator::Flow JinjaEvaluator::run_for(const JinjaNode& node, std::string& out) {
  PyList items = eval(*node.expressions[0]).iterate();
  charge(items.size());
  if (node.expressions[1]) items = filtered(node, items);
  auto changed = std::make_shared<PyList>();
  for (size_t i = 0; i < items.size(); ++i) {
    charge(50);  // a scope and a loop object
    const Scope scope(*this, frame_);
    assign(*node.targets[0], items[i]);
    frame_->names["loop"] = loop_object(items, i, changed);
    if (run(node.bodies[0], out) == Flow::kBreak) break;
  }
  if (items.empty() && node.bodies.size() > 1) return run(node.bodies[1], out);
  return Flow::kNext;
}

PyList JinjaEvaluator::filtered(const JinjaNode& node, const PyList& items) {
  PyList out;
  for (const PyValue& item : items) {
    const Scope scope(*this, frame_);
    assign(*node.targets[0], item);
    if (eval(*node.expressions[1]).truthy()) out.push_back(item);
  }
  return out;
}

PyValue JinjaEvaluator::loop_object(const PyList& items, size_t i,
                                    const std::shared_ptr<PyList>& changed) {
  auto loop = std::make_shared<PyObject>();
  loop->type_name = "LoopContext";
  const size_t n = items.size();
  const PyValue before = i > 0 ? items[i - 1] : undefined("there is no previous item");
  const PyValue after = i + 1 < n ? items[i + 1] : undefined("there is no next item");
  const PyFunction cycle{"cycle", [i](const PyArguments& a) {
                           if (a.positional.empty())
                             raise("TypeError", "no items for cycling given");
                           return a.positional[i % a.positional.size()];
                         }};
  const PyFunction has_changed{"changed", [changed](const PyArguments& a) {
                                 const PyList wrapped{PyValue::tuple(a.positional)};
                                 const bool differs = !(PyValue(*changed) == PyValue(wrapped));
                                 *changed = wrapped;
                                 return PyValue(differs);
                               }};
  loop->attributes = {
      {"index", i + 1},        {"index0", i},        {"revindex", n - i}, {"revindex0", n - i - 1},
      {"first", i == 0},       {"last", i + 1 == n}, {"length", n},       {"previtem", before},
      {"nextitem", after},     {"depth", 1},         {"depth0", 0},       {"cycle", cycle},
      {"changed", has_changed}};
  return loop;
}

void JinjaEvaluator::assign(const JinjaExpr& target, const PyValue& value) {
  if (target.kind == Expr::kName) {
    frame_->names[target.name] = value;
  } else if (target.kind == Expr::kNamespaceAttribute) {
    const PyValue space = lookup(target.name);
    if (!space.is_object() || !space.object()->assignable) {
      raise("TemplateRuntimeError", "cannot assign attribute on non-namespace object");
    }
    space.object()->set(target.operators[0], value);
  } else {
    unpack(target, value);
  }
}

void JinjaEvaluator::unpack(const JinjaExpr& target, const PyValue& value) {
  const PyList items = value.iterate();
  const size_t wanted = target.children.size();
  if (items.size() > wanted) {
    raise("ValueError", "too many values to unpack (expected " + std::to_string(wanted) + ")");
  }
  if (items.size() < wanted) {
    raise("ValueError", "not enough values to unpack (expected " + std::to_string(wanted) +
                            ", got " + std::to_string(items.size()) + ")");
  }
  for (size_t i = 0; i < wanted; ++i) assign(*target.children[i], items[i]);
}

void JinjaEvaluator::define_macro(const JinjaNode& node) {
  const std::shared_ptr<Frame> home = frame_;
  frame_->names[node.text] = PyFunction{
      node.text, [this, &node, home](const PyArguments& a) { return call_macro(node, home, a); }};
}

PyValue JinjaEvaluator::call_macro(const JinjaNode& node, const std::shared_ptr<Frame>& home,
                                   const PyArguments& arguments) {
  const size_t n = node.parameters.size(), first_default = n - node.expressions.size();
  const MoreArguments more = split_arguments(node, arguments);
  if (more.named.positional.size() > n) {
    raise("TypeError",
          "macro '" + node.text + "' takes not more than " + std::to_string(n) + " argument(s)");
  }
  const PyParameters given("macro '" + node.text + "'", more.named, node.parameters);
  const Scope scope(*this, home);
  if (node.more_positional) frame_->names["varargs"] = PyValue::tuple(more.positional);
  if (node.more_keywords) frame_->names["kwargs"] = PyValue(more.keywords);
  for (size_t i = 0; i < n; ++i) {
    PyValue value = undefined("parameter '" + node.parameters[i] + "' was not provided");
    if (given.has(i)) {
      value = bounded(given[i]);
    } else if (i >= first_default) {
      value = eval(*node.expressions[i - first_default]);
    }
    frame_->names[node.parameters[i]] = value;
  }
  return text_of(node.bodies[0]);
}

JinjaTemplate JinjaTemplate::parse(std::string_view source, std::string origin) {
  return parse(source, std::move(origin), Options());
}

JinjaTemplate JinjaTemplate::parse(std::string_view source, std::string origin,
                                   const Options& options) {
  JinjaTemplate out;
  out.tree_ = std::make_shared<const JinjaTree>(parse_jinja(source, std::move(origin), options));
  return out;
}

std::string JinjaTemplate::render(const PyValue& context) const {
  FLM_CHECK(context.is_dict(), "a template's context is a dict");
  return JinjaEvaluator(*tree_, context).render();
}

}  // namespace flm
