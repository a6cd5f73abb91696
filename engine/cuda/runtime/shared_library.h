// CUDA's libraries that are loaded on first use, and where they may lie: known to the system, in a
// toolkit, in the wheels that pip installs, or in PyTorch's own folder.
#pragma once

#include <string>
#include <vector>

namespace flm {

/// A library, and what is said where it is nowhere.
struct LibraryFiles {
  std::string called;               // "cuBLASLt"
  std::vector<std::string> names;   // of its versions, the one to take first in front
  std::vector<std::string> wheels;  // its folders below a Python's packages
  std::string variable;             // of the environment, that names a file instead
  std::string wheel;                // what pip is to install
  std::string otherwise;            // another remedy, "; or …"
};

extern const LibraryFiles kCublasLtFiles, kNcclFiles;

/// Folders that hold libraries of several kinds.
struct LibraryFolders {
  std::vector<std::string> toolkits;  // the libraries themselves lie in them
  std::vector<std::string> packages;  // site-packages and dist-packages of Pythons

  /// What CUDA_HOME, CUDA_PATH, CONDA_PREFIX, VIRTUAL_ENV, HOME and the place of `program` say, and
  /// where systems have theirs; only those that are there. `root` stands before the system's own.
  static LibraryFolders here(const std::string& program, const std::string& root = "");
};

/// Where `files` is looked for: every place for the first name, then for the next. A name without a
/// folder is left to the loader (LD_LIBRARY_PATH and the system's libraries).
std::vector<std::string> library_places(const LibraryFiles& files, const LibraryFolders& folders);

struct SharedLibrary {
  void* handle = nullptr;
  std::string file;  // as the loader found it
};

/// The file that the variable names, else the first of the places that can be loaded. It stays
/// loaded. A UserError says where it was looked for and what to install.
SharedLibrary load_library(const LibraryFiles& files, const LibraryFolders& folders);
/// The same with the folders of this program on this machine.
SharedLibrary load_library(const LibraryFiles& files);

}  // namespace flm
