// Recursive descent over the tokens, with the precedences of Jinja2 3.1: or, and, not, comparisons,
// + -, ~,
// * / // %, ** (left-associative), unary signs, postfix, filters and tests.
#include "base/errors.h"
#include "tasks/jinja_lexer.h"
#include "tasks/jinja_runtime.h"
#include "tasks/jinja_tree.h"

namespace flm {
namespace {

using Expr = JinjaExpr::Kind;
using Node = JinjaNode::Kind;
using Token = JinjaToken::Kind;
using std::string_view;

constexpr int kMaxDepth = 120;      // of brackets and blocks in the source
constexpr int kMaxTreeDepth = 400;  // of an expression: a long sum nests to the left

class Parser {
 public:
  Parser(std::vector<JinjaToken> tokens, const JinjaTree& tree)
      : tokens_(std::move(tokens)), tree_(tree) {}

  JinjaBody run() {
    JinjaBody body = statements({});
    FLM_CHECK(peek().kind == Token::kEnd, "template not read to its end");
    return body;
  }

 private:
  struct DepthGuard {
    explicit DepthGuard(Parser& p) : parser(p) {
      if (++parser.depth_ > kMaxDepth)
        parser.fail("nesting beyond " + std::to_string(kMaxDepth) + " levels");
    }
    ~DepthGuard() { --parser.depth_; }
    Parser& parser;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw_jinja_syntax(tree_.origin, peek().line, what);
  }

  static std::string describe(const JinjaToken& t) {
    switch (t.kind) {
      case Token::kEnd:
        return "end of template";
      case Token::kOutputEnd:
        return "end of print statement";
      case Token::kBlockEnd:
        return "end of statement block";
      default:
        return t.text;
    }
  }

  const JinjaToken& peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool is_op(string_view op) const { return peek().is_operator(op); }
  bool is_name(string_view name) const { return peek().is_name(name); }
  JinjaToken take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  bool accept_op(string_view op) {
    if (!is_op(op)) return false;
    take();
    return true;
  }
  bool accept_name(string_view name) {
    if (!is_name(name)) return false;
    take();
    return true;
  }
  void expect_op(string_view op) {
    if (!accept_op(op))
      fail("expected token '" + std::string(op) + "', got '" + describe(peek()) + "'");
  }
  void expect_name(string_view name) {
    if (!accept_name(name))
      fail("expected token '" + std::string(name) + "', got '" + describe(peek()) + "'");
  }
  void expect(Token kind, const std::string& what) {
    if (peek().kind != kind) {
      const bool end = peek().kind == Token::kEnd;
      fail(end ? "unexpected end of template, expected '" + what + "'."
               : "expected token '" + what + "', got '" + describe(peek()) + "'");
    }
    take();
  }
  std::string expect_any_name() {
    if (peek().kind != Token::kName) fail("expected token 'name', got '" + describe(peek()) + "'");
    return take().text;
  }

  JinjaExprPtr make(Expr kind, int line, std::string name = "") const {
    auto e = std::make_unique<JinjaExpr>();
    e->kind = kind;
    e->line = line;
    e->name = std::move(name);
    return e;
  }

  void adopt(JinjaExpr& parent, JinjaExprPtr child) const {
    if (child) measure(parent, *child);
    parent.children.push_back(std::move(child));
  }

  void measure(JinjaExpr& parent, const JinjaExpr& child) const {
    parent.depth = std::max(parent.depth, child.depth + 1);
    if (parent.depth > kMaxTreeDepth)
      fail("an expression of more than " + std::to_string(kMaxTreeDepth) + " steps");
  }

  JinjaExprPtr make(Expr kind, int line, JinjaExprPtr a, JinjaExprPtr b = nullptr) const {
    JinjaExprPtr e = make(kind, line);
    adopt(*e, std::move(a));
    if (b) adopt(*e, std::move(b));
    return e;
  }

  // Statements.

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
  JinjaBody block(const std::vector<string_view>& ends) {
    accept_op(":");
    expect(Token::kBlockEnd, "end of statement block");
    return statements(ends);
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
    for (const string_view known :
         {"extends", "include", "import", "from", "block", "call", "autoescape", "do"}) {
      if (tag == known)
        fail("the tag '" + tag + "' is not supported; write the template without it");
    }
    fail("Encountered unknown tag '" + tag + "'.");
  }

  std::unique_ptr<JinjaNode> if_statement(int line) {
    auto n = node(Node::kIf, line);
    while (true) {
      n->expressions.push_back(tuple(false, {}));
      n->bodies.push_back(block({"elif", "else", "endif"}));
      const std::string end = take().text;
      if (end == "elif") continue;
      if (end == "else") {
        n->bodies.push_back(block({"endif"}));
        take();
      }
      return n;
    }
  }

  std::unique_ptr<JinjaNode> for_statement(int line) {
    auto n = node(Node::kFor, line);
    n->targets.push_back(target("in"));
    expect_name("in");
    n->expressions.push_back(tuple(false, "recursive"));
    n->expressions.push_back(accept_name("if") ? expression() : nullptr);
    if (is_name("recursive")) fail("recursive loops are not supported");
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
    expect_op("(");
    while (!is_op(")")) {
      if (!n->parameters.empty()) expect_op(",");
      n->parameters.push_back(expect_any_name());
      if (accept_op("=")) {
        n->expressions.push_back(expression());
      } else if (!n->expressions.empty()) {
        fail("non-default argument follows default argument");
      }
    }
    expect_op(")");
    const int loops = std::exchange(loops_, 0);
    n->bodies.push_back(block({"endmacro"}));
    loops_ = loops;
    take();
    return n;
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

  // Expressions.

  bool tuple_ends(string_view end_name) const {
    return peek().kind == Token::kOutputEnd || peek().kind == Token::kBlockEnd || is_op(")") ||
           (!end_name.empty() && is_name(end_name));
  }

  JinjaExprPtr tuple(bool conditional_too, string_view end_name, bool parentheses = false) {
    const int line = peek().line;
    JinjaExprPtr all = make(Expr::kTuple, line);
    bool is_tuple = false;
    while (!tuple_ends(end_name)) {
      adopt(*all, conditional_too ? expression() : or_expression());
      if (!is_op(",")) break;
      take();
      is_tuple = true;
    }
    if (is_tuple) return all;
    if (!all->children.empty()) return std::move(all->children[0]);
    if (!parentheses) fail("Expected an expression, got '" + describe(peek()) + "'");
    return all;
  }

  JinjaExprPtr expression() {
    const DepthGuard guard(*this);
    JinjaExprPtr e = or_expression();
    while (is_name("if")) {
      JinjaExprPtr choice = make(Expr::kConditional, take().line);
      JinjaExprPtr condition = or_expression();
      adopt(*choice, std::move(condition));
      adopt(*choice, std::move(e));
      adopt(*choice, accept_name("else") ? expression() : nullptr);
      e = std::move(choice);
    }
    return e;
  }

  JinjaExprPtr or_expression() {
    JinjaExprPtr left = and_expression();
    while (is_name("or")) {
      const int line = take().line;
      left = make(Expr::kOr, line, std::move(left), and_expression());
    }
    return left;
  }

  JinjaExprPtr and_expression() {
    JinjaExprPtr left = not_expression();
    while (is_name("and")) {
      const int line = take().line;
      left = make(Expr::kAnd, line, std::move(left), not_expression());
    }
    return left;
  }

  JinjaExprPtr not_expression() {
    if (!is_name("not")) return compare();
    const DepthGuard guard(*this);
    const int line = take().line;
    return make(Expr::kNot, line, not_expression());
  }

  JinjaExprPtr compare() {
    const int line = peek().line;
    JinjaExprPtr first = sum();
    JinjaExprPtr all = make(Expr::kCompare, line);
    while (true) {
      std::string op;
      for (const string_view known : {"==", "!=", "<=", ">=", "<", ">"}) {
        if (is_op(known)) op = known;
      }
      if (is_name("in")) op = "in";
      if (is_name("not") && peek(1).is_name("in")) op = "not in";
      if (op.empty()) break;
      take();
      if (op == "not in") take();
      if (first) adopt(*all, std::move(first));
      all->operators.push_back(op);
      adopt(*all, sum());
    }
    return all->operators.empty() ? std::move(first) : std::move(all);
  }

  template <class Next>
  JinjaExprPtr left_associative(std::initializer_list<string_view> operators, Next next) {
    JinjaExprPtr left = next();
    while (true) {
      const auto op =
          std::find_if(operators.begin(), operators.end(), [&](string_view o) { return is_op(o); });
      if (op == operators.end()) return left;
      const int line = take().line;
      left = make(Expr::kBinary, line, std::move(left), next());
      left->operators.emplace_back(*op);
    }
  }

  JinjaExprPtr sum() {
    return left_associative({"+", "-"}, [&] { return concat(); });
  }

  JinjaExprPtr concat() {
    const int line = peek().line;
    JinjaExprPtr first = product();
    if (!is_op("~")) return first;
    JinjaExprPtr all = make(Expr::kConcat, line, std::move(first));
    while (accept_op("~")) adopt(*all, product());
    return all;
  }

  JinjaExprPtr product() {
    return left_associative({"*", "/", "//", "%"}, [&] { return power(); });
  }

  JinjaExprPtr power() {
    return left_associative({"**"}, [&] { return unary(true); });
  }

  JinjaExprPtr unary(bool with_filters) {
    const DepthGuard guard(*this);
    const int line = peek().line;
    JinjaExprPtr e;
    if (accept_op("-")) {
      e = make(Expr::kNegative, line, unary(false));
    } else if (accept_op("+")) {
      e = make(Expr::kPositive, line, unary(false));
    } else {
      e = primary();
    }
    e = postfix(std::move(e));
    return with_filters ? filters_and_tests(std::move(e)) : std::move(e);
  }

  JinjaExprPtr constant(int line, PyValue value) const {
    JinjaExprPtr e = make(Expr::kConstant, line);
    e->value = std::move(value);
    return e;
  }

  JinjaExprPtr primary() {
    const JinjaToken token = peek();
    switch (token.kind) {
      case Token::kName:
        take();
        if (token.text == "true" || token.text == "True") return constant(token.line, true);
        if (token.text == "false" || token.text == "False") return constant(token.line, false);
        if (token.text == "none" || token.text == "None") return constant(token.line, {});
        return make(Expr::kName, token.line, token.text);
      case Token::kString: {
        std::string text;
        while (peek().kind == Token::kString) text += take().text;
        return constant(token.line, text);
      }
      case Token::kInteger:
        take();
        return constant(token.line, integer(token.text));
      case Token::kFloat:
        take();
        return constant(token.line, python_parse_float(token.text));
      default:
        return bracketed();
    }
  }

  PyValue integer(const std::string& text) const {
    const char mark = text.size() > 1 ? static_cast<char>(text[1] | 32) : '\0';
    const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    try {
      return python_parse_int(text, base);
    } catch (const PyError& e) {
      fail(e.what());
    }
  }

  JinjaExprPtr bracketed() {
    const int line = peek().line;
    if (accept_op("(")) {
      JinjaExprPtr e = tuple(true, {}, true);
      expect_op(")");
      return e;
    }
    if (accept_op("[")) {
      JinjaExprPtr e = make(Expr::kList, line);
      while (!is_op("]")) {
        if (!e->children.empty()) expect_op(",");
        if (is_op("]")) break;
        adopt(*e, expression());
      }
      expect_op("]");
      return e;
    }
    if (!accept_op("{")) fail("unexpected '" + describe(peek()) + "'");
    JinjaExprPtr e = make(Expr::kDict, line);
    while (!is_op("}")) {
      if (!e->children.empty()) expect_op(",");
      if (is_op("}")) break;
      adopt(*e, expression());
      expect_op(":");
      adopt(*e, expression());
    }
    expect_op("}");
    return e;
  }

  JinjaExprPtr postfix(JinjaExprPtr e) {
    while (true) {
      if (is_op(".")) {
        e = attribute(std::move(e));
      } else if (is_op("[")) {
        e = subscript(std::move(e));
      } else if (is_op("(")) {
        e = call(std::move(e));
      } else {
        return e;
      }
    }
  }

  JinjaExprPtr attribute(JinjaExprPtr object) {
    const int line = take().line;
    if (peek().kind == Token::kName) {
      JinjaExprPtr e = make(Expr::kAttribute, line, std::move(object));
      e->name = take().text;
      return e;
    }
    if (peek().kind != Token::kInteger) fail("expected name or number");
    const std::string number = take().text;
    return make(Expr::kItem, line, std::move(object), constant(line, integer(number)));
  }

  JinjaExprPtr subscript(JinjaExprPtr object) {
    const int line = take().line;
    JinjaExprPtr start = is_op(":") ? nullptr : expression();
    if (!is_op(":")) {
      expect_op("]");
      return make(Expr::kItem, line, std::move(object), std::move(start));
    }
    JinjaExprPtr e = make(Expr::kSlice, line, std::move(object));
    adopt(*e, std::move(start));
    for (int i = 0; i < 2; ++i) {
      const bool given = accept_op(":") && !is_op(":") && !is_op("]");
      adopt(*e, given ? expression() : nullptr);
    }
    expect_op("]");
    return e;
  }

  JinjaExprPtr call(JinjaExprPtr callee) {
    JinjaExprPtr e = make(Expr::kCall, peek().line, std::move(callee));
    call_arguments(*e);
    return e;
  }

  void call_arguments(JinjaExpr& e) {
    JinjaArguments& a = e.arguments;
    expect_op("(");
    while (!is_op(")")) {
      const bool starred = a.star || a.double_star;
      if (accept_op("*")) {
        if (starred) fail("invalid syntax for function call expression");
        a.star = argument(e);
      } else if (accept_op("**")) {
        if (a.double_star) fail("invalid syntax for function call expression");
        a.double_star = argument(e);
      } else if (peek().kind == Token::kName && peek(1).is_operator("=")) {
        const std::string name = take().text;
        take();
        a.keywords.emplace_back(name, argument(e));
      } else {
        if (starred || !a.keywords.empty()) fail("invalid syntax for function call expression");
        a.positional.push_back(argument(e));
      }
      if (!is_op(")")) expect_op(",");
    }
    expect_op(")");
  }

  JinjaExprPtr argument(JinjaExpr& parent) {
    JinjaExprPtr e = expression();
    measure(parent, *e);
    return e;
  }

  JinjaExprPtr filters_and_tests(JinjaExprPtr e) {
    while (true) {
      if (is_op("|")) {
        e = filters(std::move(e));
      } else if (is_name("is")) {
        e = test(std::move(e));
      } else if (is_op("(")) {
        e = call(std::move(e));
      } else {
        return e;
      }
    }
  }

  JinjaExprPtr filters(JinjaExprPtr e) {
    while (accept_op("|")) e = one_filter(std::move(e));
    return e;
  }

  std::string dotted_name() {
    std::string name = expect_any_name();
    while (accept_op(".")) name += "." + expect_any_name();
    return name;
  }

  JinjaExprPtr one_filter(JinjaExprPtr input) {
    const int line = peek().line;
    JinjaExprPtr e = make(Expr::kFilter, line, std::move(input));
    e->name = dotted_name();
    if (!is_jinja_filter(e->name)) fail_unknown("No filter named", e->name);
    if (is_op("(")) call_arguments(*e);
    return e;
  }

  [[noreturn]] void fail_unknown(const std::string& what, const std::string& name) const {
    throw PyError("TemplateAssertionError", tree_.origin + ":" + std::to_string(peek().line) +
                                                ": TemplateAssertionError: " + what + " '" + name +
                                                "'.");
  }

  JinjaExprPtr test(JinjaExprPtr value) {
    const int line = take().line;
    const bool negated = accept_name("not");
    JinjaExprPtr e = make(Expr::kTest, line, std::move(value));
    e->name = dotted_name();
    if (!is_jinja_test(e->name)) fail_unknown("No test named", e->name);
    const bool word = is_name("else") || is_name("or") || is_name("and");
    const bool value_follows = peek().kind == Token::kName || peek().kind == Token::kString ||
                               peek().kind == Token::kInteger || peek().kind == Token::kFloat ||
                               is_op("[") || is_op("{");
    if (is_op("(")) {
      call_arguments(*e);
    } else if (value_follows && !word) {
      if (is_name("is")) fail("You cannot chain multiple tests with is");
      JinjaExprPtr only = postfix(primary());
      measure(*e, *only);
      e->arguments.positional.push_back(std::move(only));
    }
    return negated ? make(Expr::kNot, line, std::move(e)) : std::move(e);
  }

  std::vector<JinjaToken> tokens_;
  const JinjaTree& tree_;
  size_t at_ = 0;
  int depth_ = 0, loops_ = 0;
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
