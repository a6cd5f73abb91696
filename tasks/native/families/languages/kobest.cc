// KoBEST: five Korean tasks.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

std::string shown(const PyValue& doc, const char* name) { return column(doc, name).str(); }

PyValue korean_premise(const PyValue& doc) {
  const std::string asked = python_strip(text_column(doc, "question"));
  if (asked != "원인" && asked != "결과")
    throw UserError("KoBEST's question must be 원인 or 결과: " + asked);
  return shown(doc, "premise") + " " + (asked == "원인" ? " 왜냐하면" : " 그래서");
}

PyValue korean_alternatives(const PyValue& doc) {
  return PyValue(PyList{shown(doc, "alternative_1"), shown(doc, "alternative_2")});
}

PyValue korean_answer(const PyValue& doc) {
  return shown(doc, column(doc, "label") == PyValue(0) ? "alternative_1" : "alternative_2");
}

Json korean_hellaswag(const Json& row) {
  Json choices = Json::array();
  for (const char* name : {"ending_1", "ending_2", "ending_3", "ending_4"})
    choices.push_back(row.at(name));
  return {{"query", "문장: " + PyValue::from_json(row.at("context")).str()},
          {"choices", std::move(choices)},
          {"gold", int_of_row(row, "label")}};
}

}  // namespace

void add_kobest(NativeFunctions& all) {
  auto& values = all.doc_values;
  values["kobest/utils.copa_doc_to_text"] = korean_premise;
  values["kobest/utils.copa_doc_to_choice"] = korean_alternatives;
  values["kobest/utils.copa_doc_to_target"] = korean_answer;
  values["kobest/utils.sentineg_doc_to_text"] = [](const PyValue& doc) {
    return PyValue("문장: " + shown(doc, "sentence") + " 긍부정:");
  };
  values["kobest/utils.wic_doc_to_text"] = [](const PyValue& doc) {
    return PyValue("문장1: " + shown(doc, "context_1") + " 문장2: " + shown(doc, "context_2") +
                   " 두 문장에서 " + shown(doc, "word") + "가 같은 뜻으로 쓰였나?");
  };
  all.process_docs["kobest/utils.hellaswag_process_doc"] = mapped_rows(korean_hellaswag);
  all.aggregations["kobest/utils.macro_f1_score"] = "macro_f1";
}

}  // namespace flm
