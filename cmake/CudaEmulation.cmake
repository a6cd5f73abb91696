# The CUDA backend's own sources as host C++ over tests/cuda/emulation: the same kernels, stand-ins for
# the runtime's calls, a plain product in place of cuBLASLt. Linked into a test, it takes the place of
# what flm_engine has behind engine/cuda/cuda_backend.h.
function(flm_cuda_emulation)
  find_library(BOOST_CONTEXT boost_context REQUIRED)
  set(root ${PROJECT_SOURCE_DIR})
  file(GLOB sources CONFIGURE_DEPENDS ${root}/engine/cuda/*.cu ${root}/engine/cuda/*.cc)
  list(FILTER sources EXCLUDE REGEX "(no_cuda|nvtx_ranges|cublaslt_[a-z_]*)\\.cc$")
  file(GLOB kernels CONFIGURE_DEPENDS ${root}/engine/cuda/*.cu ${root}/tests/cuda/kernels/*.cu)
  file(GLOB emulation CONFIGURE_DEPENDS ${root}/tests/cuda/emulation/*.cc ${root}/tests/cuda/kernels/*.cu)
  set_source_files_properties(${kernels} PROPERTIES LANGUAGE CXX COMPILE_OPTIONS "-xc++;-Wno-unused-function;-Wno-unknown-pragmas")
  add_library(flm_cuda_emulated OBJECT ${sources} ${emulation})
  target_include_directories(flm_cuda_emulated PRIVATE ${root}/tests/cuda/emulation)
  target_link_libraries(flm_cuda_emulated PUBLIC flm_engine ${BOOST_CONTEXT})
endfunction()
