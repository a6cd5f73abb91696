// What a checkpoint's JSON files say about its tokenizer.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/documents/json.h"
#include "engine/tokenizer.h"
#include "engine/tokenizer/added_tokens.h"
#include "engine/tokenizer/json_values.h"

namespace flm {

/// tokenizer_config.json, special_tokens_map.json, added_tokens.json, chat_template.jinja,
/// generation_config.json and config.json of one folder; files that are absent add nothing.
struct TokenizerConfig {
  bool present = false;  // there is a tokenizer_config.json
  std::string tokenizer_class;
  std::string model_type, model_tokenizer_class;  // config.json's model_type and tokenizer_class
  std::optional<bool> add_bos, add_eos, legacy, add_prefix_space;
  bool do_lower_case = false;
  bool clean_up_spaces = false;
  bool clean_up_of_bpe = false;       // transformers 5 is told to clean up with BPE too
  std::string bos, eos, unk, pad;     // "" where not named
  std::set<std::string> given_names;  // "bos_token" and its like: a file has the key, be it null
  std::vector<AddedToken> added;      // id -1 where the files give none
  // added_tokens_decoder's, by id; none: there is no such key.
  std::optional<std::vector<AddedToken>> declared;
  std::string chat_template;  // the only one, or that named "default"
  std::vector<std::int32_t> eos_ids;
  std::vector<NamedText> chat_templates;       // where there are several
  std::vector<NamedText> special_token_texts;  // "unk_token" and the others that are named
  // Of keys such as "image_token", of other modalities: names for a chat template, but text here.
  std::vector<NamedText> unread_token_texts;
  bool own_class = false;          // auto_map names a class that the folder brings along
  bool slow_class_alone = false;   // it does, one in Python and none of the fast kind
  std::vector<std::string> notes;  // what the files ask for and is not followed
};

/// The text of a tokenizer_config.json alone. UserError names the file and the key where a value
/// has the wrong type or the key is not known.
TokenizerConfig parse_tokenizer_config(const std::string& json, const std::string& path);

/// All files of a folder.
TokenizerConfig read_tokenizer_config(const std::string& folder);

/// The flags of one added token, as tokenizer_config.json and tokenizer.json write them.
AddedToken parse_added_token(const Json& object, const std::string& origin);

/// "FOLDER/NAME".
std::string in_folder(const std::string& folder, const std::string& name);

}  // namespace flm
