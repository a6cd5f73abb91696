// Expressions by recursive descent, with the precedences of Jinja2 3.1: or, and, not,
// comparisons, + -, ~, * / // %, ** (left-associative), unary signs, postfix, filters and tests.
#pragma once

#include "tasks/jinja/token_reader.h"

namespace flm {

class JinjaExpressionParser : public JinjaTokenReader {
 public:
  using JinjaTokenReader::JinjaTokenReader;

 protected:
  using Expr = JinjaExpr::Kind;

  /// How often a name was read so far.
  std::size_t mentions(const std::string& name) const;
  JinjaExprPtr make(Expr kind, int line, std::string name = "") const;
  void adopt(JinjaExpr& parent, JinjaExprPtr child) const;
  void measure(JinjaExpr& parent, const JinjaExpr& child) const;
  JinjaExprPtr make(Expr kind, int line, JinjaExprPtr a, JinjaExprPtr b = nullptr) const;
  bool tuple_ends(string_view end_name) const;
  JinjaExprPtr tuple(bool conditional_too, string_view end_name, bool parentheses = false);
  JinjaExprPtr expression();
  JinjaExprPtr or_expression();
  JinjaExprPtr and_expression();
  JinjaExprPtr not_expression();
  JinjaExprPtr compare();
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
  JinjaExprPtr sum();
  JinjaExprPtr concat();
  JinjaExprPtr product();
  JinjaExprPtr power();
  JinjaExprPtr unary(bool with_filters);
  JinjaExprPtr constant(int line, PyValue value) const;
  JinjaExprPtr primary();
  PyValue integer(const std::string& text) const;
  JinjaExprPtr bracketed();
  JinjaExprPtr postfix(JinjaExprPtr e);
  JinjaExprPtr attribute(JinjaExprPtr object);
  JinjaExprPtr subscript(JinjaExprPtr object);
  JinjaExprPtr call(JinjaExprPtr callee);
  void call_arguments(JinjaExpr& e);
  JinjaExprPtr argument(JinjaExpr& parent);
  JinjaExprPtr filters_and_tests(JinjaExprPtr e);
  JinjaExprPtr filters(JinjaExprPtr e);
  std::string dotted_name();
  JinjaExprPtr one_filter(JinjaExprPtr input);
  JinjaExprPtr test(JinjaExprPtr value);

  /// Filters and tests that are not known so far. As Jinja has it, those of an `if` or of a
  /// conditional expression are an error where they are used; all others are one of the template.
  std::size_t unknown() const { return unknown_.size(); }
  void forgive_unknown_from(std::size_t first) { unknown_.resize(first); }
  void refuse_unknown_from(std::size_t first) const;

 private:
  struct Unknown {
    int line = 0;
    std::string message;
  };

  std::map<std::string, std::size_t> mentions_;
  std::vector<Unknown> unknown_;
};

}  // namespace flm
