# One set of compile rules for every folder.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Bits (docs/architecture.md): no contraction that is not written as fma; no fast-math anywhere. Kernels
# call the constexpr functions of engine/numerics/, which are the host's.
add_compile_options(
  "$<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off;-Wall;-Wextra;-Wshadow;-Werror>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;-fmad=false;--expt-relaxed-constexpr;-Xcompiler=-ffp-contract=off,-Wall>")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")  # assertions stay: no NDEBUG

if(FLM_SANITIZE)
  add_compile_options(-O1 -fsanitize=${FLM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  # GCC takes the members of a std::variant for uninitialized where its code is instrumented.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=${FLM_SANITIZE})
endif()

if(FLM_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "FLM_FUZZ needs clang++; use the preset fuzz (apt-get install clang libclang-rt-14-dev)")
  endif()
  set(found_by address,undefined,float-cast-overflow)
  add_compile_options(-O1 -fsanitize=fuzzer-no-link,${found_by} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${found_by})
endif()

# flm_library(name LINKS lib...): the static library of a folder, every .cc below it; in the preset fuzz,
# where it names wings FUZZED, those alone: the parsers of foreign bytes and what they stand on.
function(flm_library name)
  cmake_parse_arguments(ARG "" "" "LINKS;PRIVATE_LINKS;EXCLUDE;FUZZED" ${ARGN})
  set(patterns *.cc)
  if(FLM_FUZZ AND ARG_FUZZED)
    list(TRANSFORM ARG_FUZZED APPEND /*.cc OUTPUT_VARIABLE patterns)
  endif()
  list(TRANSFORM patterns PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${patterns})
  foreach(excluded IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${excluded})
  endforeach()
  add_library(flm_${name} STATIC ${sources})
  target_include_directories(flm_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(flm_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
endfunction()
