// metabench: small parts of six benchmarks, whose examples stand in columns of each row.
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/wikihow_marks.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// A row whose columns are used up one by one.
class Columns {
 public:
  explicit Columns(const Json& row) : row_(row) {}

  Json& row() { return row_; }
  std::string text(const std::string& name) const { return text_of_row(row_, name); }
  Json take(const std::string& name) {
    Json value = row_.at(name);
    row_.erase(name);
    return value;
  }
  std::string take_text(const std::string& name) {
    std::string value = text(name);
    row_.erase(name);
    return value;
  }
  std::int64_t take_int(const std::string& name) {
    const std::int64_t value = int_of_row(row_, name);
    row_.erase(name);
    return value;
  }
  /// The finished row: who is asked, by its hash, and the examples.
  Json done(const std::string& asked, const std::string& name, const std::string& examples,
            const std::string& long_prompt) {
    row_["original_hash"] = sha256_hex(text(asked));
    row_[name] = examples;
    take(long_prompt);
    return std::move(row_);
  }

 private:
  Json row_;
};

std::string shot(const std::string& name, int number) {
  return name + "_shot_" + std::to_string(number);
}

std::string as_printed(const Json& value) { return PyValue::from_json(value).str(); }

std::string question_and_answer(const Json& question, const Json& answer) {
  return "Question: " + as_printed(question) + "\nAnswer: " + as_printed(answer) + "\n\n";
}

Json metabench_arc(const Json& row) {
  Columns columns(row);
  std::string examples;
  for (int i = 1; i <= 25; ++i) {
    const Json question = columns.take(shot("arc_question", i));
    const std::string key = columns.take_text(shot("arc_answerKey", i));
    const Json choices = columns.take(shot("arc_choices", i));
    const auto labels = choices.at("label").get<std::vector<std::string>>();
    examples += question_and_answer(question, choices.at("text").at(position(labels, key)));
    columns.take(shot("arc_idx", i));
  }
  columns.row()["twentyfive_shot_preprompt"] = examples;
  return columns.done("question", "twentyfive_shot_preprompt", examples,
                      "alltwentyfiveshot_longprompt");
}

Json metabench_gsm8k(const Json& row) {
  Columns columns(row);
  std::string examples;
  for (int i = 1; i <= 5; ++i) {
    const Json question = columns.take(shot("gsm8k_prompt", i));
    examples += question_and_answer(question, columns.take(shot("gsm8k_answer", i)));
    columns.take(shot("gsm8k_idx", i));
  }
  return columns.done("question", "five_shot_preprompt", examples, "allfiveshot_longprompt");
}

/// "Activity: first part Second part"
std::string story(Columns& columns, const std::string& activity, const std::string& first,
                  const std::string& second) {
  const std::string start = columns.take_text(first);
  const std::string end = columns.take_text(second);
  return without_wikihow_marks(columns.take_text(activity) + ": " + start + " " +
                               python_capitalize(end));
}

std::string hellaswag_example(Columns& columns, int i) {
  const std::string text = story(columns, shot("hellaswag_activity_labels", i),
                                 shot("hellaswag_ctx_a", i), shot("hellaswag_ctx_b", i));
  const auto endings = columns.take(shot("hellaswag_endings", i)).get<std::vector<std::string>>();
  const std::int64_t right = columns.take_int(shot("hellaswag_label", i));
  for (const char* unused : {"ctx", "ind", "source_id", "split", "split_type"})
    columns.take(shot("hellaswag_" + std::string(unused), i));
  return text + " " + without_wikihow_marks(endings.at(static_cast<std::size_t>(right))) + "\n\n";
}

Json metabench_hellaswag(const Json& row) {
  Columns columns(row);
  const std::string query = story(columns, "activity_label", "ctx_a", "ctx_b");
  columns.take("ctx");
  Json choices = Json::array();
  for (const Json& ending : columns.take("endings"))
    choices.push_back(without_wikihow_marks(ending.get<std::string>()));
  columns.row()["query"] = query;
  columns.row()["choices"] = std::move(choices);
  columns.row()["gold"] = int_of_row(row, "label");
  std::string examples;
  for (int i = 1; i <= 10; ++i) examples += hellaswag_example(columns, i);
  return columns.done("query", "ten_shot_preprompt", examples, "alltenshot_longprompt");
}

std::string mmlu_example(Columns& columns, int i) {
  static const std::vector<std::string> letters = {"A", "B", "C", "D"};
  std::string text = python_strip(columns.take_text(shot("mmlu_question", i))) + "\n";
  const std::int64_t right = columns.take_int(shot("mmlu_answers", i));
  const Json choices = columns.take(shot("mmlu_choices", i));
  for (std::size_t choice = 0; choice < letters.size(); ++choice)
    text += letters[choice] + ". " + as_printed(choices.at(choice)) + "\n";
  columns.take(shot("mmlu_ind", i));
  return text + "Answer: " + letters.at(static_cast<std::size_t>(right)) + "\n\n";
}

Json metabench_mmlu(const Json& row) {
  Columns columns(row);
  std::string examples = "The following are multiple choice questions (with answers) about " +
                         python_replace(columns.text("subject"), "_", " ") + ".\n\n";
  for (int i = 1; i <= 5; ++i) examples += mmlu_example(columns, i);
  return columns.done("question", "five_shot_preprompt", examples, "allfiveshot_longprompt");
}

Json metabench_truthfulqa(const Json& row) {
  return {{"original_hash", sha256_hex(text_of_row(row, "question"))}};
}

std::string winogrande_example(Columns& columns, int i) {
  const std::string number = columns.take_text(shot("winogrande_answer", i));
  if (number != "1" && number != "2")
    throw UserError("a WinoGrande answer must be 1 or 2: " + number);
  const std::string first = columns.take_text(shot("winogrande_option1", i));
  const std::string second = columns.take_text(shot("winogrande_option2", i));
  columns.take(shot("winogrande_idx", i));
  return python_replace(columns.take_text(shot("winogrande_prompt", i)), "_",
                        number == "1" ? first : second) +
         "\n\n";
}

Json metabench_winogrande(const Json& row) {
  Columns columns(row);
  std::string examples;
  for (int i = 1; i <= 5; ++i) examples += winogrande_example(columns, i);
  return columns.done("sentence", "sentence", examples + columns.text("sentence"),
                      "allfiveshot_longprompt");
}

/// The options changed places, and with them the answer.
Json metabench_swapped_winogrande(const Json& row) {
  Json out = metabench_winogrande(row);
  std::swap(out.at("option1"), out.at("option2"));
  Json& answer = out.at("answer");
  if (answer == "1" || answer == "2") answer = answer == "1" ? "2" : "1";
  return out;
}

/// Rows made anew, without the columns that were used up.
RowsFunction remade_rows(Json (*change)(const Json&)) {
  return [change](const std::vector<Json>& rows) {
    std::vector<Json> out;
    for (const Json& row : rows) out.push_back(change(row));
    return out;
  };
}

}  // namespace

/// Not there: the other functions of process_docs_permute, which shuffle with whatever state
/// Python's global generator is in.
void add_metabench(NativeFunctions& all) {
  auto& rows = all.process_docs;
  const std::string module = "metabench/process_docs.process_";
  rows[module + "arc"] = remade_rows(metabench_arc);
  rows[module + "gsm8k"] = remade_rows(metabench_gsm8k);
  rows[module + "hellaswag"] = remade_rows(metabench_hellaswag);
  rows[module + "mmlu"] = remade_rows(metabench_mmlu);
  rows[module + "truthfulqa"] = mapped_rows(metabench_truthfulqa);
  rows[module + "winogrande"] = remade_rows(metabench_winogrande);
  rows["metabench/process_docs_permute.process_winogrande"] =
      remade_rows(metabench_swapped_winogrande);
}

}  // namespace flm
