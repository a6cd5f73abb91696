// The Arabic leaderboard: every set is made {query, choices, gold}.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/literal.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

const std::string kInstruction = "الأسئلة التالية هي أسئلة متعددة الإختيارات مع الجواب الصحيح";
const std::string kAnswer = "الإجابة:";
const std::string kQuestion = "السؤال: ";

const std::vector<std::string>& arabic_letters() {
  static const std::vector<std::string> all = {"أ", "ب", "ج", "د"};
  return all;
}

/// As Python prints a value of a row into a text.
std::string printed(const Json& value) { return PyValue::from_json(value).str(); }

Json made(const std::string& query, Json choices, Json gold) {
  Json out = Json::object();
  out["query"] = query;
  out["choices"] = std::move(choices);
  out["gold"] = std::move(gold);
  return out;
}

/// The right answer's letter, of A to Z, as a number.
std::size_t letter_index(const Json& row) {
  static const std::string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::string answer = text_of_row(row, "answer");
  const std::size_t at = answer.size() == 1 ? letters.find(answer) : std::string::npos;
  if (at == std::string::npos) throw UserError("an answer is no letter from A to Z: " + answer);
  return at;
}

std::string about_subject(const Json& row) {
  return kInstruction + " حول " + python_replace(text_of_row(row, "subject"), "_", " ") + ". \n\n";
}

/// "0) first\n1) second\n"
std::string numbered(const Json& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i)
    out += std::to_string(i) + ") " + printed(choices[i]) + "\n";
  return out;
}

/// Every column but the question, its label and the shots is a choice.
Json sets_of_columns(const Json& row) {
  Json choices = Json::array();
  for (const auto& [name, value] : row.items())
    if (name != "query" && name != "label" && name != "__few_shots") choices.push_back(value);
  return made(kInstruction + "\n\n" + kQuestion + printed(row.at("query")) + "\n" +
                  numbered(choices) + kAnswer,
              choices, int_of_row(row, "label"));
}

Json exams(const Json& row) {
  std::string query = about_subject(row) + kQuestion + printed(row.at("question")) + "\n";
  for (std::size_t i = 0; i < 4; ++i)
    query += std::string(i ? "\n" : "") + " " + arabic_letters()[i] + ") " +
             printed(row.at(std::string(1, static_cast<char>('A' + i)))) + "\n";
  return made(query + "\n" + kAnswer, arabic_letters(), letter_index(row));
}

Json mmlu(const Json& row) {
  std::string query = about_subject(row) + printed(row.at("question")) + "\n";
  for (std::size_t i = 0; i < 4; ++i)
    query += arabic_letters()[i] + ". " +
             printed(row.at(std::string(1, static_cast<char>('A' + i)))) + "\n";
  return made(query + kAnswer, arabic_letters(), letter_index(row));
}

Json boolq(const Json& row) {
  const std::string margin = "        ";
  return made("بناء على المقطع التالي، أجب عن السؤال ب نعم أو لا\n" + margin + "المقطع :\n" +
                  margin + printed(row.at("passage")) + "\n" + margin + "السؤال:\n" + margin +
                  printed(row.at("question")) + "\n" + margin + kAnswer + "\n" + margin,
              {"نعم", "لا"}, PyValue::from_json(row.at("answer")).truthy() ? 0 : 1);
}

Json toxigen(const Json& row) {
  const std::string margin = "        ";
  const bool toxic =
      row.at("toxicity_ai").get<double>() + row.at("toxicity_human").get<double>() > 5.5;
  return made("هل العبارة التالية تحض على الكراهية؟ قم بالرد بـ\"نعم\" أو \"لا\".\n" + margin +
                  "العبارة:\n" + margin + "'" + printed(row.at("text")) + "'\n" + margin + kAnswer +
                  "\n" + margin,
              {"لا", "نعم"}, toxic ? 1 : 0);
}

Json copa(const Json& row) {
  const std::string asked = text_of_row(row, "question");
  if (asked != "cause" && asked != "effect")
    throw UserError("a question of COPA must be cause or effect: " + asked);
  const Json choices = {row.at("choice1"), row.at("choice2")};
  return made(printed(row.at("premise")) + "، " + (asked == "cause" ? "لأن" : "لذلك") + " :\n" +
                  numbered(choices) + kAnswer,
              choices, row.at("label"));
}

Json true_or_false(const Json& row) {
  const std::vector<std::string> choices = {"صح", "خطأ"};
  return made(kQuestion + printed(row.at("question")) + "\n" + kAnswer, choices,
              position(choices, text_of_row(row, "answer")));
}

Json hellaswag(const Json& row) {
  static const PythonRegex brackets = PythonRegex::compile(R"(\[.*?])");
  const std::string margin = "        ";
  const std::optional<PyValue> list = python_literal(text_of_row(row, "endings"));
  if (!list || !list->is_list()) throw UserError("endings must be a list in Python's form");
  Json endings = Json::array();
  for (const PyValue& ending : list->items()) endings.push_back(brackets.sub("", ending.str()));
  const std::string query = "بناء على السياق التالي، اختر النهاية الصحيحة من الاقتراحات التالية\n" +
                            margin + "السياق:\n" + margin +
                            brackets.sub("", text_of_row(row, "ctx")) + "\n" + margin +
                            "الاقتراحات:\n\n" + margin + numbered(endings) + kAnswer;
  return made(query, endings, row.at("label"));
}

}  // namespace

/// Not there: arabic_mt_sciq, which shuffles with whatever state Python's global generator is in.
void add_arabic_leaderboard(NativeFunctions& all) {
  const auto add = [&](const std::string& set, Json (*change)(const Json&)) {
    for (const char* form : {"", "_light"})
      all.process_docs["arabic_leaderboard_" + set + form + "/utils.process_docs"] =
          mapped_rows(change);
  };
  for (const char* set : {"alghafa", "arabic_mt_mmlu", "arabic_mt_openbook_qa", "arabic_mt_race",
                          "arabic_mt_piqa", "arabic_mt_arc_challenge", "arabic_mt_arc_easy"})
    add(set, sets_of_columns);
  add("arabic_exams", exams);
  add("arabic_mmlu", mmlu);
  add("arabic_mt_boolq", boolq);
  add("arabic_mt_toxigen", toxigen);
  add("arabic_mt_copa", copa);
  add("arabic_mt_hellaswag", hellaswag);
  add("avca", true_or_false);
}

}  // namespace flm
