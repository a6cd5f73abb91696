#include "engine/tokenizer/config.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/documents/foreign_json.h"
#include "base/errors.h"
#include "base/system/files.h"
#include "base/system/places.h"
#include "engine/tokenizer/known_keys.h"

namespace flm {
namespace {

/// The first mention of a content gives the flags; a later one may only add its id.
void add_token(TokenizerConfig& config, const AddedToken& token) {
  if (token.content.empty()) return;
  for (AddedToken& known : config.added) {
    if (known.content != token.content) continue;
    if (known.id < 0) known.id = token.id;
    return;
  }
  config.added.push_back(token);
}

/// A special token is written as its text or as an object with flags.
AddedToken special_token(const Json& value, const std::string& key, const std::string& origin) {
  if (value.is_string()) return AddedToken{.content = value.get<std::string>()};
  if (!value.is_object()) wrong_json_type(origin, key, "a token", value);
  AddedToken token = parse_added_token(value, origin);
  token.special = true;
  return token;
}

bool is_named(const std::vector<NamedText>& texts, const std::string& name) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const NamedText& text) { return text.name == name; });
}

constexpr std::array kNamedTokens = {"bos_token", "eos_token", "unk_token", "sep_token",
                                     "pad_token", "cls_token", "mask_token"};

/// Their texts by their keys, which a chat template may name; the first file that names one counts.
/// Extra tokens have names of their own where they stand in an object.
void read_special_texts(const Json& object, const std::string& origin, TokenizerConfig& config) {
  std::vector<NamedText>& texts = config.special_token_texts;
  const auto add = [&](const std::string& key, const Json& value) {
    if (!value.is_null() && !is_named(texts, key))
      texts.push_back({key, special_token(value, key, origin).content});
  };
  for (const char* key : kNamedTokens)
    if (const Json* found = json_member(object, key)) add(key, *found);
  for (const char* list : {"extra_special_tokens", "model_specific_special_tokens"})
    if (const Json* named = json_member(object, list); named && named->is_object())
      for (const auto& [key, value] : named->items()) add(key, value);
}

/// Transformers 5 makes special tokens of those too. As there, a text of tokenizer_config.json
/// counts over special_tokens_map.json (`map`), and that over a token with flags.
void read_unread_texts(const Json& main, const Json& map, const std::string& origin,
                       TokenizerConfig& config) {
  std::vector<NamedText>& texts = config.unread_token_texts;
  const auto add = [&](const Json& object, const auto& counts) {
    for (const auto& [key, value] : object.items())
      if (key.ends_with("_token") && counts(value) && !is_named(texts, key) &&
          std::find(kNamedTokens.begin(), kNamedTokens.end(), key) == kNamedTokens.end())
        texts.push_back({key, special_token(value, key, origin).content});
  };
  const auto text = [](const Json& value) { return value.is_string() && value != ""; };
  add(main, text);
  add(map, [&](const Json& value) { return text(value) || value.is_object(); });
  add(main, [](const Json& value) { return value.is_object() && value.contains("__type"); });
}

void read_special_tokens(const Json& object, const std::string& origin, TokenizerConfig& config) {
  read_special_texts(object, origin, config);
  const std::pair<const char*, std::string*> named[] = {{"bos_token", &config.bos},
                                                        {"eos_token", &config.eos},
                                                        {"unk_token", &config.unk},
                                                        {"pad_token", &config.pad}};
  for (const char* key : kNamedTokens)
    if (object.contains(key)) config.given_names.insert(key);
  for (const auto& [key, name] : named) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) continue;
    const AddedToken token = special_token(*found, key, origin);
    if (name->empty()) *name = token.content;
    add_token(config, token);
  }
  for (const char* key : {"sep_token", "cls_token", "mask_token"})
    if (const Json* found = json_member(object, key))
      add_token(config, special_token(*found, key, origin));
  // The same list by its names before and since transformers 5; named tokens stand in an object.
  for (const char* key :
       {"additional_special_tokens", "extra_special_tokens", "model_specific_special_tokens"}) {
    const Json* more = json_member(object, key);
    if (!more) continue;
    if (!more->is_structured()) wrong_json_type(origin, key, "a list or object of tokens", *more);
    for (const Json& value : *more) add_token(config, special_token(value, key, origin));
  }
}

/// "auto_map": {"AutoTokenizer": [slow, fast]}, or the list alone.
void read_own_class(const Json& object, TokenizerConfig& config) {
  const Json* map = json_member(object, "auto_map");
  if (map && map->is_object()) map = json_member(*map, "AutoTokenizer");
  if (!map || !map->is_array() || map->empty()) return;
  config.own_class = true;
  config.slow_class_alone = !(*map)[0].is_null() && (map->size() < 2 || (*map)[1].is_null());
}

void read_added_decoder(const Json& object, const std::string& origin, TokenizerConfig& config) {
  const auto found = object.find("added_tokens_decoder");
  if (found == object.end() || found->is_null()) return;
  if (!found->is_object()) wrong_json_type(origin, found.key(), "an object of tokens", *found);
  std::vector<AddedToken> declared;
  for (const auto& [key, value] : found->items()) {
    if (!value.is_object()) wrong_json_type(origin, key, "an added token", value);
    AddedToken token = parse_added_token(value, origin);
    const auto parsed = std::from_chars(key.data(), key.data() + key.size(), token.id);
    if (parsed.ec != std::errc() || parsed.ptr != key.data() + key.size() || token.id < 0)
      throw UserError(origin + ": added_tokens_decoder: not a token id: " + key);
    declared.push_back(token);
  }
  std::sort(declared.begin(), declared.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  for (const AddedToken& token : declared) add_token(config, token);
  config.declared = std::move(declared);
}

/// Of two with one name the later counts.
void add_chat_template(const std::string& name, const std::string& text, TokenizerConfig& config) {
  if (name == "default") config.chat_template = text;
  for (NamedText& known : config.chat_templates)
    if (known.name == name) {
      known.text = text;
      return;
    }
  config.chat_templates.push_back({name, text});
}

/// One template, or several: a list of objects with name and template, or an object by name.
void read_chat_template(const Json& object, const std::string& origin, TokenizerConfig& config) {
  const Json* found = json_member(object, "chat_template");
  if (!found) return;
  if (found->is_string()) {
    config.chat_template = found->get<std::string>();
    return;
  }
  if (!found->is_structured())
    wrong_json_type(origin, "chat_template", "text, a list or an object", *found);
  for (const auto& [key, entry] : found->items()) {
    if (found->is_object()) {
      add_chat_template(key, json_string(*found, key.c_str(), origin), config);
      continue;
    }
    if (!entry.is_object()) wrong_json_type(origin, "chat_template", "a list of objects", entry);
    add_chat_template(json_string(entry, "name", origin), json_string(entry, "template", origin),
                      config);
  }
}

/// chat_template.jinja and additional_chat_templates/NAME.jinja: where there are any, they stand in
/// place of what tokenizer_config.json says, as in transformers.
void read_template_files(const std::string& folder, TokenizerConfig& config) {
  const std::string plain = in_folder(folder, "chat_template.jinja");
  std::vector<std::filesystem::path> more;
  for (const std::filesystem::path& path :
       entries_of(in_folder(folder, "additional_chat_templates")))
    if (path.extension() == ".jinja") more.push_back(path);
  if (!is_there(plain) && more.empty()) return;
  config.chat_template.clear();
  config.chat_templates.clear();
  if (more.empty()) {
    config.chat_template = read_regular_file(plain);
    return;
  }
  if (is_there(plain)) add_chat_template("default", read_regular_file(plain), config);
  for (const auto& path : more)
    add_chat_template(path.stem().string(), read_regular_file(path.string()), config);
}

void read_main(const Json& object, const std::string& path, TokenizerConfig& config) {
  require_object(object, path);
  check_tokenizer_config_keys(object, path);
  config.present = true;
  read_own_class(object, config);
  config.tokenizer_class = json_string(object, "tokenizer_class", path);
  config.add_bos = optional_bool(object, "add_bos_token", path);
  config.add_eos = optional_bool(object, "add_eos_token", path);
  config.legacy = optional_bool(object, "legacy", path);
  config.do_lower_case = json_bool(object, "do_lower_case", path, false);
  config.add_prefix_space = optional_bool(object, "add_prefix_space", path);
  config.clean_up_spaces = json_bool(object, "clean_up_tokenization_spaces", path, false);
  config.clean_up_of_bpe = json_bool(object, kCleanUpOfBpe, path, false);
  read_added_decoder(object, path, config);
  read_special_tokens(object, path, config);
  read_chat_template(object, path, config);
}

/// -1 stands for none, as in transformers, where no token is ever of that id.
std::vector<std::int32_t> eos_ids(const Json& object, const std::string& path) {
  const auto found = object.find("eos_token_id");
  if (found == object.end() || found->is_null()) return {};
  const Json list = found->is_array() ? *found : Json::array({*found});
  std::vector<std::int32_t> ids;
  for (const Json& id : list)
    if (id != -1) ids.push_back(json_token_id(id, found.key(), path));
  return ids;
}

/// {"TEXT": id}. As in transformers they stand before those that the keys name, by id, and what no
/// key names is not special, and so looked for after normalization.
void read_added_tokens(const Json& object, const std::string& path, TokenizerConfig& config) {
  std::vector<AddedToken> tokens;
  for (const auto& [content, id] : object.items()) {
    const auto named = [text = content](const AddedToken& token) { return token.content == text; };
    const bool special = std::erase_if(config.added, named) > 0;
    tokens.push_back({.content = content,
                      .id = json_token_id(id, content, path),
                      .special = special,
                      .normalized = !special});
  }
  std::sort(tokens.begin(), tokens.end(),
            [](const AddedToken& a, const AddedToken& b) { return a.id < b.id; });
  config.added.insert(config.added.begin(), tokens.begin(), tokens.end());
}

void read_model_config(const Json& object, TokenizerConfig& config) {
  for (const auto& [key, text] : {std::pair("model_type", &config.model_type),
                                  std::pair("tokenizer_class", &config.model_tokenizer_class)})
    if (const Json* found = json_member(object, key); found && found->is_string())
      *text = found->get<std::string>();
}

}  // namespace

std::string in_folder(const std::string& folder, const std::string& name) {
  return (std::filesystem::path(folder) / name).string();
}

AddedToken parse_added_token(const Json& object, const std::string& origin) {
  AddedToken token;
  token.content = json_string(object, "content", origin);
  if (const auto id = object.find("id"); id != object.end())
    token.id = json_token_id(*id, "id", origin);
  token.special = json_bool(object, "special", origin, false);
  token.lstrip = json_bool(object, "lstrip", origin, false);
  token.rstrip = json_bool(object, "rstrip", origin, false);
  token.single_word = json_bool(object, "single_word", origin, false);
  token.normalized = json_bool(object, "normalized", origin, !token.special);
  return token;
}

TokenizerConfig parse_tokenizer_config(const std::string& json, const std::string& path) {
  TokenizerConfig config;
  const Json object = parse_foreign_json(json, path);
  read_main(object, path, config);
  read_unread_texts(object, Json::object(), path, config);
  return config;
}

TokenizerConfig read_tokenizer_config(const std::string& folder) {
  TokenizerConfig config;
  const auto present = [&](const char* name) { return is_there(in_folder(folder, name)); };
  const auto read = [&](const char* name) {
    Json object = read_foreign_json_file(in_folder(folder, name));
    require_object(object, in_folder(folder, name));
    return object;
  };
  Json main = Json::object();
  if (present("tokenizer_config.json")) main = read("tokenizer_config.json");
  // As in transformers 4 and 5: where it has added_tokens_decoder, the two older files are not
  // read; else what special_tokens_map.json names counts over it.
  const bool older_files = !main.contains("added_tokens_decoder");
  Json map = Json::object();
  if (older_files && present("special_tokens_map.json")) {
    map = read("special_tokens_map.json");
    read_special_tokens(map, in_folder(folder, "special_tokens_map.json"), config);
    for (const char* key : kNamedTokens)
      if (map.contains(key)) main.erase(key);  // null there: the tokenizer has none
  }
  if (present("tokenizer_config.json"))
    read_main(main, in_folder(folder, "tokenizer_config.json"), config);
  read_unread_texts(main, map, folder, config);
  if (older_files && present("added_tokens.json")) {
    const Json tokens = read("added_tokens.json");
    read_added_tokens(tokens, in_folder(folder, "added_tokens.json"), config);
  }
  read_template_files(folder, config);
  const Json model = present("config.json") ? read("config.json") : Json::object();
  read_model_config(model, config);
  if (!present("generation_config.json")) {
    // Of a model with images what its language model says, where the whole one says nothing.
    const Json* text = json_member(model, "text_config");
    const Json* whole = json_member(model, "eos_token_id");
    const bool inner = text && text->is_object() && (!whole || whole->is_null());
    config.eos_ids = eos_ids(inner ? *text : model, in_folder(folder, "config.json"));
    return config;
  }
  // Where it is there, transformers asks config.json for no eos_token_id, even where it has none.
  const std::string path = in_folder(folder, "generation_config.json");
  const Json generation = read("generation_config.json");
  config.eos_ids = eos_ids(generation, path);
  config.notes = generation_config_notes(generation, path);
  return config;
}

}  // namespace flm
