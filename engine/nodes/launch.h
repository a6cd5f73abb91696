// What a launcher (mpirun, srun) says of this process in its environment.
#pragma once

#include <functional>
#include <string>

namespace flm {

/// One process of a job. Alone: rank 0 of 1.
struct JobLaunch {
  int rank = 0, ranks = 1;
  int local_rank = 0;         // among those of its host, where the launcher says it
  std::string launcher = "";  // "mpirun of Open MPI", ...; "": none
  std::string plugin = "";    // that speaks with it: openmpi, mpich; "": no MPI is between them
};

/// Of Open MPI's variables, MPICH's (Hydra's), or a step of Slurm, whose kind of MPI
/// (SLURM_MPI_TYPE) says which; a batch script of Slurm without srun is one process. Numbers that
/// cannot be are a UserError.
JobLaunch read_launch(const std::function<const char*(const char* name)>& environment);

}  // namespace flm
