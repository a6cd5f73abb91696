// Where CUDA's libraries are looked for, and what is said where they are not.
#include "engine/cuda/runtime/shared_library.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/errors.h"
#include "tests/error_of.h"
#include "tests/temporary_folder.h"

namespace flm {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A machine's folders below one of the test's, and an environment that names none of this one's.
class SharedLibraries : public ::testing::Test {
 protected:
  SharedLibraries() {
    for (const char* name : kVariables) {
      const char* value = std::getenv(name);
      before_.push_back(value ? value : "");
      unsetenv(name);
    }
  }
  ~SharedLibraries() override {
    for (std::size_t i = 0; i < before_.size(); ++i)
      before_[i].empty() ? unsetenv(kVariables[i]) : setenv(kVariables[i], before_[i].c_str(), 1);
  }

  std::string folder(const std::string& path) const {
    fs::create_directories(root_ + path);
    return root_ + path;
  }
  /// A file that answers as NCCL does, in place of any library.
  void put_library(const std::string& path) const {
    folder(fs::path(path).parent_path().string());
    fs::copy_file(FLM_NCCL_STAND_IN, root_ + path);
  }
  LibraryFolders here(const std::string& program = "/opt/flmeval/libexec/flmeval") const {
    return LibraryFolders::here(program, root_);
  }
  std::string error_of(const LibraryFiles& files) const {
    return flm::error_of([&] { (void)load_library(files, here()); });
  }

  static constexpr const char* kVariables[] = {
      "CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX", "VIRTUAL_ENV", "HOME", "FLM_CUBLASLT", "FLM_NCCL"};
  /// Names that no system has.
  const LibraryFiles files_ = {"a library",
                               {"libflm_absent.so.2", "libflm_absent.so.1"},
                               {"of/wheel", "torch/lib"},
                               "FLM_NCCL",
                               "a-wheel",
                               "; or do without"};
  const TemporaryFolder made_;
  const std::string root_ = made_.path();

 private:
  std::vector<std::string> before_;
};

TEST_F(SharedLibraries, AreLookedForInToolkitsAndPackagesThatAreThere) {
  const std::string toolkit = folder("/usr/local/cuda/lib64"), other = folder("/cuda-12/lib64"),
                    conda = folder("/conda/lib"),
                    of_conda = folder("/conda/lib/python3.12/site-packages"),
                    environment = folder("/venv/lib/python3.11/site-packages"),
                    wheel = folder("/apps/lib/python3.11/site-packages"),
                    debian = folder("/usr/lib/python3/dist-packages"),
                    own = folder("/home/me/.local/lib/python3.9/site-packages"),
                    image = folder("/usr/local/lib/python3.10/site-packages");
  EXPECT_THAT(here().toolkits, ElementsAre(toolkit));
  EXPECT_THAT(here().packages, ElementsAre(image, debian));
  setenv("CUDA_HOME", (root_ + "/cuda-12").c_str(), 1);
  setenv("CUDA_PATH", (root_ + "/cuda-11").c_str(), 1);  // is not there
  setenv("CONDA_PREFIX", (root_ + "/conda").c_str(), 1);
  setenv("VIRTUAL_ENV", (root_ + "/venv").c_str(), 1);
  setenv("HOME", (root_ + "/home/me").c_str(), 1);
  EXPECT_THAT(here().toolkits, ElementsAre(other, conda, toolkit));
  // Those beside the program come first: a wheel and what pip brought with it.
  EXPECT_THAT(here(wheel + "/flmeval_cuda/libexec/flmeval").packages,
              ElementsAre(wheel, environment, of_conda, own, image, debian));
}

TEST_F(SharedLibraries, ANewerVersionAnywhereGoesBeforeAnOlderOne) {
  EXPECT_THAT(library_places(files_, {{"/toolkit"}, {"/packages"}}),
              ElementsAre("libflm_absent.so.2", "/toolkit/libflm_absent.so.2",
                          "/packages/of/wheel/libflm_absent.so.2",
                          "/packages/torch/lib/libflm_absent.so.2", "libflm_absent.so.1",
                          "/toolkit/libflm_absent.so.1", "/packages/of/wheel/libflm_absent.so.1",
                          "/packages/torch/lib/libflm_absent.so.1"));
}

/// The folders of NVIDIA's wheels, as nvidia-cublas 13, nvidia-cublas-cu12, nvidia-nccl-cu13 and
/// -cu12 have them, and of PyTorch's.
TEST_F(SharedLibraries, OfCudaLieInTheirWheels) {
  const auto of = [](const LibraryFiles& files) { return library_places(files, {{}, {"P"}}); };
  EXPECT_THAT(of(kCublasLtFiles),
              AllOf(::testing::Contains("P/nvidia/cu13/lib/libcublasLt.so.13"),
                    ::testing::Contains("P/nvidia/cublas/lib/libcublasLt.so.12"),
                    ::testing::Contains("P/torch/lib/libcublasLt.so.12")));
  EXPECT_THAT(of(kNcclFiles), AllOf(::testing::Contains("P/nvidia/nccl/lib/libnccl.so.2"),
                                    ::testing::Contains("P/torch/lib/libnccl.so.2")));
}

TEST_F(SharedLibraries, AreLoadedFromAWheelBesideAnEnvironment) {
  put_library("/venv/lib/python3.11/site-packages/torch/lib/libflm_absent.so.1");
  setenv("VIRTUAL_ENV", (root_ + "/venv").c_str(), 1);
  const SharedLibrary found = load_library(files_, here());
  EXPECT_EQ(found.file, root_ + "/venv/lib/python3.11/site-packages/torch/lib/libflm_absent.so.1");
  EXPECT_TRUE(dlsym(found.handle, "ncclGetVersion"));
}

TEST_F(SharedLibraries, AFileThatIsNamedGoesBeforeAll) {
  put_library("/usr/local/cuda/lib64/libflm_absent.so.2");
  put_library("/elsewhere/mine.so");
  setenv("FLM_NCCL", (root_ + "/elsewhere/mine.so").c_str(), 1);
  EXPECT_EQ(load_library(files_, here()).file, root_ + "/elsewhere/mine.so");
  setenv("FLM_NCCL", (root_ + "/nowhere.so").c_str(), 1);
  EXPECT_THAT(
      error_of(files_),
      AllOf(HasSubstr("a library: the library cannot be loaded (" + root_ + "/nowhere.so: "),
            HasSubstr("; set FLM_NCCL=FILE"), EndsWith("; or do without")))
      << "another was taken in place of the one that was named";
}

TEST_F(SharedLibraries, ThatAreNowhereAreToldWithEachFolder) {
  const std::string toolkit = folder("/usr/local/cuda/lib64"),
                    debian = folder("/usr/lib/python3/dist-packages");
  EXPECT_EQ(error_of(files_),
            "a library: no libflm_absent.so.2 or libflm_absent.so.1 in the system's libraries, " +
                toolkit + ", " + debian +
                "; pip install a-wheel, install CUDA's, set LD_LIBRARY_PATH or FLM_NCCL=FILE; or "
                "do without");
}

TEST_F(SharedLibraries, OneThatIsBrokenIsToldWhereNoOtherIs) {
  fs::create_directories(root_ + "/usr/local/cuda/lib64");
  const std::string broken = root_ + "/usr/local/cuda/lib64/libflm_absent.so.2";
  fs::copy_file("/proc/self/cmdline", broken);
  EXPECT_THAT(error_of(files_), HasSubstr("a library: " + broken + ": "));
  put_library("/usr/local/cuda/lib64/libflm_absent.so.1");
  EXPECT_EQ(error_of(files_), "") << "a broken file hides one that can be loaded";
}

}  // namespace
}  // namespace flm
