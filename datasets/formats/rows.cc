#include "datasets/formats/rows.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace flm {

void SourceRows::add(int line, Json row) {
  lines.push_back(line);
  rows.push_back(std::move(row));
}

}  // namespace flm
