#include "tasks/native/procedures.h"

#include "tasks/python/text.h"

namespace flm {

std::optional<std::string> tagged_part(const std::string& text, const std::string& tag) {
  const std::size_t begin = text.find("<" + tag + ">"), end = text.find("</" + tag + ">");
  if (begin == std::string::npos || end == std::string::npos) return std::nullopt;
  const std::size_t from = begin + tag.size() + 2;
  return from >= end ? "" : python_strip(text.substr(from, end - from));
}

MetricValues procedure_scores(double right, double partial, double extracted) {
  return {{"score", {right}},
          {"accuracy", {right}},
          {"partial_accuracy", {partial}},
          {"extraction_rate", {extracted}}};
}

}  // namespace flm
