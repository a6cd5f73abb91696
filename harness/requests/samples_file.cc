#include "harness/requests/samples_file.h"

#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/system/files.h"
#include "base/text/printable.h"

namespace flm {

bool is_inline_json(const std::string& samples) {
  const std::size_t first = samples.find_first_not_of(" \n\t");
  return first != std::string::npos && samples[first] == '{';
}

Json read_samples(const std::string& samples) {
  if (samples.empty()) return Json::object();
  const bool inline_json = is_inline_json(samples);
  return parse_samples(inline_json ? samples : read_file(samples),
                       inline_json ? "--samples" : samples);
}

Json parse_samples(const std::string& json, const std::string& origin) {
  Json samples = parse_json(json, origin);
  if (!samples.is_object())
    throw UserError("--samples wants an object {task: [doc ids]}: " + origin);
  for (const auto& [task, ids] : samples.items()) {
    if (!ids.is_array() || ids.empty())
      throw UserError("--samples wants a list of document ids; leave a task out to run it whole: " +
                      printable(task));
    for (const Json& id : ids)
      if (!id.is_number_integer())
        throw UserError("--samples wants ids that are whole numbers, of " + printable(task) + ": " +
                        printable(id.dump()));
  }
  return samples;
}

}  // namespace flm
