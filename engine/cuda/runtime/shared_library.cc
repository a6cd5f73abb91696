#include "engine/cuda/runtime/shared_library.h"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/system/environment.h"
#include "base/system/program_file.h"
#include "base/text/joined.h"

namespace flm {

const LibraryFiles kCublasLtFiles = {"cuBLASLt",
                                     {"libcublasLt.so.13", "libcublasLt.so.12"},
                                     {"nvidia/cu13/lib", "nvidia/cublas/lib", "torch/lib"},
                                     "FLM_CUBLASLT",
                                     "nvidia-cublas",
                                     ""};
const LibraryFiles kNcclFiles = {
    "NCCL",     {"libnccl.so.2"},   {"nvidia/nccl/lib", "torch/lib"},
    "FLM_NCCL", "nvidia-nccl-cu13", "; or FLM_NCCL=0 for copies between the ranks"};

namespace {

namespace fs = std::filesystem;

void add_folder(std::vector<std::string>& folders, const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_directory(folder, ignored) &&
      std::find(folders.begin(), folders.end(), folder.string()) == folders.end())
    folders.push_back(folder.string());
}

/// PREFIX/lib/python3.*/site-packages: each Python's of a prefix, in the order of their names.
void add_packages(std::vector<std::string>& folders, const fs::path& prefix) {
  std::error_code ignored;
  std::vector<fs::path> pythons;
  for (const auto& entry : fs::directory_iterator(prefix / "lib", ignored))
    if (entry.path().filename().string().starts_with("python3")) pythons.push_back(entry.path());
  std::sort(pythons.begin(), pythons.end());
  for (const fs::path& python : pythons)
    for (const char* kind : {"site-packages", "dist-packages"}) add_folder(folders, python / kind);
}

std::string path_of(void* handle, const std::string& asked) {
  link_map* map = nullptr;
  const bool told = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map && *map->l_name;
  return told ? map->l_name : asked;
}

[[noreturn]] void refuse(const LibraryFiles& files, const LibraryFolders& folders,
                         const std::string& broken) {
  std::vector<std::string> looked = {"the system's libraries"};
  for (const auto* folder : {&folders.toolkits, &folders.packages})
    looked.insert(looked.end(), folder->begin(), folder->end());
  throw UserError(files.called + ": " +
                  (broken.empty()
                       ? "no " + joined(files.names, " or ") + " in " + joined(looked, ", ")
                       : broken) +
                  "; pip install " + files.wheel + ", install CUDA's, set LD_LIBRARY_PATH or " +
                  files.variable + "=FILE" + files.otherwise);
}

}  // namespace

LibraryFolders LibraryFolders::here(const std::string& program, const std::string& root) {
  LibraryFolders here;
  for (const char* toolkit : {"CUDA_HOME", "CUDA_PATH"})
    if (const auto home = environment(toolkit))
      add_folder(here.toolkits, fs::path(*home) / "lib64");
  const auto conda = environment("CONDA_PREFIX");
  if (conda) add_folder(here.toolkits, fs::path(*conda) / "lib");
  add_folder(here.toolkits, root + "/usr/local/cuda/lib64");
  for (fs::path folder = fs::path(program).parent_path(); folder != folder.root_path();
       folder = folder.parent_path())
    if (folder.filename() == "site-packages" || folder.filename() == "dist-packages")
      add_folder(here.packages, folder);
  for (const auto& prefix : {environment("VIRTUAL_ENV"), conda})
    if (prefix) add_packages(here.packages, *prefix);
  if (const auto home = environment("HOME"))
    add_packages(here.packages, fs::path(*home) / ".local");
  add_packages(here.packages, root + "/usr/local");
  add_folder(here.packages, root + "/usr/lib/python3/dist-packages");
  return here;
}

std::vector<std::string> library_places(const LibraryFiles& files, const LibraryFolders& folders) {
  std::vector<std::string> places;
  for (const std::string& name : files.names) {
    places.push_back(name);
    for (const std::string& toolkit : folders.toolkits) places.push_back(toolkit + "/" + name);
    for (const std::string& packages : folders.packages)
      for (const std::string& wheel : files.wheels)
        places.push_back(packages + "/" + wheel + "/" + name);
  }
  return places;
}

SharedLibrary load_library(const LibraryFiles& files, const LibraryFolders& folders) {
  if (const auto named = environment(files.variable.c_str())) {
    if (void* handle = dlopen(named->c_str(), RTLD_NOW | RTLD_LOCAL))
      return {handle, path_of(handle, *named)};
    throw UserError(files.called + ": the library cannot be loaded (" + std::string(dlerror()) +
                    "); set " + files.variable + "=FILE to one that can, or leave it out" +
                    files.otherwise);
  }
  std::string broken;  // of a file that is there: what keeps it from being loaded
  for (const std::string& place : library_places(files, folders)) {
    if (void* handle = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL))
      return {handle, path_of(handle, place)};
    const std::string why = dlerror();
    std::error_code ignored;
    if (broken.empty() && place.find('/') != place.npos && fs::exists(place, ignored)) broken = why;
  }
  refuse(files, folders, broken);
}

SharedLibrary load_library(const LibraryFiles& files) {
  return load_library(files, LibraryFolders::here(program_file()));
}

}  // namespace flm
