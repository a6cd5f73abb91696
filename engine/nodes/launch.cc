#include "engine/nodes/launch.h"

#include <charconv>
#include <cstring>

#include "base/errors.h"

namespace flm {
namespace {

struct Variables {
  const char* rank;
  const char* ranks;
  const char* local_rank;
  const char* launcher;
  const char* plugin;  // null: SLURM_MPI_TYPE says which
};

constexpr const char* kLocalRankOfSlurm = "SLURM_LOCALID";

// The first pair that is there counts: srun sets Slurm's beside those of the MPI that it serves.
constexpr Variables kVariables[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
     "mpirun of Open MPI", "openmpi"},
    {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "mpirun of MPICH", "mpich"},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", kLocalRankOfSlurm, "srun", nullptr},
};

int number_of(const char* name, const char* text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
  if (error != std::errc() || *end != '\0' || value < 0)
    throw UserError(std::string(name) +
                    " is no number of a launcher; unset it to run alone: " + text);
  return value;
}

/// srun --mpi=none, the default on many clusters, sets none.
std::string plugin_of_slurm(const char* kind) {
  if (!kind) return "";
  return std::string(kind) == "pmi2" ? "mpich" : "openmpi";
}

}  // namespace

JobLaunch read_launch(const std::function<const char*(const char* name)>& environment) {
  for (const Variables& variables : kVariables) {
    const char* rank = environment(variables.rank);
    const char* ranks = environment(variables.ranks);
    if (!rank || !ranks) continue;
    JobLaunch launch{.rank = number_of(variables.rank, rank),
                     .ranks = number_of(variables.ranks, ranks),
                     .launcher = variables.launcher,
                     .plugin = variables.plugin ? variables.plugin : ""};
    if (const char* local = environment(variables.local_rank)) {
      launch.local_rank = number_of(variables.local_rank, local);
    } else if (const char* of_slurm = environment(kLocalRankOfSlurm)) {
      launch.local_rank = number_of(kLocalRankOfSlurm, of_slurm);
      launch.launcher = "srun";  // --mpi=pmi2 sets MPICH's pair, but not its local rank
    }
    if (launch.ranks < 1 || launch.rank >= launch.ranks)
      throw UserError(std::string(variables.rank) + " " + rank + " is not below " +
                      variables.ranks + " " + ranks + "; unset both to run alone");
    if (!variables.plugin) launch.plugin = plugin_of_slurm(environment("SLURM_MPI_TYPE"));
    return launch;
  }
  return {};
}

}  // namespace flm
