// The Japanese leaderboard: JCommonsenseQA and Winograd schemas.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

Json jcommonsenseqa(const Json& row) {
  Json choices = Json::array();
  for (const char* name : {"choice0", "choice1", "choice2", "choice3", "choice4"})
    choices.push_back(row.at(name));
  return {{"choices", std::move(choices)}};
}

Json japanese_winograd(const Json& row) {
  const std::int64_t answer = int_of_row(row, "answer");
  if (answer == INT64_MIN) throw UserError("the column answer is too small");
  return {
      {"label", answer - 1},
      {"choices",
       {python_strip(text_of_row(row, "sentence1")), python_strip(text_of_row(row, "sentence2"))}}};
}

}  // namespace

void add_japanese_leaderboard(NativeFunctions& all) {
  const std::string folder = "japanese_leaderboard/ja_leaderboard_";
  all.process_docs[folder + "jcommonsenseqa.process_docs"] = mapped_rows(jcommonsenseqa);
  all.process_docs[folder + "xwinograd.process_docs"] = mapped_rows(japanese_winograd);
}

}  // namespace flm
