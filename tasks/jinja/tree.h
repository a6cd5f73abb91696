// The syntax tree of a template.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tasks/jinja/template.h"

namespace flm {

struct JinjaExpr;
using JinjaExprPtr = std::unique_ptr<JinjaExpr>;

struct JinjaArguments {
  std::vector<JinjaExprPtr> positional;
  std::vector<std::pair<std::string, JinjaExprPtr>> keywords;
  JinjaExprPtr star, double_star;  // *args and **kwargs, or null
};

struct JinjaExpr {
  enum class Kind {
    kConstant,   // value
    kName,       // name
    kList,       // children
    kTuple,      // children
    kDict,       // children: key, value, key, value ...
    kAttribute,  // children[0] . name
    kItem,       // children[0] [ children[1] ]
    kSlice,      // children[0] [ children[1] : children[2] : children[3] ], absent ones null
    kCall,       // children[0] ( arguments )
    kFilter,     // children[0] | name ( arguments ); a null child is the text of a filter block
    kTest,       // children[0] is name ( arguments )
    kNegative,   // - children[0]
    kPositive,   // + children[0]
    kNot,        // not children[0]
    kBinary,     // children[0] OP children[1], OP in operators[0]
    kConcat,     // children joined by ~
    kCompare,    // children with operators between them
    kAnd,
    kOr,
    kConditional,         // children[1] if children[0] else children[2], which may be null
    kNamespaceAttribute,  // only as a target: name . operators[0]
  };

  Kind kind = Kind::kConstant;
  int line = 0;
  int depth = 1;  // of this subtree
  std::string name;
  PyValue value;
  std::vector<JinjaExprPtr> children;
  std::vector<std::string> operators;
  JinjaArguments arguments;
};

struct JinjaNode;
using JinjaBody = std::vector<std::unique_ptr<JinjaNode>>;

struct JinjaNode {
  enum class Kind {
    kText,      // text
    kOutput,    // expressions[0]
    kIf,        // expressions[i] guards bodies[i]; one body more is the else
    kFor,       // target, expressions[0] in, expressions[1] (may be null) the filter; bodies[0],
                // bodies[1] the else
    kSet,       // target = expressions[0]
    kSetBlock,  // target = bodies[0], through the filter expressions[0] (may be null)
    kWith,      // targets[i] = expressions[i]; bodies[0]
    kMacro,     // text is its name, parameters; expressions: defaults of the last ones; bodies[0]
    kCall,      // expressions[0] is a call that gets bodies[0] as the macro caller; parameters and
                // the further expressions: its parameters and defaults
    kFilter,    // bodies[0] through expressions[0]
    kBreak,
    kContinue,
  };

  Kind kind = Kind::kText;
  int line = 0;
  std::string text;
  std::vector<JinjaExprPtr> targets;
  std::vector<JinjaExprPtr> expressions;
  std::vector<std::string> parameters;
  bool recursive = false;  // kFor: loop(items) renders its body again
  // kMacro, kCall: the body uses varargs, kwargs, caller
  bool more_positional = false, more_keywords = false, takes_caller = false;
  std::vector<JinjaBody> bodies;
};

struct JinjaTree {
  std::string origin;
  JinjaTemplate::Options options;
  JinjaBody body;
};

/// Throws PyError("TemplateSyntaxError") "ORIGIN:line: ...".
JinjaTree parse_jinja(std::string_view source, std::string origin,
                      const JinjaTemplate::Options& options);

}  // namespace flm
