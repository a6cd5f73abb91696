// LongBench: the best score over the accepted answers, each metric under its own name and as
// "score". Chinese answers are cut into words by jieba, which has no twin here.
#include <algorithm>
#include <cmath>
#include <functional>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/native/squad_text.h"
#include "tasks/native/text_similarity.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

using AnswerScore = std::function<double(const std::string& gold, const std::string& answer)>;

double words_score(const std::string& gold, const std::string& answer) {
  return shared_words_f1(python_split(squad_normalised(gold)),
                         python_split(squad_normalised(answer)));
}

/// The part of the answer's numbers that are the right one.
double number_score(const std::string& gold, const std::string& answer) {
  static const PythonRegex number = PythonRegex::compile(R"(\d+)");
  const auto numbers = number.findall(answer);
  if (numbers.empty()) return 0;
  const auto right = std::count_if(numbers.begin(), numbers.end(),
                                   [&](const auto& one) { return one[0] == gold; });
  return static_cast<double>(right) / static_cast<double>(numbers.size());
}

/// The gold answer names a paragraph by its number.
AnswerScore paragraph_score(const char* pattern) {
  return [paragraph = PythonRegex::compile(pattern)](const std::string& gold,
                                                     const std::string& answer) {
    const auto named = paragraph.findall(gold);
    if (named.empty())
      throw UserError("the column answers must name a paragraph by its number: " + gold);
    return number_score(named[0][0], answer);
  };
}

/// The first line that is neither empty nor a comment or a fence.
std::string first_line_of_code(const std::string& answer) {
  for (const std::string& line : python_split(answer, "\n", -1)) {
    const bool other = line.find('`') != std::string::npos || line.find('#') != std::string::npos ||
                       line.find("//") != std::string::npos;
    if (!other && !python_strip(line).empty()) return line;
  }
  return "";
}

/// fuzzywuzzy's ratio, in whole hundredths.
double code_score(const std::string& gold, const std::string& answer) {
  const std::string line = first_line_of_code(answer);
  if (line == gold) return 1;
  if (line.empty() || gold.empty()) return 0;
  return std::nearbyint(100 * sequence_ratio(line, gold)) / 100;
}

/// Classes that the answer names, without those that are a part of the right one's name. The one
/// after a class that goes is not looked at, as in Python's loop over a list that it shortens.
double class_score(const std::vector<std::string>& classes, const std::string& gold,
                   const std::string& answer) {
  std::vector<std::string> named;
  std::copy_if(classes.begin(), classes.end(), std::back_inserter(named),
               [&](const std::string& one) { return answer.find(one) != std::string::npos; });
  for (std::size_t i = 0; i < named.size(); ++i) {
    const std::string one = named[i];
    if (one != gold && gold.find(one) != std::string::npos)
      named.erase(std::find(named.begin(), named.end(), one));
  }
  const bool right = std::find(named.begin(), named.end(), gold) != named.end();
  return right ? 1.0 / static_cast<double>(named.size()) : 0;
}

MetricValues best_score(const std::string& name, const PyValue& doc, const std::string& answer,
                        const AnswerScore& score) {
  double best = 0;
  for (const std::string& gold : plain_texts(column(doc, "answers"), "answers"))
    best = std::max(best, score(gold, answer));
  return {{"score", {best}}, {name, {best}}};
}

ResultsFunction best_of_stripped(const std::string& name, AnswerScore score) {
  return [name, score = std::move(score)](const PyValue& doc, const NativeResults& results) {
    return best_score(name, doc, python_strip(results.filtered.str()), score);
  };
}

MetricValues code_results(const PyValue& doc, const NativeResults& results) {
  return best_score("code_sim_score", doc, results.filtered.str(), code_score);
}

MetricValues class_results(const PyValue& doc, const NativeResults& results) {
  const auto score = [&](const std::string& gold, const std::string& answer) {
    return class_score(plain_texts(column(doc, "all_classes"), "all_classes"), gold, answer);
  };
  return best_score("classification_score", doc, python_strip(results.filtered.str()), score);
}

}  // namespace

void add_longbench(NativeFunctions& all) {
  auto& results = all.process_results;
  const std::string get = "longbench/metrics.get_";
  results[get + "qa_f1_with_score"] = best_of_stripped("qa_f1_score", words_score);
  results[get + "rouge_with_score"] = best_of_stripped("rouge_score", rouge_l_of_sets);
  results[get + "count_with_score"] = best_of_stripped("count_score", number_score);
  results[get + "retrieval_with_score"] =
      best_of_stripped("retrieval_score", paragraph_score(R"(Paragraph (\d+))"));
  results[get + "retrieval_zh_with_score"] =
      best_of_stripped("retrieval_zh_score", paragraph_score(R"(段落(\d+))"));
  results[get + "code_sim_with_score"] = code_results;
  results[get + "classification_with_score"] = class_results;
}

}  // namespace flm
