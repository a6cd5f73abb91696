// Walks the tree. Scopes are frames that point to their parents; a macro keeps the frame it was
// defined in.
#include <algorithm>
#include <map>

#include "tasks/jinja_runtime.h"
#include "tasks/jinja_tree.h"
#include "tasks/python_text.h"

namespace flm {
namespace {

using Expr = JinjaExpr::Kind;
using Node = JinjaNode::Kind;

constexpr int kMaxDepth = 500;  // nested evaluations: macros may call themselves
constexpr int kMaxNesting = 400;
constexpr PyInt kMaxRange = 1'000'000;

[[noreturn]] void raise(const std::string& type, const std::string& message) {
  throw PyError(type, message);
}

struct Frame {
  std::map<std::string, PyValue, std::less<>> names;
  std::shared_ptr<Frame> parent;
};

class Evaluator : public JinjaRuntime {
 public:
  Evaluator(const JinjaTree& tree, const PyValue& context)
      : JinjaRuntime(tree.options), tree_(tree), context_(context) {
    frame_ = root_ = std::make_shared<Frame>();
    add_global("range", [this](const PyArguments& a) { return range(a); });
    add_global("dict", [](const PyArguments& a) { return make_dict("dict", a); });
    add_global("namespace", [this](const PyArguments& a) { return make_namespace(a); });
    add_global("raise_exception", [](const PyArguments& a) -> PyValue {
      const PyParameters p("raise_exception", a, {"message"}, 1);
      raise("TemplateError", p[0].str());
    });
  }
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  ~Evaluator() override {  // macros and namespaces may hold each other
    root_->names.clear();
    for (const auto& space : namespaces_) space->attributes.clear();
  }

  std::string render() {
    try {
      return text_of(tree_.body);
    } catch (const PyError& e) {
      throw PyError(e.type(),
                    tree_.origin + ":" + std::to_string(line_) + ": " + e.type() + ": " + e.what());
    }
  }

 private:
  enum class Flow { kNext, kBreak, kContinue };

  struct DepthGuard {
    explicit DepthGuard(Evaluator& e) : evaluator(e) {
      if (++evaluator.depth_ > kMaxDepth)
        raise("RecursionError", "maximum recursion depth exceeded");
    }
    ~DepthGuard() { --evaluator.depth_; }
    Evaluator& evaluator;
  };

  /// A new scope until the end of the C++ scope.
  struct Scope {
    Scope(Evaluator& e, std::shared_ptr<Frame> parent) : evaluator(e), saved(e.frame_) {
      e.frame_ = std::make_shared<Frame>();
      e.frame_->parent = std::move(parent);
    }
    ~Scope() {
      evaluator.frame_->names.clear();
      evaluator.frame_ = saved;
    }
    Evaluator& evaluator;
    std::shared_ptr<Frame> saved;
  };

  template <class Function>
  void add_global(const std::string& name, Function function) {
    globals_[name] = PyFunction{name, std::move(function)};
  }

  // Statements.

  std::string text_of(const JinjaBody& body) {
    std::string out;
    run(body, out);
    return out;
  }

  Flow run(const JinjaBody& body, std::string& out) {
    const DepthGuard guard(*this);
    for (const auto& node : body) {
      const Flow flow = run(*node, out);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }

  void print(std::string text, std::string& out) {
    charge(text.size());
    out += text;
  }

  Flow run(const JinjaNode& node, std::string& out) {
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
        print(scoped_text(node).str(), out);
        return Flow::kNext;
      case Node::kBreak:
        return Flow::kBreak;
      case Node::kContinue:
        return Flow::kContinue;
    }
    return Flow::kNext;
  }

  /// The text of a block, through its filters if it has any.
  PyValue scoped_text(const JinjaNode& node) {
    std::string text;
    {
      const Scope scope(*this, frame_);
      run(node.bodies[0], text);
    }
    const JinjaExpr* filter = node.expressions[0].get();
    return filter ? eval_filter(*filter, &text) : PyValue(text);
  }

  Flow run_if(const JinjaNode& node, std::string& out) {
    for (size_t i = 0; i < node.expressions.size(); ++i) {
      if (eval(*node.expressions[i]).truthy()) return run(node.bodies[i], out);
    }
    return node.bodies.size() > node.expressions.size() ? run(node.bodies.back(), out)
                                                        : Flow::kNext;
  }

  /// The same value; RecursionError where a loop has nested it so deeply that freeing it would
  /// overflow.
  PyValue bounded(PyValue value) {
    check_nesting(value, 0);
    return value;
  }

  void check_nesting(const PyValue& value, int depth) {
    charge(1);
    if (depth > kMaxNesting) raise("RecursionError", "a value nests too deeply");
    if (value.is_list() || value.is_tuple()) {
      for (const PyValue& item : value.items()) check_nesting(item, depth + 1);
    } else if (value.is_dict()) {
      for (const auto& entry : value.dict()) check_nesting(entry.second, depth + 1);
    }
  }

  Flow run_with(const JinjaNode& node, std::string& out) {
    PyList values;
    for (const auto& e : node.expressions) values.push_back(bounded(eval(*e)));
    const Scope scope(*this, frame_);
    for (size_t i = 0; i < values.size(); ++i) assign(*node.targets[i], values[i]);
    return run(node.bodies[0], out);
  }

  Flow run_for(const JinjaNode& node, std::string& out) {
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

  PyList filtered(const JinjaNode& node, const PyList& items) {
    PyList out;
    for (const PyValue& item : items) {
      const Scope scope(*this, frame_);
      assign(*node.targets[0], item);
      if (eval(*node.expressions[1]).truthy()) out.push_back(item);
    }
    return out;
  }

  PyValue loop_object(const PyList& items, size_t i, const std::shared_ptr<PyList>& changed) {
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
    loop->attributes = {{"index", i + 1},        {"index0", i},
                        {"revindex", n - i},     {"revindex0", n - i - 1},
                        {"first", i == 0},       {"last", i + 1 == n},
                        {"length", n},           {"previtem", before},
                        {"nextitem", after},     {"depth", 1},
                        {"depth0", 0},           {"cycle", cycle},
                        {"changed", has_changed}};
    return loop;
  }

  void assign(const JinjaExpr& target, const PyValue& value) {
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

  void unpack(const JinjaExpr& target, const PyValue& value) {
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

  void define_macro(const JinjaNode& node) {
    const std::shared_ptr<Frame> home = frame_;
    frame_->names[node.text] = PyFunction{
        node.text, [this, &node, home](const PyArguments& a) { return call_macro(node, home, a); }};
  }

  PyValue call_macro(const JinjaNode& node, const std::shared_ptr<Frame>& home,
                     const PyArguments& arguments) {
    const size_t n = node.parameters.size(), first_default = n - node.expressions.size();
    if (arguments.positional.size() > n) {
      raise("TypeError",
            "macro '" + node.text + "' takes not more than " + std::to_string(n) + " argument(s)");
    }
    const PyParameters given("macro '" + node.text + "'", arguments, node.parameters);
    const Scope scope(*this, home);
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

  // Expressions.

  PyValue lookup(const std::string& name) const {
    for (const Frame* frame = frame_.get(); frame; frame = frame->parent.get()) {
      const auto found = frame->names.find(name);
      if (found != frame->names.end()) return found->second;
    }
    if (const PyValue* value = context_.dict().find(name)) return *value;
    const auto global = globals_.find(name);
    return global != globals_.end() ? global->second : undefined("'" + name + "' is undefined");
  }

  PyList eval_all(const std::vector<JinjaExprPtr>& expressions) {
    PyList out;
    out.reserve(expressions.size());
    for (const auto& e : expressions) out.push_back(e ? eval(*e) : PyValue());
    return out;
  }

  PyValue eval(const JinjaExpr& e) {
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
        return slice(parts[0], parts[1], parts[2], parts[3]);
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

  PyValue eval_operator(const JinjaExpr& e) {
    switch (e.kind) {
      case Expr::kNegative:
        return negative(eval(*e.children[0]));
      case Expr::kPositive: {
        const PyValue value = eval(*e.children[0]);
        return value.is_number() ? value : negative(value);  // the latter raises
      }
      case Expr::kNot:
        return !eval(*e.children[0]).truthy();
      case Expr::kBinary: {
        const PyValue left = eval(*e.children[0]);
        return binary(e.operators[0], left, eval(*e.children[1]));
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

  PyValue eval_filter(const JinjaExpr& e, const std::string* text) {
    const JinjaExpr* input = e.children[0].get();
    // In a filter block the innermost filter has no input of its own: the text stands for it.
    const PyValue value = !input                                 ? PyValue(*text)
                          : input->kind == Expr::kFilter && text ? eval_filter(*input, text)
                                                                 : eval(*input);
    const PyArguments arguments = eval_arguments(e.arguments);
    line_ = e.line;
    return apply_jinja_filter(*this, e.name, value, arguments);
  }

  PyArguments eval_arguments(const JinjaArguments& a) {
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

  PyValue eval_dict(const JinjaExpr& e) {
    PyDict dict;
    for (size_t i = 0; i < e.children.size(); i += 2) {
      const PyValue key = eval(*e.children[i]);
      dict.set(key, eval(*e.children[i + 1]));
    }
    return dict;
  }

  PyValue concat(const PyList& parts) {
    std::string out;
    for (const PyValue& part : parts) out += part.str();
    charge(out.size());
    return out;
  }

  PyValue compare(const JinjaExpr& e) {
    PyValue left = eval(*e.children[0]);
    for (size_t i = 0; i < e.operators.size(); ++i) {
      PyValue right = eval(*e.children[i + 1]);
      charge(1 + (right.is_list() || right.is_tuple() ? right.items().size() : 0));
      if (!holds(e.operators[i], left, right)) return false;
      left = std::move(right);
    }
    return true;
  }

  static bool holds(const std::string& op, const PyValue& a, const PyValue& b) {
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

  // Global functions.

  PyValue range(const PyArguments& a) {
    const PyParameters p("range", a, {"start", "stop", "step"}, 1);
    for (size_t i = 0; i < 3; ++i) {
      if (p.has(i) && p[i].is_undefined()) raise("UndefinedError", p[i].undefined_message());
      if (p.has(i) && !p[i].is_int() && !p[i].is_bool()) {
        raise("TypeError", "'" + p[i].type_name() + "' object cannot be interpreted as an integer");
      }
    }
    const PyInt start = p.has(1) ? p[0].as_int() : 0,
                stop = p.has(1) ? p[1].as_int() : p[0].as_int();
    const PyInt step = p.has(2) ? p[2].as_int() : 1;
    if (step == 0) raise("ValueError", "range() arg 3 must not be zero");
    const PyInt span = step > 0 ? stop - start : start - stop, stride = step > 0 ? step : -step;
    const PyInt count = span <= 0 ? PyInt{0} : (span + stride - 1) / stride;
    if (count > kMaxRange) raise("OverflowError", "a range of more than 1,000,000 numbers");
    PyList out;
    for (PyInt i = 0; i < count; ++i) out.emplace_back(start + i * step);
    charge(out.size());
    return out;
  }

  static PyValue make_dict(const std::string& name, const PyArguments& a) {
    PyDict dict;
    if (a.positional.size() > 1) raise("TypeError", name + " expected at most 1 argument");
    for (const PyValue& base : a.positional) {
      if (base.is_dict()) {
        for (const auto& [key, value] : base.dict()) dict.set(key, value);
        continue;
      }
      for (const PyValue& pair : base.iterate()) {
        const PyList both = pair.iterate();
        if (both.size() != 2)
          raise("ValueError", "dictionary update sequence element has not length 2");
        dict.set(both[0], both[1]);
      }
    }
    for (const auto& [key, value] : a.keywords) dict.set(key, value);
    return dict;
  }

  PyValue make_namespace(const PyArguments& a) {
    auto space = std::make_shared<PyObject>();
    space->type_name = "Namespace";
    space->assignable = true;
    const PyValue values = make_dict("namespace", a);
    for (const auto& [key, value] : values.dict()) space->set(key.str(), value);
    namespaces_.push_back(space);
    return space;
  }

  const JinjaTree& tree_;
  const PyValue& context_;
  std::shared_ptr<Frame> root_, frame_;
  std::map<std::string, PyValue, std::less<>> globals_;
  std::vector<std::shared_ptr<PyObject>> namespaces_;
  int line_ = 1, depth_ = 0;
};

}  // namespace

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
  return Evaluator(*tree_, context).render();
}

}  // namespace flm
