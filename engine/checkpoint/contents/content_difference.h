// Where the weights of two checkpoints differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/weight_table.h"

namespace flm {

/// A tensor that is not the same in both.
struct ContentDifference {
  std::string tensor;
  std::string first, second;        // dtype and shape; empty: not there
  std::int64_t differing = 0;       // chunks, of
  std::int64_t chunks = 0;          // in all
  std::int64_t chunk = 0;           // the first that differs, and
  std::int64_t begin = 0, end = 0;  // its bytes in the tensor
};

/// Names ascending; empty where all is the same.
std::vector<ContentDifference> content_differences(const WeightTable::ContentCheck& first,
                                                   const WeightTable::ContentCheck& second);

/// One line: the first difference with its chunk, and how many there are.
std::string in_words(const std::vector<ContentDifference>& differences);

}  // namespace flm
