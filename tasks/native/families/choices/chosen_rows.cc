// Task files that take the rows of one subject out of a set that holds all.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/mmlu_subjects.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

RowsFunction rows_where(const std::string& name, const std::string& value) {
  return kept_rows([name, value](const Json& row) { return text_of_row(row, name) == value; });
}

/// MMLU-Pro and what follows it: the category with spaces, the function's name with underscores.
void add_categories(NativeFunctions& all, const std::string& module) {
  for (const char* subject :
       {"biology", "business", "chemistry", "computer science", "economics", "engineering",
        "health", "history", "law", "math", "other", "philosophy", "physics", "psychology"})
    all.process_docs[module + ".process_" + python_replace(subject, " ", "_")] =
        rows_where("category", subject);
}

void add_global_mmlu(NativeFunctions& all) {
  for (const char* subject : mmlu_subjects()) {
    all.process_docs["global_mmlu/full/*/utils.process_" + std::string(subject)] =
        rows_where("subject", subject);
    for (const char* language : {"de", "es", "fr", "hi", "it", "pt", "th"})
      all.process_docs["llama3/instruct/mmlu_" + std::string(language) + "/utils.process_docs_" +
                       subject] =
          rows_where("subtask_name", "mmlu_" + std::string(language) + "_chat." + subject);
  }
}

void add_include(NativeFunctions& all) {
  for (const char* domain :
       {"Applied Science", "Arts & Humanities", "Business & Commerce", "Driving License",
        "General knowledge", "Health oriented education", "Marine License", "Medical License",
        "Professional certification", "STEM", "Social Science"}) {
    const std::string name =
        python_replace(python_replace(python_lower(domain), " & ", "_"), " ", "_");
    for (const char* folder : {"default", "few_shot_en", "few_shot_og"})
      all.process_docs["include/" + std::string(folder) + "/*/utils.process_" + name] =
          rows_where("domain", domain);
  }
}

bool has_a_right_candidate(const Json& row) {
  const Json& answer = row.at("answer");
  if (!answer.is_number_integer() || answer.get<std::int64_t>() < 0 ||
      answer.get<std::int64_t>() > 3)
    return false;
  return row.at("candidates") != Json::array({"", "", "", ""});
}

}  // namespace

void add_chosen_rows(NativeFunctions& all) {
  for (const char* module : {"mmlu_pro/utils", "mmlu-pro-plus/utils", "mmlu_prox/*/utils",
                             "llama3/instruct/mmlu_pro/utils"})
    add_categories(all, module);
  add_global_mmlu(all);
  add_include(all);
  for (const std::string category :
       {"ao3_english", "ao3_nonenglish", "arxiv_cs", "arxiv_math", "arxiv_other", "arxiv_physics",
        "bbc_news", "biorxiv_all", "github_cpp", "github_javascript", "github_markdown",
        "github_other", "github_python", "wikipedia_english", "wikipedia_nonenglish"})
    all.process_docs["uncheatable_eval/uncheatable_eval_utils.filter_" + category] =
        rows_where("category", category);
  for (const char* gender : {"male", "female", "neutral"})
    all.process_docs["winogender/utils.filter_" + std::string(gender)] =
        rows_where("gender", gender);
  all.process_docs["bigbench/utils.filter_multiple_choice"] =
      kept_rows([](const Json& row) { return !row.at("multiple_choice_targets").empty(); });
  all.process_docs["eus_exams/utils.process_docs"] = kept_rows(has_a_right_candidate);
}

}  // namespace flm
