#include "engine/tokenizer/json_tokenizer.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/tokenizer/json_values.h"
#include "engine/tokenizer/transformers_class.h"
#include "engine/tokenizer/transformers_notes.h"

namespace flm {
namespace {

AddedToken* find_content(std::vector<AddedToken>& tokens, const std::string& content) {
  const auto found = std::find_if(tokens.begin(), tokens.end(), [&](const AddedToken& token) {
    return token.content == content;
  });
  return found == tokens.end() ? nullptr : &*found;
}

/// As transformers does: added_tokens_decoder decides over the file's flags (what was special stays
/// it), what a key such as eos_token names is special, and a token that the file lacks is added.
void configure(std::vector<AddedToken>& tokens, const TokenizerConfig& config) {
  std::vector<AddedToken> declared = config.declared.value_or(tokens);
  for (const AddedToken& token : declared) {
    AddedToken* known = find_content(tokens, token.content);
    if (!known) continue;
    const bool special = known->special || token.special;
    *known = token;
    known->special = special;
  }
  for (const AddedToken& more : config.added)
    if (!find_content(tokens, more.content)) tokens.push_back(more);
  for (const NamedText& name : config.special_token_texts)
    if (find_content(declared, name.text)) find_content(tokens, name.text)->special = true;
}

/// The library would find either, from one run to the next.
void refuse_two_of_one_text(const std::vector<AddedToken>& tokens, const std::string& path) {
  std::map<std::string_view, std::string_view> found;
  for (const AddedToken& token : tokens) {
    if (!token.normalized) continue;
    const auto [other, added] = found.emplace(token.sought, token.content);
    if (!added && other->second != token.content)
      throw UserError(path +
                      ": the normalizer makes one text of two added tokens; set the normalized of "
                      "one to false: " +
                      std::string(other->second) + " and " + token.content);
  }
}

}  // namespace

JsonTokenizer::JsonTokenizer(const Json& file, const std::string& path,
                             const TokenizerConfig& config)
    : ConfiguredTokenizer(config), normalizer_(file, path) {}

std::string JsonTokenizer::piece(std::int32_t id) const {
  if (const AddedToken* token = added_.find_id(id)) return token->content;
  if (id < 0 || id >= vocab_size_) refuse_id(id);
  return model_->has(id) ? model_->text(id) : "";  // a hole in the numbering stands for nothing
}

/// As the library has it, an added token that is looked for after normalization is decoded as it is
/// looked for.
std::string JsonTokenizer::decoded_token(std::int32_t id) const {
  const AddedToken* token = added_.find_id(id);
  return token ? token->sought : piece(id);
}

bool JsonTokenizer::is_special(std::int32_t id) const {
  return special_texts_.contains(decoded_token(id));
}

void JsonTokenizer::settle(const PieceModel& model, const Json& file, const std::string& path,
                           const TokenizerConfig& config, AddBos add_bos) {
  model_ = &model;
  vocab_size_ = model.size();
  add_all_tokens(file, path, config);
  name_by_class(config, class_in_transformers_5(config, has_byte_level(file, path)));
  const auto find = [&](const std::string& text) { return named(text, model.find(text)); };
  named_bos_ = find(special_token_text("bos_token"));
  eos_ = find(special_token_text("eos_token"));
  resolve_prefix(file, path, config, add_bos);
  resolve_eos_ids();
}

std::vector<std::string> JsonTokenizer::decoded_tokens(std::span<const std::int32_t> ids,
                                                       bool skip_special) const {
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    std::string token = decoded_token(id);
    if (!skip_special || !special_texts_.contains(token)) tokens.push_back(std::move(token));
  }
  return tokens;
}

Encoding JsonTokenizer::begin(bool special_tokens) const {
  Encoding out;
  if (!special_tokens || !adds_bos_) return out;
  out.ids = prefix_;
  out.spans.resize(prefix_.size());
  return out;
}

/// tokenizer.json's tokens, with what the configuration says of them, then its own.
void JsonTokenizer::add_all_tokens(const Json& file, const std::string& path,
                                   const TokenizerConfig& config) {
  std::vector<AddedToken> tokens = parse_added_tokens(file, path);
  configure(tokens, config);
  number(tokens);
  for (AddedToken& token : tokens) {
    if (token.special) special_texts_.insert(token.content);
    if (!token.normalized) continue;
    token.sought = normalizer_.apply(token.content).text;
    // The library would look for the empty text then, which stands everywhere.
    if (token.sought.empty() && !token.content.empty())
      throw UserError(path +
                      ": the normalizer leaves nothing of an added token; set its normalized "
                      "to false: " +
                      token.content);
  }
  refuse_two_of_one_text(tokens, path);
  add_tokens(std::move(tokens), [&](const std::string& text) { return model_->find(text); });
  for (const NamedText& unread : config.unread_token_texts)
    if (!named(unread.text, -1))
      add_note(path + ": " + unread.name +
               " of the files beside it is text like any other, as in "
               "transformers 4; transformers 5 makes a special token of it: " +
               printable(unread.text));
}

/// As the library does, whatever ids the file gives: a token of the vocabulary keeps its id there,
/// the others follow the vocabulary in order.
void JsonTokenizer::number(std::vector<AddedToken>& tokens) const {
  std::int32_t next = model_->entries();
  for (AddedToken& token : tokens) {
    const std::int32_t known = model_->find(token.content);
    token.id = known >= 0 ? known : next;
    next = std::max(next, token.id + 1);
  }
}

/// Whether a BOS is put before a text where the options leave it open. Some classes build the
/// template anew, in transformers 4 as the configuration asks, in 5 without it: where it asks for
/// something that is followed, else 5's way, and a note tells where the other has another.
bool JsonTokenizer::adds_bos_by_itself(const Json& file, const std::string& path,
                                       const TokenizerConfig& config, AddBos add_bos) {
  const RebuildingClass rebuilt = class_in_transformers_5(config, has_byte_level(file, path));
  const bool in_5 = rebuilt == RebuildingClass::kGptNeoX     ? false
                    : rebuilt == RebuildingClass::kCodeLlama ? bos_.has_value()
                                                             : !prefix_.empty();
  const auto builder = template_builder_in_transformers_4(config);
  if (!builder) return in_5;
  const bool in_4 = config.add_bos.value_or(builder->adds_bos),
             adds = config.add_bos.value_or(in_5);
  if (add_bos == AddBos::kAuto && in_4 != in_5)
    add_note(path + ": " + (adds ? "a" : "no") + " BOS is put before a text, as transformers " +
             (adds == in_4 ? "4" : "5") + " has it for " + builder->name + "; transformers " +
             (adds == in_4 ? "5" : "4") + " puts " + (adds ? "none" : "one") +
             " (--add-bos-token " + (adds ? "off" : "on") + ")");
  if (config.add_eos.value_or(false))
    add_note(path +
             ": add_eos_token is not followed, as in transformers 5; transformers 4 puts an EOS "
             "behind each text, which an evaluation cannot use");
  return adds;
}

void JsonTokenizer::resolve_prefix(const Json& file, const std::string& path,
                                   const TokenizerConfig& config, AddBos add_bos) {
  const PostProcessor processor = parse_post_processor(file, path);
  prefix_ = processor.before;
  bos_ = named_bos_;
  if (!bos_ && !prefix_.empty()) bos_ = prefix_.front();
  resolve_bos(add_bos, adds_bos_by_itself(file, path, config, add_bos), path);
  if (adds_bos_ && !processor.after.empty())
    throw UserError(path +
                    ": the post_processor puts a token after the text, which an evaluation cannot "
                    "use; --add-bos-token off leaves out all that stands around the text: " +
                    processor.first_after);
  if (prefix_.empty() && bos_) prefix_ = {*bos_};
  for (std::int32_t id : prefix_)
    if (id >= vocab_size_) refuse_id(id);
}

Json parse_tokenizer_object(const std::string& bytes, const std::string& path) {
  Json file = parse_foreign_json(bytes, path);
  require_object(file, path);
  return file;
}

const Json& model_of(const Json& file, const std::string& path) {
  const Json* model = json_member(file, "model");
  if (!model) throw UserError(path + ": no \"model\"");
  if (!model->is_object()) throw UserError(path + ": \"model\" must be an object");
  return *model;
}

std::vector<AddedToken> parse_added_tokens(const Json& file, const std::string& origin) {
  std::vector<AddedToken> tokens;
  const Json* list = json_member(file, "added_tokens");
  if (!list) return tokens;
  if (!list->is_array()) throw UserError(origin + ": added_tokens must be a list");
  for (const Json& entry : *list) {
    if (!entry.is_object()) throw UserError(origin + ": added_tokens must be a list of objects");
    tokens.push_back(parse_added_token(entry, origin));
    if (tokens.back().id < 0 || tokens.back().content.empty())
      throw UserError(origin +
                      ": an added token without id or content: " + printable(compact_json(entry)));
  }
  return tokens;
}

}  // namespace flm
