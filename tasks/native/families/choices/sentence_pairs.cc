// Two sentences and how they stand to each other: inference, paraphrases, causes and effects.
#include <nlohmann/json.hpp>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

/// The harness's general_detokenize: spaces that tokenisation put around marks go.
std::string tightened(std::string text) {
  static const std::vector<std::pair<std::string, std::string>> spaced = {
      {" n't", "n't"}, {" )", ")"}, {"( ", "("}, {"\" ", "\""}, {" \"", "\""}};
  static const PythonRegex mark = PythonRegex::compile(R"( (['.,]))");
  for (const auto& [old, with] : spaced) text = python_replace(text, old, with);
  return mark.sub(R"(\1)", text);
}

std::string tightened_column(const Json& row, const std::string& name) {
  return python_strip(tightened(text_of_row(row, name)));
}

std::string with_small_start(const std::string& text) {
  if (text.empty()) throw UserError("a sentence is empty");
  return python_lower(python_substring(text, 0, 1)) + python_substring(text, 1);
}

/// Without its last character where that is one of these marks.
std::string without_end(const std::string& text, const std::string& marks) {
  const bool ends = !text.empty() && marks.find(text.back()) != std::string::npos;
  return ends ? text.substr(0, text.size() - 1) : text;
}

bool has_text(const Json& row, const std::string& name) {
  return !row.at(name).is_null() && row[name] != "";
}

/// "first, right? Yes, second": the first sentence loses its end, the second its capital.
RowsFunction paraphrases(const std::string& first, const std::string& second, bool tokenised) {
  const auto change = [=](const Json& row) {
    const auto text = [&](const std::string& name) {
      return tokenised ? tightened_column(row, name) : text_of_row(row, name);
    };
    return Json{{first, without_end(text(first), ".,;")}, {second, with_small_start(text(second))}};
  };
  const auto both = [=](const Json& row) { return has_text(row, first) && has_text(row, second); };
  return [keep = kept_rows(both), map = mapped_rows(change)](const std::vector<Json>& rows) {
    return map(keep(rows));
  };
}

/// "premise, right? Yes, hypothesis."
Json inference(const Json& row, const std::string& premise, const std::string& hypothesis) {
  std::string second = with_small_start(tightened_column(row, hypothesis));
  if (!second.ends_with(".")) second += ".";
  return {{premise, without_end(tightened_column(row, premise), ".,!?")}, {hypothesis, second}};
}

/// Galician: the labels are words.
Json galician_inference(const Json& row) {
  Json out = inference(row, "sentence1", "sentence2");
  out["gold_label"] =
      position({"entailment", "neutral", "contradiction"}, text_of_row(row, "gold_label"));
  return out;
}

Json choices_in_small(const Json& row) {
  return {{"choice1", with_small_start(text_of_row(row, "choice1"))},
          {"choice2", with_small_start(text_of_row(row, "choice2"))}};
}

PyValue small_choices(const PyValue& doc) {
  return PyValue(PyList{with_small_start(text_column(doc, "choice1")),
                        with_small_start(text_column(doc, "choice2"))});
}

/// The word that joins a premise and its cause or effect.
std::string joining(const PyValue& doc, const std::string& cause, const std::string& effect) {
  const std::string& asked = text_column(doc, "question");
  if (asked != "cause" && asked != "effect")
    throw UserError("a question of COPA must be cause or effect: " + asked);
  return asked == "cause" ? cause : effect;
}

PyValue indonesian_premise(const PyValue& doc) {
  return python_substring(python_strip(text_column(doc, "premise")), 0, -1) + " " +
         joining(doc, "karena", "maka");
}

PyValue basque_premise(const PyValue& doc) {
  return python_strip(text_column(doc, "premise")) + joining(doc, " Izan ere,", " Beraz,");
}

PyValue mnli_text(const PyValue& doc) {
  std::string hypothesis = python_strip(text_column(doc, "hypothesis"));
  if (!hypothesis.ends_with(".")) hypothesis += ".";
  return column(doc, "premise").str() + "\nQuestion: " + hypothesis +
         " True, False or Neither?\nAnswer:";
}

/// Runs of spaces in these columns made single.
RowsFunction single_spaced(const std::vector<std::string>& names) {
  return mapped_rows([names](const Json& row) {
    static const PythonRegex spaces = PythonRegex::compile(" +");
    Json out = Json::object();
    for (const std::string& name : names) out[name] = spaces.sub(" ", text_of_row(row, name));
    return out;
  });
}

/// caBreu: three summaries of each of three kinds.
Json cabreu(const Json& row) {
  static const PythonRegex spaces = PythonRegex::compile(" +");
  Json summaries = row.at("summaries");
  for (const char* kind : {"abstractive", "extractive", "extreme"})
    for (const char* author : {"a1", "a2", "a3"}) {
      Json& text = summaries.at(kind).at(author);
      text = spaces.sub(" ", text.get<std::string>());
    }
  return {{"content", spaces.sub(" ", text_of_row(row, "content"))},
          {"summaries", std::move(summaries)}};
}

/// Winograd's schemas of SuperGLUE: the pronoun in stars, after as many words as its number says.
PyValue wsc_text(const PyValue& doc) {
  const std::string& text = text_column(doc, "text");
  const std::string &pronoun = text_column(doc, "span2_text"),
                    &noun = text_column(doc, "span1_text");
  const PyValue& number = column(doc, "span2_index");
  std::vector<std::string> words = python_split(text);
  if (!number.is_integer() || number.as_big_int() < 0)
    throw UserError("the column span2_index must be a whole number from 0: " + number.repr());
  if (number.as_big_int() < static_cast<PyInt>(words.size()))
    words.resize(static_cast<std::size_t>(number.as_big_int()));
  const std::string before = python_join(" ", words);
  const auto end = PyValue(before).length() + PyValue(pronoun).length() + 1;
  const std::string after = python_substring(text, static_cast<std::int64_t>(end));
  return "Passage: " + tightened(before + " *" + pronoun + "*" + after) +
         "\nQuestion: In the passage above, does the pronoun \"*" + pronoun + "*\" refer to \"*" +
         noun + "*\"?\nAnswer:";
}

}  // namespace

void add_sentence_pairs(NativeFunctions& all) {
  all.doc_values["glue/mnli/utils.doc_to_text"] = mnli_text;
  all.doc_values["super_glue/wsc/preprocess_wsc.default_doc_to_text"] = wsc_text;
  all.aggregations["super_glue/cb/aggregate.cb_multi_fi"] = "three_class_f1";
  auto& rows = all.process_docs;
  for (const char* set : {"paws-x", "catalan_bench", "spanish_bench"})
    rows[std::string(set) + "/utils.process_docs_paraphrases"] =
        paraphrases("sentence1", "sentence2", true);
  rows["galician_bench/utils.process_docs_paws"] = paraphrases("sentence1", "sentence2", true);
  rows["galician_bench/utils.process_docs_paraphrases"] = paraphrases("Frase", "Paráfrase", true);
  rows["basque_bench/utils.paws_process_docs"] = paraphrases("sentence1", "sentence2", false);
  for (const char* set : {"catalan_bench", "spanish_bench"})
    rows[std::string(set) + "/utils.process_doc_nli"] =
        mapped_rows([](const Json& row) { return inference(row, "premise", "hypothesis"); });
  rows["galician_bench/utils.process_doc_nli"] = mapped_rows(galician_inference);
  rows["catalan_bench/utils.process_docs_copa_ca"] = mapped_rows(choices_in_small);
  rows["spanish_bench/utils.process_docs_copa_es"] = mapped_rows(choices_in_small);
  rows["catalan_bench/utils.process_doc_cabreu"] = mapped_rows(cabreu);
  rows["galician_bench/utils.process_summarization"] = single_spaced({"text", "summary"});
  rows["spanish_bench/utils.process_xlsum"] = single_spaced({"text", "summary"});
  all.aggregations["basqueglue/utils.micro_f1_score"] = "micro_f1";
  all.aggregations["basqueglue/utils.vaxx_f1_score"] = "stance_f1";
  all.aggregations["portuguese_bench/assin2_utils.macro_f1"] = "macro_f1";
  all.doc_values["copal_id/utils.doc_to_text_id"] = indonesian_premise;
  all.doc_values["copal_id/utils.doc_to_choice"] = small_choices;
  all.doc_values["basque_bench/utils.xcopa_doc_to_text"] = basque_premise;
  all.doc_values["basque_bench/utils.xcopa_doc_to_choice"] = small_choices;
}

}  // namespace flm
