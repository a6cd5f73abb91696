#include "tasks/jinja/expression_parser.h"

#include "tasks/jinja/runtime.h"

namespace flm {
namespace {

constexpr int kMaxTreeDepth = 400;  // of an expression: a long sum nests to the left

}  // namespace

JinjaExprPtr JinjaExpressionParser::make(Expr kind, int line, std::string name) const {
  auto e = std::make_unique<JinjaExpr>();
  e->kind = kind;
  e->line = line;
  e->name = std::move(name);
  return e;
}

void JinjaExpressionParser::adopt(JinjaExpr& parent, JinjaExprPtr child) const {
  if (child) measure(parent, *child);
  parent.children.push_back(std::move(child));
}

void JinjaExpressionParser::measure(JinjaExpr& parent, const JinjaExpr& child) const {
  parent.depth = std::max(parent.depth, child.depth + 1);
  if (parent.depth > kMaxTreeDepth)
    fail("an expression of more than " + std::to_string(kMaxTreeDepth) + " steps");
}

JinjaExprPtr JinjaExpressionParser::make(Expr kind, int line, JinjaExprPtr a,
                                         JinjaExprPtr b) const {
  JinjaExprPtr e = make(kind, line);
  adopt(*e, std::move(a));
  if (b) adopt(*e, std::move(b));
  return e;
}

bool JinjaExpressionParser::tuple_ends(string_view end_name) const {
  return peek().kind == Token::kOutputEnd || peek().kind == Token::kBlockEnd || is_op(")") ||
         (!end_name.empty() && is_name(end_name));
}

JinjaExprPtr JinjaExpressionParser::tuple(bool conditional_too, string_view end_name,
                                          bool parentheses) {
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

JinjaExprPtr JinjaExpressionParser::expression() {
  const DepthGuard guard(*this);
  const std::size_t known = unknown();
  JinjaExprPtr e = or_expression();
  while (is_name("if")) {
    JinjaExprPtr choice = make(Expr::kConditional, take().line);
    JinjaExprPtr condition = or_expression();
    adopt(*choice, std::move(condition));
    adopt(*choice, std::move(e));
    adopt(*choice, accept_name("else") ? expression() : nullptr);
    forgive_unknown_from(known);
    e = std::move(choice);
  }
  return e;
}

JinjaExprPtr JinjaExpressionParser::or_expression() {
  JinjaExprPtr left = and_expression();
  while (is_name("or")) {
    const int line = take().line;
    left = make(Expr::kOr, line, std::move(left), and_expression());
  }
  return left;
}

JinjaExprPtr JinjaExpressionParser::and_expression() {
  JinjaExprPtr left = not_expression();
  while (is_name("and")) {
    const int line = take().line;
    left = make(Expr::kAnd, line, std::move(left), not_expression());
  }
  return left;
}

JinjaExprPtr JinjaExpressionParser::not_expression() {
  if (!is_name("not")) return compare();
  const DepthGuard guard(*this);
  const int line = take().line;
  return make(Expr::kNot, line, not_expression());
}

JinjaExprPtr JinjaExpressionParser::compare() {
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

JinjaExprPtr JinjaExpressionParser::sum() {
  return left_associative({"+", "-"}, [&] { return concat(); });
}

JinjaExprPtr JinjaExpressionParser::concat() {
  const int line = peek().line;
  JinjaExprPtr first = product();
  if (!is_op("~")) return first;
  JinjaExprPtr all = make(Expr::kConcat, line, std::move(first));
  while (accept_op("~")) adopt(*all, product());
  return all;
}

JinjaExprPtr JinjaExpressionParser::product() {
  return left_associative({"*", "/", "//", "%"}, [&] { return power(); });
}

JinjaExprPtr JinjaExpressionParser::power() {
  return left_associative({"**"}, [&] { return unary(true); });
}

JinjaExprPtr JinjaExpressionParser::unary(bool with_filters) {
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

JinjaExprPtr JinjaExpressionParser::constant(int line, PyValue value) const {
  JinjaExprPtr e = make(Expr::kConstant, line);
  e->value = std::move(value);
  return e;
}

std::size_t JinjaExpressionParser::mentions(const std::string& name) const {
  const auto found = mentions_.find(name);
  return found == mentions_.end() ? 0 : found->second;
}

JinjaExprPtr JinjaExpressionParser::primary() {
  const JinjaToken token = peek();
  switch (token.kind) {
    case Token::kName:
      take();
      if (token.text == "true" || token.text == "True") return constant(token.line, true);
      if (token.text == "false" || token.text == "False") return constant(token.line, false);
      if (token.text == "none" || token.text == "None") return constant(token.line, {});
      ++mentions_[token.text];
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

PyValue JinjaExpressionParser::integer(const std::string& text) const {
  const char mark = text.size() > 1 ? static_cast<char>(text[1] | 32) : '\0';
  const int base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
  try {
    return python_parse_int(text, base);
  } catch (const PyError& e) {
    fail(e.what());
  }
}

JinjaExprPtr JinjaExpressionParser::bracketed() {
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

JinjaExprPtr JinjaExpressionParser::postfix(JinjaExprPtr e) {
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

JinjaExprPtr JinjaExpressionParser::attribute(JinjaExprPtr object) {
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

JinjaExprPtr JinjaExpressionParser::subscript(JinjaExprPtr object) {
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

JinjaExprPtr JinjaExpressionParser::call(JinjaExprPtr callee) {
  JinjaExprPtr e = make(Expr::kCall, peek().line, std::move(callee));
  call_arguments(*e);
  return e;
}

void JinjaExpressionParser::call_arguments(JinjaExpr& e) {
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

JinjaExprPtr JinjaExpressionParser::argument(JinjaExpr& parent) {
  JinjaExprPtr e = expression();
  measure(parent, *e);
  return e;
}

JinjaExprPtr JinjaExpressionParser::filters_and_tests(JinjaExprPtr e) {
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

JinjaExprPtr JinjaExpressionParser::filters(JinjaExprPtr e) {
  while (accept_op("|")) e = one_filter(std::move(e));
  return e;
}

std::string JinjaExpressionParser::dotted_name() {
  std::string name = expect_any_name();
  while (accept_op(".")) name += "." + expect_any_name();
  return name;
}

JinjaExprPtr JinjaExpressionParser::one_filter(JinjaExprPtr input) {
  const int line = peek().line;
  JinjaExprPtr e = make(Expr::kFilter, line, std::move(input));
  e->name = dotted_name();
  if (!is_jinja_filter(e->name)) unknown_.push_back({line, "No filter named '" + e->name + "'."});
  if (is_op("(")) call_arguments(*e);
  return e;
}

void JinjaExpressionParser::refuse_unknown_from(std::size_t first) const {
  if (unknown_.size() <= first) return;
  const Unknown& one = unknown_[first];
  throw PyError("TemplateAssertionError", tree_.origin + ":" + std::to_string(one.line) +
                                              ": TemplateAssertionError: " + one.message);
}

JinjaExprPtr JinjaExpressionParser::test(JinjaExprPtr value) {
  const int line = take().line;
  const bool negated = accept_name("not");
  JinjaExprPtr e = make(Expr::kTest, line, std::move(value));
  e->name = dotted_name();
  if (!is_jinja_test(e->name)) unknown_.push_back({line, "No test named '" + e->name + "'."});
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

}  // namespace flm
