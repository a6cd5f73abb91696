#include "engine/checkpoint/trainers/megatron_rank_files.h"

#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "engine/checkpoint/formats/torn_file.h"
#include "engine/checkpoint/trainers/checkpoint_fault.h"
#include "engine/checkpoint/trainers/folder_listing.h"

namespace flm {
namespace {

namespace fs = std::filesystem;

using Rank = MegatronRank;

/// mp_rank_TT or mp_rank_TT_PPP; nothing for another name.
std::optional<Rank> rank_of(const std::string& name) {
  constexpr std::string_view kPrefix = "mp_rank_";
  if (!name.starts_with(kPrefix)) return {};
  const std::string rest = name.substr(kPrefix.size());
  const std::size_t line = rest.find('_');
  const auto tensor = plain_number(rest.substr(0, line));
  if (line == std::string::npos) return tensor ? std::optional<Rank>({*tensor, 0}) : std::nullopt;
  const std::string behind = rest.substr(line + 1);
  if (behind.find('_') != std::string::npos)
    throw CheckpointFault(Completeness::kRefused,
                          "expert-parallel ranks are not supported: " + name);
  const auto pipeline = plain_number(behind);
  return tensor && pipeline ? std::optional<Rank>({*tensor, *pipeline}) : std::nullopt;
}

std::string folder_of(Rank rank, bool pipeline) {
  const auto padded = [](std::int64_t number, std::size_t digits) {
    std::string text = std::to_string(number);
    return std::string(digits > text.size() ? digits - text.size() : 0, '0') + text;
  };
  return "mp_rank_" + padded(rank.first, 2) + (pipeline ? "_" + padded(rank.second, 3) : "");
}

void require_all_ranks(const MegatronRankFiles& files, const MegatronRanks& ranks) {
  constexpr std::int64_t kMostListed = 8;
  const std::string says =
      "args say TP " + std::to_string(ranks.tensor) + " x PP " + std::to_string(ranks.pipeline);
  std::string missing;
  std::int64_t count = 0;
  for (std::int64_t t = 0; t < ranks.tensor && count <= kMostListed; ++t)
    for (std::int64_t p = 0; p < ranks.pipeline && count <= kMostListed; ++p)
      if (!files.count({t, p}) && ++count <= kMostListed)
        missing += (missing.empty() ? "" : ", ") + folder_of({t, p}, ranks.pipeline > 1);
  if (count > 0)
    throw CheckpointFault(Completeness::kIncomplete,
                          says + "; missing: " + missing + (count > kMostListed ? ", ..." : ""));
  for (const auto& [rank, file] : files)
    if (rank.first >= ranks.tensor || rank.second >= ranks.pipeline)
      throw CheckpointFault(Completeness::kBroken,
                            says + ", and there is a rank of another run: " + file.folder);
}

/// All ranks are of one iteration and cut alike.
void require_one_iteration(const MegatronRankFiles& files) {
  const MegatronRankFile& first = files.begin()->second;
  const MegatronArgs args(first.file->root());
  const MegatronRanks ranks = args.ranks();
  for (const auto& [rank, one] : files) {
    const MegatronArgs other(one.file->root());
    const auto iteration = other.iteration();
    if (iteration != args.iteration())
      throw CheckpointFault(Completeness::kBroken,
                            one.folder + " is of iteration " +
                                (iteration ? std::to_string(*iteration) : std::string("(none)")) +
                                ", " + first.folder + " of " +
                                std::to_string(args.iteration().value_or(0)));
    const MegatronRanks its = other.ranks();
    if (std::tie(its.tensor, its.pipeline, its.virtual_pipeline, its.layers) !=
        std::tie(ranks.tensor, ranks.pipeline, ranks.virtual_pipeline, ranks.layers))
      throw CheckpointFault(Completeness::kBroken,
                            one.folder + " has other args than " + first.folder);
  }
}

/// No two ranks hold the same, so that equal files are one that was copied. The first weights tell
/// others apart, whence it costs little.
void refuse_copies(const MegatronRankFiles& files) {
  for (auto one = files.begin(); one != files.end(); ++one)
    for (auto other = std::next(one); other != files.end(); ++other)
      if (one->second.bytes->text() == other->second.bytes->text())
        throw CheckpointFault(Completeness::kBroken,
                              "one rank's file was copied over another's: " + one->second.folder +
                                  " and " + other->second.folder + " hold the same " +
                                  kMegatronFile);
}

/// Megatron-LM's args keep the writer's rank, and converters leave one number in all of them (0),
/// which says nothing. Tensor-parallel ranks are innermost and stages follow each other in all its
/// orders of ranks (megatron/core/parallel_state.py, RankGenerator).
void require_own_writers(const MegatronRankFiles& files, const MegatronRanks& ranks) {
  std::map<Rank, std::int64_t> writers;
  std::set<std::int64_t> said;
  for (const auto& [rank, one] : files) {
    const auto writer = MegatronArgs(one.file->root()).writer();
    if (!writer || *writer < 0) continue;
    writers[rank] = *writer;
    said.insert(*writer);
  }
  if (said.size() < 2) return;
  for (const auto& [rank, writer] : writers) {
    const std::string& folder = files.at(rank).folder;
    const std::string says = folder + "/" + kMegatronFile + " was written by rank " +
                             std::to_string(writer) + " (args.rank), ";
    if (writer % ranks.tensor != rank.first)
      throw CheckpointFault(Completeness::kBroken,
                            says + "tensor-parallel rank " + std::to_string(writer % ranks.tensor) +
                                " of " + std::to_string(ranks.tensor) +
                                ", and its folder's name says " + std::to_string(rank.first) +
                                ": copied or renamed?");
    for (std::int64_t stage = 0; stage < rank.second; ++stage) {
      const auto before = writers.find({rank.first, stage});
      if (before != writers.end() && before->second >= writer)
        throw CheckpointFault(Completeness::kBroken,
                              says + "and the earlier stage " + files.at(before->first).folder +
                                  " by rank " + std::to_string(before->second) +
                                  ", which must be lower: copied or renamed?");
    }
  }
}

}  // namespace

MegatronRankFiles open_rank_files(const fs::path& folder) {
  std::map<Rank, std::string> folders;
  for (const std::string& name : names_in(folder)) {
    const std::optional<Rank> rank = rank_of(name);
    if (!rank || !is_folder(folder / name)) continue;
    const auto [at, fresh] = folders.emplace(*rank, name);
    if (!fresh)
      throw CheckpointFault(Completeness::kBroken,
                            "two folders are of one rank, one of another "
                            "save: " +
                                at->second + " and " + name);
  }
  if (folders.empty()) throw CheckpointFault(Completeness::kIncomplete, "it has no rank's folder");
  if (!folders.count({0, 0}))
    throw CheckpointFault(Completeness::kBroken, "its first rank is gone, and there is " +
                                                     folders.begin()->second +
                                                     ": is it being deleted?");
  MegatronRankFiles out;
  for (const auto& [rank, name] : folders) {
    const fs::path path = folder / name / kMegatronFile;
    if (!is_there(path))
      throw CheckpointFault(Completeness::kIncomplete, name + " holds no " + kMegatronFile);
    try {
      const std::shared_ptr<const MappedFile> bytes = MappedFile::open(path.string());
      out[rank] = {name, bytes, TorchFile::open(bytes)};
    } catch (const TornFile&) {
      throw CheckpointFault(Completeness::kIncomplete,
                            name + "/" + kMegatronFile + " is no complete zip");
    }
  }
  return out;
}

void require_one_save(const MegatronRankFiles& files, const MegatronRanks& ranks) {
  require_all_ranks(files, ranks);
  require_one_iteration(files);
  refuse_copies(files);
  require_own_writers(files, ranks);
}

}  // namespace flm
