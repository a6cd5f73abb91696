#include "tasks/items/check.h"

#include <map>
#include <string>

#include "tasks/files/generation_options.h"
#include "tasks/items/doc_renderer.h"
#include "tasks/scoring/exact_match.h"
#include "tasks/scoring/filters.h"

namespace flm {

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
