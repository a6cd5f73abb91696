// The tokens of a template as a parser reads them: looking ahead, taking, expecting.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tasks/jinja/lexer.h"
#include "tasks/jinja/tree.h"

namespace flm {

class JinjaTokenReader {
 public:
  JinjaTokenReader(std::vector<JinjaToken> tokens, const JinjaTree& tree)
      : tokens_(std::move(tokens)), tree_(tree) {}

 protected:
  using Token = JinjaToken::Kind;
  using string_view = std::string_view;

  static constexpr int kMaxDepth = 120;  // of brackets and blocks in the source

  struct DepthGuard {
    explicit DepthGuard(JinjaTokenReader& p) : parser(p) {
      if (++parser.depth_ > kMaxDepth)
        parser.fail("nesting beyond " + std::to_string(kMaxDepth) + " levels");
    }
    ~DepthGuard() { --parser.depth_; }
    JinjaTokenReader& parser;
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

  std::vector<JinjaToken> tokens_;
  const JinjaTree& tree_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace flm
