// Figures of domains whose losses are told in bits per byte.
#pragma once

#include <vector>

#include "reports/scores/group_members.h"

namespace flm {

/// Of each bits-per-byte metric below the group: macro (domains alike), micro (all losses by all
/// bytes), the group's mixtures, and tokens per byte. Members are fixed strata.
std::vector<Score> bits_per_byte_table(const GroupRecord& group, const LeafScores& leaves);

/// Tokens per byte of a task with a `bpb` metric, for its row.
std::vector<Score> token_rates(const TaskScores& task);

}  // namespace flm
