#include "bench/views/strict.h"

#include <cstdlib>

#include "base/text/printable.h"
#include "bench/machine/machine.h"

namespace flm::bench {

std::string busy_warning(const ResultFile& file) {
  const auto load = file.context.find("load_average_at_start"), cores = file.context.find("cores");
  if (load == file.context.end() || cores == file.context.end()) return "";
  return busy_note(load->second, std::atoi(cores->second.c_str()));
}

std::vector<std::string> warnings_of(const ResultFile& file) {
  std::vector<std::string> warnings;
  if (const std::string busy = busy_warning(file); !busy.empty()) warnings.push_back(busy);
  if (const auto stopped = file.context.find("stopped"); stopped != file.context.end())
    warnings.push_back("STOPPED: " + stopped->second);
  if (const auto slowed = file.context.find("inject_slowdown"); slowed != file.context.end())
    warnings.push_back("SLOWED DOWN by --inject-slowdown " + printable(slowed->second) +
                       ": times of these rows are no times of the program");
  return warnings;
}

std::vector<std::string> strict_faults(const ResultFile& results) {
  std::vector<std::string> faults = warnings_of(results);
  if (const std::size_t wide = count_of_wide(results); wide > 0)
    faults.push_back("rows whose interval was still wide after --max-seconds: " +
                     std::to_string(wide));
  return faults;
}

std::vector<std::string> strict_faults(const ResultComparison& comparison) {
  std::vector<std::string> faults;
  if (const std::size_t rows = comparison.count(Change::kAmbiguous); rows > 0)
    faults.push_back(
        "rows that prove nothing (AMBIGUOUS; more --repetitions or --rounds, or a "
        "quieter machine): " +
        std::to_string(rows));
  const std::size_t unmatched = comparison.only_old.size() + comparison.only_new.size();
  if (unmatched > 0) faults.push_back("rows that one side alone has: " + std::to_string(unmatched));
  return faults;
}

}  // namespace flm::bench
