// The scores of a group from those of its leaf tasks.
#pragma once

#include <string>
#include <vector>

#include "reports/scores/group_members.h"

namespace flm {

struct GroupScores {
  std::int64_t n = 0, flagged = 0, failed = 0;
  bool complete = true;
  std::vector<Score> scores;  // as lm-evaluation-harness aggregates them
  std::vector<Score> extra;   // of BPB tables: macro, micro, tokens per byte
  std::vector<std::string> notes;
  ChoiceCounts choices;
};

/// Leaves that lack a metric are left out of it, with a note; one that has it but no value makes it
/// N/A, and so does a metric that none has.
GroupScores score_group(const GroupRecord& group, const LeafScores& leaves);

}  // namespace flm
