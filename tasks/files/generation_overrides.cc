#include "tasks/files/generation_overrides.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/documents/json.h"
#include "base/errors.h"
#include "base/text/printable.h"
#include "base/text/top_level_parts.h"
#include "tasks/python/key_values.h"

namespace flm {
namespace {

const char* const kOrigin = "--gen-kwargs";

using Arguments = std::vector<std::pair<std::string, YamlNode>>;

/// JSON is YAML; a list, a number, true or a quoted text as they stand.
YamlNode node_of(const Json& value) { return parse_yaml(compact_json(value), kOrigin); }

void add_pair(Arguments& out, const std::string& pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0)
    throw UserError("--gen-kwargs wants KEY=VALUE[,KEY=VALUE...] or a JSON object: " +
                    printable(pair));
  out.emplace_back(pair.substr(0, equals), node_of(key_value(pair.substr(equals + 1))));
}

void add_word(Arguments& out, const std::string& word) {
  if (!word.empty() && word.front() == '{') {
    const Json object = parse_json(word, kOrigin);
    for (const auto& [key, value] : object.items()) out.emplace_back(key, node_of(value));
    return;
  }
  for (const std::string& part : top_level_parts(word)) add_pair(out, part);
}

}  // namespace

Arguments parse_generation_overrides(const std::vector<std::string>& words) {
  Arguments out;
  for (const std::string& word : words) add_word(out, word);
  return out;
}

void override_generation(TaskFile& file, const Arguments& overrides) {
  const TaskKey* type = file.find("output_type");  // where there is none, the task generates
  if (overrides.empty() || (type && type->value.text != "generate_until")) return;
  const TaskKey* own = file.find("generation_kwargs");
  TaskKey merged =
      own && own->value.is_map()
          ? *own
          : TaskKey{"generation_kwargs",
                    parse_yaml("{do_sample: false, temperature: 0.0, max_gen_toks: 256}", kOrigin),
                    kOrigin};
  for (const auto& [key, value] : overrides) {
    const auto found =
        std::find_if(merged.value.entries.begin(), merged.value.entries.end(),
                     [&name = key](const auto& entry) { return entry.first.text == name; });
    if (found != merged.value.entries.end())
      found->second = value;
    else
      merged.value.entries.emplace_back(node_of(Json(key)), value);
  }
  if (own) merged.file = std::string(kOrigin) + " over " + merged.file;  // an error names both
  file.set(std::move(merged));
}

}  // namespace flm
