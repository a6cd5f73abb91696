// Over a network the end of MPICH 4.0 by UCX closes each connection with the help of its other
// side, and who is through helps no more (pmodels/mpich#6596): MPI_Finalize then stands still for
// ever. A process of such a job says to the launcher itself what MPI_Finalize would say at last, in
// the words of PMI-1, and the system closes the connections.
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "engine/nodes/plugin/leave_job.h"

namespace {

bool stands_still_at_its_end() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string library(text);
  return library.find("MPICH Version:\t4.0") == 0 && library.find("ch4:ucx") != std::string::npos;
}

/// Whether the launcher takes that line and answers with the other, whatever follows in it.
bool answers(int launcher, const std::string& line, const std::string& expected) {
  if (write(launcher, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return false;
  std::string answer;
  for (char letter = 0; letter != '\n'; answer += letter)
    if (read(launcher, &letter, 1) != 1) return false;
  return answer.starts_with(expected);
}

/// PMI-1 (Balaji et al., "PMI: A Scalable Parallel Process-Management Interface for Extreme-Scale
/// Systems", 2010) over the file that the launcher left open, as MPICH 4.0 speaks it.
bool launcher_lets_go() {
  const char* file = std::getenv("PMI_FD");
  if (!file) return false;
  const int launcher = std::atoi(file);
  return answers(launcher, "cmd=barrier_in\n", "cmd=barrier_out") &&
         answers(launcher, "cmd=finalize\n", "cmd=finalize_ack");
}

}  // namespace

int leave_job() {
  if (const int code = MPI_Barrier(MPI_COMM_WORLD)) return code;
  if (stands_still_at_its_end() && launcher_lets_go()) return 0;
  return MPI_Finalize();
}
