// Sums in words, for which only the probability of the result is asked.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

Json arithmetic(const Json& row) {
  std::string text = python_strip(text_of_row(row, "context"));
  for (const auto& [old, with] : std::vector<std::pair<std::string, std::string>>{
           {"\n\n", "\n"}, {"Q:", "Question:"}, {"A:", "Answer:"}})
    text = python_replace(text, old, with);
  return {{"context", text}, {"completion", row.at("completion")}};
}

}  // namespace

void add_arithmetic(NativeFunctions& all) {
  all.process_docs["arithmetic/utils.process_docs"] = mapped_rows(arithmetic);
}

}  // namespace flm
