// Names of a split's parts: PREFIX-00000-of-00002.ENDING.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// UserError with the first shard that is not among `files` though their names promise it, and what
/// to type. `what`: the data set, for the message.
void check_shards(const std::vector<std::string>& files, const std::string& what);

/// The name of an Arrow file without -NNNNN-of-NNNNN and .arrow.
std::string unsharded_stem(const std::string& file);

}  // namespace flm
