#include "engine/tokenizer/tokenizer_json.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "engine/tokenizer/config.h"

namespace flm {
namespace {

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

/// The components of a section: those of its Sequence(s), or itself.
void flatten(const Json& section, const char* name, const char* list, const std::string& origin,
             std::vector<const Json*>& out) {
  if (!section.is_object()) throw UserError(origin + ": " + name + " must be an object");
  if (json_string(section, "type", origin) != "Sequence") {
    out.push_back(&section);
    return;
  }
  const Json* inner = member(section, list);
  if (!inner || !inner->is_array())
    throw UserError(origin + ": " + name + " Sequence has no list " + list);
  for (const Json& step : *inner) flatten(step, name, list, origin, out);
}

std::vector<const Json*> components(const Json& file, const char* name, const char* list,
                                    const std::string& origin) {
  std::vector<const Json*> out;
  if (const Json* section = member(file, name)) flatten(*section, name, list, origin, out);
  return out;
}

[[noreturn]] void unknown(const std::string& origin, const char* name, const char* known,
                          const std::string& type) {
  throw UserError(origin + ": unknown " + name + " (known: " + known + "): " + type);
}

/// The ids of a template's special token, looked up in the template's own table.
void append_ids(const Json& processor, const std::string& token, const std::string& origin,
                std::vector<std::int32_t>& ids) {
  const Json* table = member(processor, "special_tokens");
  const Json* entry = table && table->is_object() ? member(*table, token.c_str()) : nullptr;
  const Json* list = entry && entry->is_object() ? member(*entry, "ids") : nullptr;
  if (!list || !list->is_array())
    throw UserError(origin + ": TemplateProcessing gives no ids for its token " + token);
  for (const Json& id : *list) {
    if (!id.is_number_integer() || id < 0 || id > 100'000'000)
      throw UserError(origin + ": TemplateProcessing: not a token id: " + compact_json(id));
    ids.push_back(id.get<std::int32_t>());
  }
}

void parse_template(const Json& processor, const std::string& origin,
                    std::vector<std::int32_t>& prefix) {
  const Json* single = member(processor, "single");
  if (!single || !single->is_array())
    throw UserError(origin + ": TemplateProcessing has no list \"single\"");
  bool text_seen = false;
  for (const Json& step : *single) {
    const Json* special = step.is_object() ? member(step, "SpecialToken") : nullptr;
    if (special && special->is_object()) {
      const std::string token = json_string(*special, "id", origin);
      if (text_seen)
        throw UserError(origin +
                        ": TemplateProcessing puts a token after the text, which an "
                        "evaluation cannot use: " +
                        token);
      append_ids(processor, token, origin, prefix);
    } else if (step.is_object() && member(step, "Sequence")) {
      text_seen = true;
    } else {
      throw UserError(
          origin + ": TemplateProcessing has an unknown step: " + compact_json(step).substr(0, 80));
    }
  }
}

}  // namespace

bool parse_normalizer(const Json& file, const std::string& origin) {
  bool nfc = false;
  for (const Json* step : components(file, "normalizer", "normalizers", origin)) {
    const std::string type = json_string(*step, "type", origin);
    if (type != "NFC") unknown(origin, "normalizer", "NFC", type);
    nfc = true;
  }
  return nfc;
}

std::vector<std::int32_t> parse_prefix_ids(const Json& file, const std::string& origin) {
  std::vector<std::int32_t> prefix;
  for (const Json* step : components(file, "post_processor", "processors", origin)) {
    const std::string type = json_string(*step, "type", origin);
    if (type == "TemplateProcessing")
      parse_template(*step, origin, prefix);
    else if (type != "ByteLevel")  // ByteLevel only trims the offsets that it reports
      unknown(origin, "post_processor", "TemplateProcessing, ByteLevel", type);
  }
  return prefix;
}

void check_decoder(const Json& file, const std::string& origin) {
  const auto steps = components(file, "decoder", "decoders", origin);
  if (steps.empty()) throw UserError(origin + ": no decoder; it must be ByteLevel");
  for (const Json* step : steps) {
    const std::string type = json_string(*step, "type", origin);
    if (type != "ByteLevel") unknown(origin, "decoder", "ByteLevel", type);
  }
}

std::vector<AddedToken> parse_added_tokens(const Json& file, const std::string& origin) {
  std::vector<AddedToken> tokens;
  const Json* list = member(file, "added_tokens");
  if (!list) return tokens;
  if (!list->is_array()) throw UserError(origin + ": added_tokens must be a list");
  for (const Json& entry : *list) {
    if (!entry.is_object()) throw UserError(origin + ": added_tokens must be a list of objects");
    tokens.push_back(parse_added_token(entry, origin));
    if (tokens.back().id < 0 || tokens.back().content.empty())
      throw UserError(
          origin + ": an added token without id or content: " + compact_json(entry).substr(0, 80));
  }
  return tokens;
}

}  // namespace flm
