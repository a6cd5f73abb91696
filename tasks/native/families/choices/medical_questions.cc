// Medical examinations: KorMedMCQA and CareQA.
#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"
#include "tasks/scoring/known_metrics.h"

namespace flm {
namespace {

/// The last letter that the first fitting pattern finds; "" where none fits.
std::string korean_choice(const std::string& response) {
  constexpr int kAnyCase = PythonRegex::kIgnoreCase;
  static const std::vector<PythonRegex> patterns = {
      PythonRegex::compile(R"(정답[:\s]*([ABCDE]))", kAnyCase),
      PythonRegex::compile(R"(정답은\s*([ABCDE])\s*입니다)", kAnyCase),
      PythonRegex::compile(R"(\b([ABCDE])\.)", kAnyCase),
      PythonRegex::compile(R"(\b([ABCDE])\b)", kAnyCase)};
  for (const PythonRegex& pattern : patterns) {
    const auto found = pattern.findall(response);
    if (!found.empty()) return python_upper(found.back()[0]);
  }
  return "";
}

PyValue korean_choices(const PyValue& responses, const PyValue&, const NativeArguments&) {
  PyList choices;
  for (const PyValue& response : responses.items())
    choices.emplace_back(korean_choice(response.str()));
  return PyValue(std::move(choices));
}

/// CareQA's question with its four options.
struct CareQuestion {
  std::string question, options[4];
};

/// What stands for a row without a question.
const CareQuestion& question_about_rejection() {
  static const CareQuestion one = {
      "In relation to the immune mechanism involved in the rejection of transplanted solid organs, "
      "indicate the incorrect answer:",
      {"Acute T-cell mediated rejection can be controlled through the use of drugs such as "
       "cyclosporine A or corticosteroids.",
       "The presence of specific antibodies against the donor (DSA) in the recipient prior to "
       "transplantation is a contraindication for it.",
       "Chronic rejection or chronic graft injury is associated with endothelial damage mediated "
       "by anti-HLA antibodies.",
       "Hyperacute rejection is mediated by cytotoxic T lymphocytes against donor antigens present "
       "in the recipient."}};
  return one;
}

CareQuestion care_question(const PyValue& doc) {
  if (column(doc, "question").is_none()) return question_about_rejection();
  CareQuestion one = {text_column(doc, "question"), {}};
  for (int i = 0; i < 4; ++i) one.options[i] = column(doc, "op" + std::to_string(i + 1)).str();
  return one;
}

PyValue care_prompt(const PyValue& doc) {
  const CareQuestion one = care_question(doc);
  std::string prompt = "Question: " + one.question + "\nChoices:\n";
  for (int i = 0; i < 4; ++i)
    prompt += std::string(1, static_cast<char>('A' + i)) + ". " + one.options[i] + "\n";
  return prompt + "Answer:";
}

PyValue care_gold(const PyValue& doc) {
  const PyValue& right = column(doc, "cop");
  if (!right.is_integer() || right.as_big_int() <= INT64_MIN)
    throw UserError("the column cop must be a whole number: " + right.str());
  return PyValue(right.as_int() - 1);
}

/// Answers in sentences, of which only the probability is asked here.
MetricValues care_perplexities(const PyValue& doc, const NativeResults& results) {
  MetricValues values;
  for (const char* metric : {"word_perplexity", "byte_perplexity", "bits_per_byte"})
    values.emplace_back(metric,
                        rolling_value(metric, text_column(doc, "answer"), results.answers[0]));
  return values;
}

}  // namespace

void add_medical_questions(NativeFunctions& all) {
  all.filters["kormedmcqa/utils.ExtractChoiceFilter"] = korean_choices;
  all.doc_values["careqa/utils.doc_to_text"] = care_prompt;
  all.doc_values["careqa/utils.doc_to_target"] = care_gold;
  all.doc_values["careqa/utils_open.doc_to_target"] = [](const PyValue& doc) {
    return PyValue(text_column(doc, "answer"));
  };
  all.process_results["careqa/utils_perplexity.process_results"] = care_perplexities;
}

}  // namespace flm
