// Curves made by hand: two domains over forty checkpoints, one checkpoint broken.
#pragma once

#include <cmath>
#include <string>

#include "reports/html/curves/curves.h"

namespace flm {

inline Curve made_curve(const std::string& name, double level, int checkpoints) {
  Curve out{name, "bpb", false, {}, {}};
  for (int i = 1; i <= checkpoints; ++i) {
    const double step = 40.0 * i, tokens = step * 4096 * 256;
    const double value = level + 2 / std::sqrt(step) + 0.01 * std::sin(i);
    const std::string checkpoint = "step_" + std::to_string(40 * i);
    if (i == 7) {
      out.gaps.push_back({checkpoint, {step, tokens, tokens * 6e9}, "shard 2 of 4 is missing"});
      continue;
    }
    out.points.push_back({checkpoint,
                          {step, tokens, tokens * 6e9},
                          value,
                          value - 0.03,
                          value + 0.03,
                          value - 0.012,
                          value + 0.012});
    out.points.back().error = 0.014;
  }
  return out;
}

inline Curves made_curves(int checkpoints = 40) {
  Curves out{"nano", "models/nano/step_*", {"step", "tokens", "FLOPs"}, {}, {"one series"}};
  for (const char* name : {"bpb", "中文/网页 web", "en/code", "en/books", "en/arxiv"})
    out.curves.push_back(
        made_curve(name, 0.6 + 0.1 * static_cast<double>(out.curves.size()), checkpoints));
  return out;
}

}  // namespace flm
