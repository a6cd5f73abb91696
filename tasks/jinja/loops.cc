// `for`: its rounds, its loop object, recursion.
#include "tasks/jinja/evaluator.h"

namespace flm {
JinjaEvaluator::Flow JinjaEvaluator::run_for(const JinjaNode& node, std::string& out) {
  return run_loop({node, frame_, 0}, eval(*node.expressions[0]), out);
}

JinjaEvaluator::Flow JinjaEvaluator::run_loop(const Loop& loop, const PyValue& sequence,
                                              std::string& out) {
  const JinjaNode& node = loop.node;
  PyList items = sequence.iterate();
  charge(items.size());
  if (node.expressions[1]) items = filtered(loop, items);
  auto changed = std::make_shared<PyList>();
  bool run_to_end = false;  // of the body, in some round: a break or continue does not count
  for (size_t i = 0; i < items.size(); ++i) {
    charge(50);  // a scope and a loop object
    const Scope scope(*this, loop.home);
    assign(*node.targets[0], items[i]);
    frame_->names["loop"] = loop_object(loop, items, i, changed);
    const Flow flow = run(node.bodies[0], out);
    run_to_end |= flow == Flow::kNext;
    if (flow == Flow::kBreak) break;
  }
  if (!run_to_end && node.bodies.size() > 1) return run(node.bodies[1], out);
  return Flow::kNext;
}

PyList JinjaEvaluator::filtered(const Loop& loop, const PyList& items) {
  const JinjaNode& node = loop.node;
  PyList out;
  for (const PyValue& item : items) {
    const Scope scope(*this, loop.home);
    assign(*node.targets[0], item);
    if (eval(*node.expressions[1]).truthy()) out.push_back(item);
  }
  return out;
}

PyValue JinjaEvaluator::loop_object(const Loop& of, const PyList& items, size_t i,
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
  loop->attributes = {{"index", i + 1},        {"index0", i},
                      {"revindex", n - i},     {"revindex0", n - i - 1},
                      {"first", i == 0},       {"last", i + 1 == n},
                      {"length", n},           {"previtem", before},
                      {"nextitem", after},     {"depth", of.depth + 1},
                      {"depth0", of.depth},    {"cycle", cycle},
                      {"changed", has_changed}};
  loop->call = [this, of](const PyArguments& a) -> PyValue {
    if (!of.node.recursive)
      raise("TypeError", "The loop must have the 'recursive' marker to be called recursively.");
    std::string text;
    run_loop({of.node, of.home, of.depth + 1}, PyParameters("loop", a, {"iterable"}, 1)[0], text);
    return text;
  };
  return loop;
}

}  // namespace flm
