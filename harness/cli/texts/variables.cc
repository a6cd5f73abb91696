#include "harness/cli/texts/variables.h"

namespace flm {

const std::vector<VariableEntry>& variable_table() {
  static const std::vector<VariableEntry> table = {
      {"FLMEVAL_DATA", "root of the data sets, where --data is not given"},
      {"FLM_HOST_MEMORY", "GiB that the host can give, where --host-memory is not given"},
      {"HF_HUB_CACHE", "models and data sets that hf download has fetched"},
      {"HUGGINGFACE_HUB_CACHE", "the older name of HF_HUB_CACHE"},
      {"HF_DATASETS_CACHE", "Arrow files of the datasets library"},
      {"HF_HOME", "the folder of these caches, hub and datasets, where they are not named"},
      {"XDG_CACHE_HOME",
       "the folder of flmeval's cache and of Hugging Face's; by default ~/.cache"},
      {"HOME", "the home folder: caches, Python packages, how far .flmeval.yaml is looked for"},
      {"NO_COLOR", "no colours with --color auto"},
      {"TERM", "dumb: no colours with --color auto, no bar of progress"},
      {"GITHUB_ACTIONS", "true: gate writes annotations, as with --github"},
      {"GITHUB_STEP_SUMMARY", "the file to which gate then adds its summary"},
      {"PATH", "where the sandbox of generated code looks for its programs"},
      {"FLM_ALONE", "1: alone, whatever launcher (mpirun, srun) started it or its caller"},
      {"FLM_NODE_TIMEOUT",
       "seconds after which a silent process of several is given up, 1 to 3600"},
      {"FLM_MPI_PLUGIN", "the file that speaks with MPI, in place of the one beside the program"},
      {"FLM_CUBLASLT", "the file of cuBLASLt"},
      {"FLM_NCCL", "the file of NCCL; 0 for copies between the ranks"},
      {"CUDA_HOME", "a CUDA toolkit, for its libraries"},
      {"CUDA_PATH", "the same as CUDA_HOME, behind it"},
      {"CONDA_PREFIX", "a conda environment, for its libraries"},
      {"VIRTUAL_ENV", "a Python environment, for the libraries among its packages"},
      {"FLM_CUDA_ATTENTION", "wgmma or mma: the kernels of attention on compute capability 9.0"},
      {"FLM_CUDA_EARLY", "0: no kernel begins before the one ahead has ended"},
      {"FLM_CUDA_SYNC", "1: waits after each launch, so that an error names its kernel"},
      {"FLM_FREE_PRODUCTS",
       "1: cuBLASLt's first choice for each number of rows; for measuring, never for results"},
  };
  return table;
}

}  // namespace flm
