// BABILong: facts in a long text. The answer counts where it names the target.
#include <algorithm>

#include "tasks/native/columns.h"
#include "tasks/native/native_functions.h"
#include "tasks/python/text.h"

namespace flm {
namespace {

MetricValues target_named(const PyValue& doc, const NativeResults& results) {
  const PyValue* found = doc.is_dict() ? doc.dict().find("target") : nullptr;
  const std::string target = found ? python_strip(text_column(doc, "target")) : "";
  std::string said = python_lower(python_strip(results.filtered.str()));
  std::replace_if(
      said.begin(), said.end(), [](unsigned char c) { return c < 0x20; }, '\n');
  said = python_strip(said);
  return {{"acc", {said.find(python_lower(target)) != std::string::npos ? 1.0 : 0.0}}};
}

}  // namespace

void add_babilong(NativeFunctions& all) {
  all.process_results["babilong/common_utils.process_results"] = target_named;
}

}  // namespace flm
