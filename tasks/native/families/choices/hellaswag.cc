#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/wikihow_marks.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

Json query_row(const Json& row) {
  const auto text = [&](const char* key) { return row.at(key).get<std::string>(); };
  Json out;
  out["query"] = without_wikihow_marks(text("activity_label") + ": " + text("ctx_a") + " " +
                                       python_capitalize(text("ctx_b")));
  out["choices"] = Json::array();
  for (const Json& ending : row.at("endings"))
    out["choices"].push_back(without_wikihow_marks(ending.get<std::string>()));
  out["gold"] = int_of_row(row, "label");
  return out;
}

/// Okapi's translations of ARC: five columns of choices, the empty ones left out.
Json arc_row(const Json& row) {
  Json out;
  out["id"] = row.at("id");
  out["query"] =
      "Question: " + without_wikihow_marks(row.at("instruction").get<std::string>()) + "\nAnswer:";
  out["choices"] = Json::array();
  for (const char* name : {"option_a", "option_b", "option_c", "option_d", "option_e"}) {
    const Json& option = row.at(name);
    if (option.is_string() && option != "")
      out["choices"].push_back(without_wikihow_marks(option.get<std::string>()));
  }
  out["gold"] = position({"A", "B", "C", "D", "E"}, text_of_row(row, "answer"));
  return out;
}

}  // namespace

void add_hellaswag(NativeFunctions& all) {
  for (const char* module : {"hellaswag/utils", "okapi/hellaswag_multilingual/utils",
                             "tinyBenchmarks/utils_hellaswag", "french_bench/utils"})
    all.process_docs[std::string(module) + ".process_docs"] = mapped_rows(query_row);
  all.process_docs["okapi/arc_multilingual/utils.process_docs"] = mapped_rows(arc_row);
}

}  // namespace flm
