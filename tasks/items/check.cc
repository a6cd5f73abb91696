#include "tasks/items/check.h"

#include <map>
#include <string>
#include <utility>

#include "tasks/files/generation_options.h"
#include "tasks/items/doc_renderer.h"
#include "tasks/scoring/exact_match.h"
#include "tasks/scoring/filters.h"

namespace flm {
namespace {

bool looks_like_template(const std::string& text) {
  const std::size_t expression = text.find("{{"), statement = text.find("{%");
  return (expression != std::string::npos && text.find("}}", expression) != std::string::npos) ||
         (statement != std::string::npos && text.find("%}", statement) != std::string::npos);
}

/// The first text of a literal value that looks like a template; "" where none does.
std::string template_within(const PyValue& value) {
  if (value.is_string()) return looks_like_template(value.as_string()) ? value.as_string() : "";
  PyList parts;
  if (value.is_list() || value.is_tuple()) parts = value.items();
  if (value.is_dict())
    for (const auto& [key, part] : value.dict()) parts.push_back(part);
  for (const PyValue& part : parts)
    if (std::string found = template_within(part); !found.empty()) return found;
  return "";
}

}  // namespace

std::vector<std::string> literal_template_findings(const TaskSpec& spec) {
  std::vector<std::string> findings;
  const auto look = [&](const PyValue& value, const std::string& where, const std::string& key,
                        const std::string& remedy) {
    if (const std::string found = template_within(value); !found.empty())
      findings.push_back(
          where + ": " + key +
          " is taken as it stands, what looks like a template in it is not rendered; " + remedy +
          ": " + found);
  };
  const FewshotConfig& shots = spec.fewshot;
  for (const auto& [key, rule] : {std::pair{"doc_to_text", &spec.doc_to_text},
                                  {"doc_to_target", &spec.doc_to_target},
                                  {"doc_to_choice", &spec.doc_to_choice},
                                  {"fewshot_config", &shots.doc_to_text},
                                  {"fewshot_config", &shots.doc_to_target},
                                  {"fewshot_config", &shots.doc_to_choice}})
    if (rule->kind == TextRule::Kind::kValue)
      look(rule->value, rule->where, key,
           "write one template that gives all of it, as \"{{[A, B]}}\" of two columns");
  const std::string text = "write the text itself";
  look(spec.target_delimiter, spec.place("target_delimiter"), "target_delimiter", text);
  look(spec.fewshot_delimiter, spec.place("fewshot_delimiter"), "fewshot_delimiter", text);
  for (const auto& delimiter : {shots.target_delimiter, shots.fewshot_delimiter})
    look(delimiter.value_or(""), spec.place("fewshot_config"), "a delimiter of fewshot_config",
         text);
  look(spec.generation_kwargs, spec.place("generation_kwargs"), "generation_kwargs", text);
  return findings;
}

void check_task_spec(const TaskSpec& spec) {
  const FewshotConfig& shots = spec.fewshot;
  for (const TextRule* rule : {&spec.doc_to_text, &spec.doc_to_target, &spec.doc_to_choice,
                               &shots.doc_to_text, &shots.doc_to_target, &shots.doc_to_choice})
    RenderRule(*rule, {});
  for (const auto& [key, text] :
       std::map<std::string, std::string>{{"description", spec.description},
                                          {"cluster", spec.cluster},
                                          {"gen_prefix", spec.gen_prefix},
                                          {"fewshot_config", shots.gen_prefix.value_or("")}})
    RenderRule({TextRule::Kind::kText, text, {}, {}, spec.place(key)}, {});
  for (const FilterPipeline& pipeline : spec.filters) Filter{pipeline};
  for (const MetricSpec& metric : spec.metrics) ExactMatch{metric};
  if (spec.output_type == "generate_until") generation_options(spec);
}

}  // namespace flm
