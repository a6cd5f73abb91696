// The walk over a template's tree. Scopes are frames that point to their parents; a macro keeps the
// frame it was defined in.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tasks/jinja/runtime.h"
#include "tasks/jinja/tree.h"

namespace flm {

/// One rendering: owns its frames and namespaces, used by one thread. Tree and context outlive it.
class JinjaEvaluator : public JinjaRuntime {
 public:
  JinjaEvaluator(const JinjaTree& tree, const PyValue& context);
  JinjaEvaluator(const JinjaEvaluator&) = delete;
  JinjaEvaluator& operator=(const JinjaEvaluator&) = delete;
  ~JinjaEvaluator() override;

  std::string render();

 private:
  enum class Flow { kNext, kBreak, kContinue };

  struct Frame {
    std::map<std::string, PyValue, std::less<>> names;
    std::shared_ptr<Frame> parent;
  };
  /// Counts nested evaluations: macros may call themselves.
  struct DepthGuard {
    explicit DepthGuard(JinjaEvaluator& e);
    ~DepthGuard() { --evaluator.depth_; }
    JinjaEvaluator& evaluator;
  };
  /// A new scope until the end of the C++ scope.
  struct Scope {
    Scope(JinjaEvaluator& e, std::shared_ptr<Frame> parent);
    ~Scope();
    JinjaEvaluator& evaluator;
    std::shared_ptr<Frame> saved;
  };

  // evaluator.cc, loops.cc, macros.cc: statements
  std::string text_of(const JinjaBody& body);
  Flow run(const JinjaBody& body, std::string& out);
  void print(std::string text, std::string& out);
  Flow run(const JinjaNode& node, std::string& out);
  PyValue scoped_text(const JinjaNode& node);
  Flow run_if(const JinjaNode& node, std::string& out);
  PyValue bounded(PyValue value);
  void check_nesting(const PyValue& value, int depth);
  Flow run_with(const JinjaNode& node, std::string& out);
  Flow run_for(const JinjaNode& node, std::string& out);
  /// What a `for` statement is the same for all its rounds and depths.
  struct Loop {
    const JinjaNode& node;
    std::shared_ptr<Frame> home;  // the scope that the statement stands in
    int depth;                    // of recursion, 0 outermost
  };
  Flow run_loop(const Loop& loop, const PyValue& sequence, std::string& out);
  PyList filtered(const Loop& loop, const PyList& items);
  PyValue loop_object(const Loop& loop, const PyList& items, size_t i,
                      const std::shared_ptr<PyList>& changed);
  void run_call(const JinjaNode& node, std::string& out);
  PyFunction macro(const JinjaNode& node);
  void assign(const JinjaExpr& target, const PyValue& value);
  void unpack(const JinjaExpr& target, const PyValue& value);
  PyValue call_macro(const JinjaNode& node, const std::shared_ptr<Frame>& home,
                     const PyArguments& arguments);

  // expressions.cc
  PyValue lookup(const std::string& name) const;
  PyList eval_all(const std::vector<JinjaExprPtr>& expressions);
  PyValue eval(const JinjaExpr& e);
  PyValue eval_operator(const JinjaExpr& e);
  PyValue eval_filter(const JinjaExpr& e, const std::string* text);
  PyArguments eval_arguments(const JinjaArguments& a);
  PyValue eval_dict(const JinjaExpr& e);
  PyValue concat(const PyList& parts);
  PyValue compare(const JinjaExpr& e);
  static bool holds(const std::string& op, const PyValue& a, const PyValue& b);

  // globals.cc: functions that every template has
  void add_globals();
  PyValue range(const PyArguments& a);
  static PyValue make_dict(const std::string& name, const PyArguments& a);
  PyValue make_namespace(const PyArguments& a);
  PyValue make_cycler(const PyArguments& a);

  const JinjaTree& tree_;
  const PyValue& context_;
  std::shared_ptr<Frame> root_, frame_;
  std::map<std::string, PyValue, std::less<>> globals_;
  std::vector<std::shared_ptr<PyObject>> namespaces_;
  int line_ = 1, depth_ = 0;
};

}  // namespace flm
