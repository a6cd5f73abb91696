// Statements by recursive descent; expressions are read by the base class.
#include "base/errors.h"
#include "tasks/jinja/expression_parser.h"

namespace flm {
namespace {

using Node = JinjaNode::Kind;
using std::string_view;

class Parser : public JinjaExpressionParser {
 public:
  using JinjaExpressionParser::JinjaExpressionParser;

  JinjaBody run() {
    JinjaBody body = statements({});
    refuse_unknown_from(0);
    FLM_CHECK(peek().kind == Token::kEnd, "template not read to its end");
    return body;
  }

 private:
  /// Nodes up to a block whose name is in `ends` (left at that name) or the end of the template.
  JinjaBody statements(const std::vector<string_view>& ends) {
    const DepthGuard guard(*this);
    JinjaBody body;
    while (peek().kind != Token::kEnd) {
      const int line = peek().line;
      const JinjaToken token = take();
      if (token.kind == Token::kText) {
        body.push_back(node(Node::kText, line));
        body.back()->text = token.text;
      } else if (token.kind == Token::kOutputBegin) {
        body.push_back(node(Node::kOutput, line));
        body.back()->expressions.push_back(tuple(true, {}));
        expect(Token::kOutputEnd, "end of print statement");
      } else {
        for (const string_view end : ends) {
          if (is_name(end)) return body;
        }
        body.push_back(statement());
        expect(Token::kBlockEnd, "end of statement block");
      }
    }
    if (!ends.empty()) {
      fail("Unexpected end of template. Jinja was looking for the following tags: '" +
           std::string(ends.back()) + "'.");
    }
    return body;
  }

  /// ":"? "%}" nodes, up to one of `ends`.
  JinjaBody branch(const std::vector<string_view>& ends) {
    accept_op(":");
    expect(Token::kBlockEnd, "end of statement block");
    return statements(ends);
  }

  /// The same, of what has names of its own: an `if` around it forgives nothing inside.
  JinjaBody block(const std::vector<string_view>& ends) {
    const std::size_t known = unknown();
    JinjaBody body = branch(ends);
    refuse_unknown_from(known);
    return body;
  }

  static std::unique_ptr<JinjaNode> node(Node kind, int line) {
    auto n = std::make_unique<JinjaNode>();
    n->kind = kind;
    n->line = line;
    return n;
  }

  std::unique_ptr<JinjaNode> statement() {
    if (peek().kind != Token::kName) fail("tag name expected");
    const int line = peek().line;
    const std::string tag = take().text;
    if (tag == "if") return if_statement(line);
    if (tag == "for") return for_statement(line);
    if (tag == "set") return set_statement(line);
    if (tag == "with") return with_statement(line);
    if (tag == "macro") return macro_statement(line);
    if (tag == "call") return call_statement(line);
    if (tag == "filter") return filter_statement(line);
    if (tag == "print") return print_statement(line);
    const bool control = tree_.options.loop_controls && (tag == "break" || tag == "continue");
    if (control) {
      if (loops_ == 0) fail("'" + tag + "' outside a loop");
      return node(tag == "break" ? Node::kBreak : Node::kContinue, line);
    }
    if (tree_.options.loop_controls &&
        tag == "generation") {  // marks the assistant's text; prints it
      auto n = node(Node::kWith, line);
      n->bodies.push_back(block({"endgeneration"}));
      take();
      return n;
    }
    refuse(tag);
    fail("Encountered unknown tag '" + tag + "'.");
  }

  /// Tags of Jinja2 that mean nothing to a text without neighbours.
  void refuse(const std::string& tag) const {
    for (const string_view other : {"extends", "include", "import", "from"}) {
      if (tag == other)
        fail("the tag '" + tag +
             "' is not supported: it reads another template; write it out here");
    }
    for (const string_view known : {"block", "autoescape"}) {
      if (tag == known)
        fail("the tag '" + tag + "' is not supported; write the template without it");
    }
  }

  std::unique_ptr<JinjaNode> if_statement(int line) {
    auto n = node(Node::kIf, line);
    const std::size_t known = unknown();
    std::string end = "elif";
    while (end == "elif") {
      n->expressions.push_back(tuple(false, {}));
      n->bodies.push_back(branch({"elif", "else", "endif"}));
      end = take().text;
    }
    if (end == "else") {
      n->bodies.push_back(branch({"endif"}));
      take();
    }
    forgive_unknown_from(known);
    return n;
  }

  std::unique_ptr<JinjaNode> for_statement(int line) {
    auto n = node(Node::kFor, line);
    n->targets.push_back(target("in"));
    expect_name("in");
    n->expressions.push_back(tuple(false, "recursive"));
    n->expressions.push_back(accept_name("if") ? expression() : nullptr);
    n->recursive = accept_name("recursive");
    ++loops_;
    n->bodies.push_back(block({"endfor", "else"}));
    --loops_;
    if (take().text == "else") {
      n->bodies.push_back(block({"endfor"}));
      take();
    }
    return n;
  }

  std::unique_ptr<JinjaNode> set_statement(int line) {
    auto n = node(Node::kSet, line);
    n->targets.push_back(target("", true));
    if (accept_op("=")) {
      n->expressions.push_back(tuple(true, {}));
      return n;
    }
    n->kind = Node::kSetBlock;
    n->expressions.push_back(is_op("|") ? filters(nullptr) : nullptr);
    n->bodies.push_back(block({"endset"}));
    take();
    return n;
  }

  std::unique_ptr<JinjaNode> with_statement(int line) {
    auto n = node(Node::kWith, line);
    while (peek().kind != Token::kBlockEnd && !is_op(":")) {
      if (!n->targets.empty()) expect_op(",");
      n->targets.push_back(target(""));
      expect_op("=");
      n->expressions.push_back(expression());
    }
    n->bodies.push_back(block({"endwith"}));
    take();
    return n;
  }

  std::unique_ptr<JinjaNode> macro_statement(int line) {
    auto n = node(Node::kMacro, line);
    n->text = expect_any_name();
    signature(*n);
    macro_body(*n, "endmacro");
    return n;
  }

  /// {% call(parameters) macro(arguments) %}: the block is the macro that `caller` stands for.
  std::unique_ptr<JinjaNode> call_statement(int line) {
    auto n = node(Node::kCall, line);
    n->text = "caller";
    n->expressions.push_back(nullptr);
    if (is_op("(")) signature(*n);
    n->expressions[0] = expression();
    if (n->expressions[0]->kind != Expr::kCall) fail("expected call");
    macro_body(*n, "endcall");
    return n;
  }

  /// (a, b=1): names into parameters, defaults of the last ones after the expressions there are.
  void signature(JinjaNode& n) {
    const std::size_t before = n.expressions.size();
    expect_op("(");
    while (!is_op(")")) {
      if (!n.parameters.empty()) expect_op(",");
      n.parameters.push_back(expect_any_name());
      if (accept_op("=")) {
        n.expressions.push_back(expression());
      } else if (n.expressions.size() > before) {
        fail("non-default argument follows default argument");
      }
    }
    expect_op(")");
    const std::size_t required = n.parameters.size() - (n.expressions.size() - before);
    for (std::size_t i = 0; i < required; ++i) {
      if (n.parameters[i] == "caller")
        throw PyError("TemplateAssertionError",
                      tree_.origin + ":" + std::to_string(n.line) +
                          ": TemplateAssertionError: the argument \"caller\" must be omitted or "
                          "be given a default.");
    }
  }

  void macro_body(JinjaNode& n, string_view end) {
    const int loops = std::exchange(loops_, 0);
    const std::size_t varargs = mentions("varargs"), kwargs = mentions("kwargs"),
                      caller = mentions("caller");
    n.bodies.push_back(block({end}));
    n.more_positional = mentions("varargs") > varargs;
    n.more_keywords = mentions("kwargs") > kwargs;
    n.takes_caller = mentions("caller") > caller;
    loops_ = loops;
    take();
  }

  std::unique_ptr<JinjaNode> filter_statement(int line) {
    auto n = node(Node::kFilter, line);
    n->expressions.push_back(filters(one_filter(nullptr)));
    n->bodies.push_back(block({"endfilter"}));
    take();
    return n;
  }

  std::unique_ptr<JinjaNode> print_statement(int line) {
    auto n = node(Node::kOutput, line);
    n->expressions.push_back(tuple(true, {}));
    return n;
  }

  /// An assignment target: a name, a tuple of names, or ns.attribute.
  JinjaExprPtr target(string_view end, bool with_namespace = false) {
    const int line = peek().line;
    if (with_namespace && peek(1).is_operator(".")) {
      JinjaExprPtr e = make(Expr::kNamespaceAttribute, line, expect_any_name());
      take();
      e->operators.push_back(expect_any_name());
      return e;
    }
    JinjaExprPtr first = target_item();
    if (!is_op(",")) return first;
    JinjaExprPtr all = make(Expr::kTuple, line, std::move(first));
    while (accept_op(",")) {
      if (is_op("=") || is_op(")") || (!end.empty() && is_name(end))) break;
      adopt(*all, target_item());
    }
    return all;
  }

  JinjaExprPtr target_item() {
    const DepthGuard guard(*this);
    if (accept_op("(")) {
      JinjaExprPtr inner = target("");
      expect_op(")");
      return inner;
    }
    const int line = peek().line;
    const std::string name = expect_any_name();
    for (const string_view word : {"true", "false", "none", "True", "False", "None", "and", "or",
                                   "not", "in", "is", "if", "else"}) {
      if (name == word) fail("can't assign to '" + name + "'");
    }
    return make(Expr::kName, line, name);
  }

  int loops_ = 0;
};

}  // namespace

JinjaTree parse_jinja(string_view source, std::string origin,
                      const JinjaTemplate::Options& options) {
  JinjaTree tree;
  tree.origin = std::move(origin);
  tree.options = options;
  tree.body = Parser(lex_jinja(source, tree.origin, options), tree).run();
  return tree;
}

}  // namespace flm
