#include "engine/tokenizer/components/post_processor.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/text/printable.h"
#include "engine/tokenizer/json_values.h"

namespace flm {
namespace {

/// The ids of a template's special token, looked up in the template's own table.
void append_ids(const Json& processor, const std::string& token, const std::string& origin,
                std::vector<std::int32_t>& ids) {
  const Json* table = json_member(processor, "special_tokens");
  const Json* entry = table && table->is_object() ? json_member(*table, token.c_str()) : nullptr;
  const Json* list = entry && entry->is_object() ? json_member(*entry, "ids") : nullptr;
  if (!list || !list->is_array())
    throw UserError(origin + ": TemplateProcessing gives no ids for its token " + token);
  for (const Json& id : *list) {
    if (!id.is_number_integer() || id < 0 || id > 100'000'000)
      throw UserError(origin + ": TemplateProcessing: not a token id: " + compact_json(id));
    ids.push_back(id.get<std::int32_t>());
  }
}

PostProcessor parse_template(const Json& processor, const std::string& origin) {
  PostProcessor out;
  const Json* single = json_member(processor, "single");
  if (!single || !single->is_array())
    throw UserError(origin + ": TemplateProcessing has no list \"single\"");
  bool text_seen = false;
  for (const Json& step : *single) {
    const Json* special = step.is_object() ? json_member(step, "SpecialToken") : nullptr;
    if (special && special->is_object()) {
      const std::string token = json_string(*special, "id", origin);
      if (text_seen && out.after.empty()) out.first_after = token;
      append_ids(processor, token, origin, text_seen ? out.after : out.before);
    } else if (step.is_object() && json_member(step, "Sequence")) {
      text_seen = true;
    } else {
      throw UserError(origin +
                      ": TemplateProcessing has an unknown step: " + printable(compact_json(step)));
    }
  }
  return out;
}

/// BERT's and RoBERTa's: "cls" and "sep", each [text, id].
PostProcessor parse_pair(const Json& processor, const std::string& origin) {
  const auto named = [&](const char* key) {
    const Json* pair = json_member(processor, key);
    if (!pair || !pair->is_array() || pair->size() != 2 || !(*pair)[0].is_string())
      throw UserError(origin + ": post_processor: \"" + key + "\" must be [text, id]");
    return pair;
  };
  const Json &cls = *named("cls"), &sep = *named("sep");
  return {{json_token_id(cls[1], "cls", origin)},
          {json_token_id(sep[1], "sep", origin)},
          sep[0].get<std::string>()};
}

/// A later processor puts its tokens around those of the earlier ones.
void wrap(PostProcessor& inner, const PostProcessor& outer) {
  inner.before.insert(inner.before.begin(), outer.before.begin(), outer.before.end());
  if (inner.after.empty()) inner.first_after = outer.first_after;
  inner.after.insert(inner.after.end(), outer.after.begin(), outer.after.end());
}

}  // namespace

PostProcessor parse_post_processor(const Json& file, const std::string& origin) {
  PostProcessor out;
  bool in_pieces = false;  // by a template with tokens: the library no longer has one text then
  for (const Json* step : json_components(file, "post_processor", "processors", origin)) {
    const std::string type = json_string(*step, "type", origin);
    if (type == "ByteLevel") continue;
    if (in_pieces)
      throw UserError(origin +
                      ": post_processor: a TemplateProcessing that adds tokens must be the last "
                      "step but for ByteLevel; what follows it: " +
                      printable(type));
    if (type == "TemplateProcessing") {
      const PostProcessor added = parse_template(*step, origin);
      in_pieces = !added.before.empty() || !added.after.empty();
      wrap(out, added);
    } else if (type == "RobertaProcessing" || type == "BertProcessing") {
      wrap(out, parse_pair(*step, origin));
    } else {
      unknown_component(origin, "post_processor",
                        "TemplateProcessing, RobertaProcessing, BertProcessing and ByteLevel",
                        type);
    }
  }
  return out;
}

}  // namespace flm
