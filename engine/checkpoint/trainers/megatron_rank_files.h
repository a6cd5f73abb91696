// The files of the model-parallel ranks of Megatron-LM's layout torch, opened and held against each
// other: whether all are there, of one save, and each in its own place.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/checkpoint/formats/torch_file.h"
#include "engine/checkpoint/trainers/megatron_args.h"

namespace flm {

inline constexpr const char* kMegatronFile = "model_optim_rng.pt";

using MegatronRank = std::pair<std::int64_t, std::int64_t>;  // tensor, pipeline

struct MegatronRankFile {
  std::string folder;  // mp_rank_01_000
  std::shared_ptr<const MappedFile> bytes;
  std::shared_ptr<const TorchFile> file;
};
using MegatronRankFiles = std::map<MegatronRank, MegatronRankFile>;

/// Of the folders mp_rank_TT and mp_rank_TT_PPP; CheckpointFault where none, not the first or two
/// of one rank are there, or a file is not whole.
MegatronRankFiles open_rank_files(const std::filesystem::path& folder);

/// CheckpointFault where a rank of `ranks` is missing, another iteration's or run's, a copy of
/// another's or written as another one.
void require_one_save(const MegatronRankFiles& files, const MegatronRanks& ranks);

}  // namespace flm
