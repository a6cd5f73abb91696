# Every header compiles alone. A header with a body beside it is proven by that body, which includes it
# before anything else (tests/layering holds the rule). For each other one a .cc is generated: an object
# library of `all`, so that a header that leans on its includer breaks the build.
function(flm_header_test)
  set(headers)
  foreach(folder base datasets tasks engine reports harness bench)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${folder}/*.h)
    list(APPEND headers ${found})
  endforeach()
  # nvcc's dialect of device.h has no meaning for a host compiler.
  list(FILTER headers EXCLUDE REGEX "^engine/cuda/(device/|[a-z]+/(device_math|head_group|online_softmax|attention_block|warp(group)?_[a-z]+|vectors|cublaslt_library))")
  # Kernel source that is compiled once for each instruction set, with that set's flags, and the
  # vector types for it: meant for engine/cpu/*kernels_*.cc only.
  list(FILTER headers EXCLUDE REGEX "^engine/cpu/((x86/)?[a-z0-9_]*kernel|kernel_source|x86/v16_[a-z0-9]+)\\.h$")
  set(sources)
  foreach(header IN LISTS headers)
    string(REGEX REPLACE "\\.h$" "" stem ${PROJECT_SOURCE_DIR}/${header})
    if(EXISTS ${stem}.cc OR EXISTS ${stem}.cu)
      continue()
    endif()
    string(MAKE_C_IDENTIFIER ${header} name)
    set(source ${PROJECT_BINARY_DIR}/headers/${name}.cc)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"@header@\"\n" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  add_library(flm_headers OBJECT ${sources})
  target_link_libraries(flm_headers PRIVATE ${ARGN})
  target_compile_options(flm_headers PRIVATE -O0)
endfunction()
