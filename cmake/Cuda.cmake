# The CUDA backend: nvcc for the kernels, the runtime linked statically; cuBLASLt is loaded on first
# use, because linking it costs 90 ms of start-up.
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
include(CublasLtNames)

# sm_80 and sm_90a as code, compute_80 and compute_90 as PTX for newer devices.
set(FLM_CUDA_ARCHITECTURES 80 90a-real 90-virtual CACHE STRING "Processors of GPUs that kernels are compiled for")

function(flm_cuda_kernels target)
  set_target_properties(${target} PROPERTIES CUDA_ARCHITECTURES "${FLM_CUDA_ARCHITECTURES}"
    CUDA_STANDARD_REQUIRED OFF)
  target_include_directories(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:${PROJECT_SOURCE_DIR}/engine/cuda/device>)
  target_include_directories(${target} PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
endfunction()

# Sources with products of a warpgroup, instructions of compute capability 9.0a alone.
function(flm_warpgroup_kernels target)
  add_library(${target}_warpgroup OBJECT ${ARGN})
  target_include_directories(${target}_warpgroup PRIVATE ${PROJECT_SOURCE_DIR})
  flm_cuda_kernels(${target}_warpgroup)
  set_target_properties(${target}_warpgroup PROPERTIES CUDA_ARCHITECTURES 90a-real)
  target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_warpgroup>)
endfunction()

function(flm_add_cuda target)
  file(GLOB_RECURSE kernels CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/engine/cuda/*.cu)
  list(FILTER kernels EXCLUDE REGEX "attention_wgmma\\.cu$")
  set(attention ${PROJECT_SOURCE_DIR}/engine/cuda/attention)
  if("${FLM_CUDA_ARCHITECTURES}" MATCHES "90a")
    flm_warpgroup_kernels(${target} ${attention}/attention_wgmma.cu)
  else()
    target_sources(${target} PRIVATE ${attention}/no_attention_wgmma.cc)
  endif()
  find_path(FLM_NVTX nvtx3/nvToolsExt.h PATHS ${CUDAToolkit_INCLUDE_DIRS} NO_DEFAULT_PATH)
  set(ranges no_ranges.cc)
  if(FLM_NVTX)
    set(ranges nvtx_ranges.cc)
  endif()
  target_sources(${target} PRIVATE ${kernels} ${PROJECT_SOURCE_DIR}/engine/cuda/runtime/${ranges})
  flm_cuda_kernels(${target})
  flm_cublaslt_names(${PROJECT_BINARY_DIR}/generated)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${target} PRIVATE CUDA::cudart_static ${CMAKE_DL_LIBS})
endfunction()
