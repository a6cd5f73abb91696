// What a plug-in for one MPI library offers: the program links none, for these libraries cannot be
// exchanged for one another. All calls come from one thread.
#pragma once

extern "C" {

enum { FLM_MPI_PLUGIN_VERSION = 2 };

// Functions return 0, or a code that error_text explains; more where said.
struct FlmMpiPlugin {
  int version;
  const char* library;  // name and version of the MPI library
  int (*start)(int* rank, int* ranks);
  // Starts to send; `bytes` stay until sent() says 1.
  int (*send)(int to, const void* bytes, int size, void** pending);
  // 1: gone, and `pending` is free; 0: not yet; below 0: minus the code.
  int (*sent)(void* pending);
  // Size of a message that has come, and from whom; -1: none; below -1: minus the code, less 1.
  long long (*arrived)(int* from);
  int (*take)(int from, void* bytes, int size);
  // Starts to wait for all processes to call it too; sent() says when they have.
  int (*meet)(void** pending);
  int (*finish)();
  void (*abort)(int exit_code);  // ends all processes of the job
  void (*error_text)(int code, char* text, int size);
};

// The one symbol of a plug-in.
const FlmMpiPlugin* flm_mpi_plugin();
}
