# The target gpu-bundle: gpu-bundle.tar.xz in the build folder, all that scripts/gpu-check needs on a
# machine with a GPU, at most 44 MiB; CUDA's own libraries are that machine's.
add_custom_target(gpu-bundle
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/gpu-bundle ${PROJECT_BINARY_DIR} ${FLM_SHARED}
  DEPENDS flmeval test_cuda_device $<TARGET_NAME_IF_EXISTS:flmeval-bench> $<TARGET_NAME_IF_EXISTS:flmeval-probe>
  USES_TERMINAL)
