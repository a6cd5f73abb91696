#include "tasks/jinja/evaluator.h"

namespace flm {
namespace {

using Expr = JinjaExpr::Kind;
using Node = JinjaNode::Kind;

constexpr int kMaxDepth = 500;
constexpr int kMaxNesting = 400;

/// The text of a filter block, which Jinja joins with its neighbours.
std::string joined(const PyValue& text) {
  if (!text.is_string())
    raise("TypeError", "sequence item: expected str instance, " + text.type_name() + " found");
  return text.as_string();
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
      frame_->names[node.text] = macro(node);
      return Flow::kNext;
    case Node::kCall:
      run_call(node, out);
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
  } else if (value.is_view()) {
    for (const PyValue& element : value.view().elements) check_nesting(element, depth + 1);
  } else if (value.is_generator()) {
    for (const PyValue& part : value.generator().made_of) check_nesting(part, depth + 1);
  }
}

JinjaEvaluator::Flow JinjaEvaluator::run_with(const JinjaNode& node, std::string& out) {
  PyList values;
  for (const auto& e : node.expressions) values.push_back(bounded(eval(*e)));
  const Scope scope(*this, frame_);
  for (size_t i = 0; i < values.size(); ++i) assign(*node.targets[i], values[i]);
  return run(node.bodies[0], out);
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
