#include "bench/views/strict.h"

#include <cstdlib>

#include "bench/machine/machine.h"

namespace flm::bench {

std::string busy_note(const ResultFile& file) {
  const auto load = file.context.find("load_average_at_start"), cores = file.context.find("cores");
  if (load == file.context.end() || cores == file.context.end()) return "";
  return busy_note(load->second, std::atoi(cores->second.c_str()));
}

std::vector<std::string> strict_faults(const ResultFile& results) {
  std::vector<std::string> faults;
  if (const std::string busy = busy_note(results); !busy.empty()) faults.push_back(busy);
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
