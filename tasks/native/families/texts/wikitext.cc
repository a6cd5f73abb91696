#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/regex.h"
#include "tasks/python/text.h"
#include "tasks/scoring/known_metrics.h"

namespace flm {
namespace {

/// Undoes WikiText's tokenisation: an ordered list of replacements, in the harness's order.
PyValue detokenized(std::string text) {
  const auto replace = [&](const char* old, const char* with) {
    text = python_replace(text, old, with);
  };
  const auto tighten = [&](const char* pattern, const char* with) {
    text = PythonRegex::compile(pattern).sub(with, text);
  };
  replace("s '", "s'");
  tighten("/' [0-9]/", "/'[0-9]/");
  replace(" @-@ ", "-");
  replace(" @,@ ", ",");
  replace(" @.@ ", ".");
  for (const char* mark : {":", ";", ".", "!", "?", ","}) {
    const std::string spaced = std::string(" ") + mark + " ", tight = std::string(mark) + " ";
    replace(spaced.c_str(), tight.c_str());
  }
  tighten(R"(\(\s*([^\)]*?)\s*\))", R"((\1))");
  tighten(R"(\[\s*([^\]]*?)\s*\])", R"([\1])");
  tighten(R"({\s*([^}]*?)\s*})", R"({\1})");
  tighten("\"\\s*([^\"]*?)\\s*\"", "\"\\1\"");
  tighten(R"('\s*([^']*?)\s*')", R"('\1')");
  replace("= = = =", "====");
  replace("= = =", "===");
  replace("= =", "==");
  replace(" \u00b0 ", "\u00b0");
  replace(" \n", "\n");
  replace("\n ", "\n");
  replace(" N ", " 1 ");
  replace(" 's", "'s");
  return PyValue(text);
}

/// Words and bytes are those of the text before detokenisation.
MetricValues perplexities(const std::string& text, const NativeResults& results) {
  MetricValues values;
  for (const char* metric : {"word_perplexity", "byte_perplexity", "bits_per_byte"})
    values.emplace_back(metric, rolling_value(metric, text, results.answers[0]));
  return values;
}

void add_corpus(NativeFunctions& all, const std::string& module, const std::string& detokenizer,
                const std::string& name) {
  all.doc_values[module + "." + detokenizer] = [name](const PyValue& doc) {
    return detokenized(text_column(doc, name));
  };
  all.process_results[module + ".process_results"] = [name](const PyValue& doc,
                                                            const NativeResults& results) {
    return perplexities(text_column(doc, name), results);
  };
}

}  // namespace

void add_wikitext(NativeFunctions& all) {
  add_corpus(all, "wikitext/preprocess_wikitext", "wikitext_detokenizer", "page");
  add_corpus(all, "c4/preprocess_c4", "c4_detokenizer", "text");
  add_corpus(all, "french_bench/preprocess_wikitext", "wikitext_detokenizer", "paragraph");
  all.doc_values["paloma/paloma_utils.doc_to_target"] = [](const PyValue& doc) {
    return PyValue(column(doc, "text").str());
  };
}

}  // namespace flm
