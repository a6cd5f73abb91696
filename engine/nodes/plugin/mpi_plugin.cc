// The plug-in's body, compiled once with each MPI library that is there (engine/nodes/CMakeLists).
#include "engine/nodes/mpi_plugin.h"

// Without the C++ bindings that MPI dropped, and the library that holds them.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstdio>
#include <new>

#include "engine/nodes/plugin/leave_job.h"

namespace {

constexpr int kTag = 1;

int start(int* rank, int* ranks) {
  int level = 0;
  if (const int code = MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level)) return code;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (const int code = MPI_Comm_rank(MPI_COMM_WORLD, rank)) return code;
  return MPI_Comm_size(MPI_COMM_WORLD, ranks);
}

int send(int to, const void* bytes, int size, void** pending) {
  auto* request = new (std::nothrow) MPI_Request;
  if (!request) return MPI_ERR_NO_MEM;
  *pending = request;
  return MPI_Isend(bytes, size, MPI_BYTE, to, kTag, MPI_COMM_WORLD, request);
}

int sent(void* pending) {
  auto* request = static_cast<MPI_Request*>(pending);
  int done = 0;
  if (const int code = MPI_Test(request, &done, MPI_STATUS_IGNORE)) return -code;
  if (done) delete request;
  return done;
}

long long arrived(int* from) {
  int there = 0, size = 0;
  MPI_Status status;
  if (const int code = MPI_Iprobe(MPI_ANY_SOURCE, kTag, MPI_COMM_WORLD, &there, &status))
    return -1LL - code;
  if (!there) return -1;
  if (const int code = MPI_Get_count(&status, MPI_BYTE, &size)) return -1LL - code;
  *from = status.MPI_SOURCE;
  return size;
}

int take(int from, void* bytes, int size) {
  return MPI_Recv(bytes, size, MPI_BYTE, from, kTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

int meet(void** pending) {
  auto* request = new (std::nothrow) MPI_Request;
  if (!request) return MPI_ERR_NO_MEM;
  *pending = request;
  return MPI_Ibarrier(MPI_COMM_WORLD, request);
}

void abort_job(int exit_code) { MPI_Abort(MPI_COMM_WORLD, exit_code); }

void error_text(int code, char* text, int size) {
  char whole[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(code, whole, &length);
  std::snprintf(text, static_cast<std::size_t>(size), "%s", whole);
}

const char* library() {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  for (char* at = text; *at; ++at)
    if (*at == '\n' || *at == ',') *at = '\0';  // the first line says it
  return text;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const FlmMpiPlugin* flm_mpi_plugin() {
  static const FlmMpiPlugin plugin = {FLM_MPI_PLUGIN_VERSION,
                                      library(),
                                      start,
                                      send,
                                      sent,
                                      arrived,
                                      take,
                                      meet,
                                      leave_job,
                                      abort_job,
                                      error_text};
  return &plugin;
}
