#include "engine/tokenizer/configured_tokenizer.h"

#include "base/errors.h"
#include "base/text/utf8.h"

namespace flm {

ConfiguredTokenizer::ConfiguredTokenizer(const TokenizerConfig& config)
    : eos_ids_(config.eos_ids),
      clean_up_spaces_(config.clean_up_spaces),
      chat_template_(config.chat_template),
      special_token_texts_(config.special_token_texts),
      chat_templates_(config.chat_templates),
      notes_(config.notes) {
  for (const NamedText& one : config.unread_token_texts)
    if (special_token_text(one.name).empty()) special_token_texts_.push_back(one);
}

void ConfiguredTokenizer::name_by_class(const TokenizerConfig& config, RebuildingClass which) {
  for (const NamedText& one : special_texts_of(which))
    if (!config.given_names.contains(one.name) && special_token_text(one.name).empty())
      special_token_texts_.push_back(one);
}

std::string ConfiguredTokenizer::special_token_text(const std::string& name) const {
  for (const NamedText& one : special_token_texts_)
    if (one.name == name) return one.text;
  return "";
}

std::vector<std::string> ConfiguredTokenizer::chat_template_names() const {
  std::vector<std::string> names;
  for (const NamedText& one : chat_templates_) names.push_back(one.name);
  return names;
}

std::string ConfiguredTokenizer::chat_template(const std::string& name) const {
  for (const NamedText& one : chat_templates_)
    if (one.name == name) return one.text;
  return "";
}

std::optional<std::int32_t> ConfiguredTokenizer::named(const std::string& content,
                                                       std::int32_t otherwise) const {
  for (const AddedToken& token : added_.tokens())
    if (!content.empty() && token.content == content) return token.id;
  return otherwise >= 0 ? std::optional<std::int32_t>(otherwise) : std::nullopt;
}

void ConfiguredTokenizer::resolve_bos(AddBos add_bos, bool by_default, const std::string& path) {
  adds_bos_ = add_bos == AddBos::kOn || (add_bos == AddBos::kAuto && by_default);
  if (adds_bos_ && !bos_)
    throw UserError(path + ": a BOS token is asked for and the tokenizer has none; turn it off");
}

void ConfiguredTokenizer::resolve_eos_ids() {
  if (eos_ids_.empty() && eos_) eos_ids_.push_back(*eos_);
}

void ConfiguredTokenizer::refuse_id(std::int32_t id) const {
  throw UserError("token id outside the tokenizer's 0.." + std::to_string(vocab_size_ - 1) + ": " +
                  std::to_string(id));
}

void ConfiguredTokenizer::require_utf8(std::string_view text) const {
  if (!utf8_valid(text)) throw UserError("text to tokenize is not UTF-8; mend its encoding");
}

std::string ConfiguredTokenizer::describe_added() const {
  std::string out;
  for (const AddedToken& t : added_.tokens()) {
    out += std::to_string(t.id) + " " + std::to_string(t.content.size()) + " " + t.content + " ";
    for (bool flag : {t.special, t.lstrip, t.rstrip, t.single_word, t.normalized})
      out += flag ? '1' : '0';
    out += '\n';
  }
  return out + (clean_up_spaces_ ? "clean up\n" : "\n");
}

std::string ConfiguredTokenizer::finish_decoding(std::string text) const {
  if (!clean_up_spaces_) return text;
  // transformers' clean_up_tokenization, in its order.
  static constexpr std::pair<std::string_view, std::string_view> kRules[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kRules) text = replaced(std::move(text), from, to);
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at; (at = text.find(from, done)) != std::string::npos; done = at + from.size())
    out.append(text, done, at - done).append(to);
  return out.append(text, done);
}

}  // namespace flm
