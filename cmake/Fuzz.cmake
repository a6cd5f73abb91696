# tests/fuzz/NAME_fuzz.cc defines LLVMFuzzerTestOneInput over one parser of foreign bytes.
#   default:   with replay_main.cc it becomes the test fuzz_NAME: the files of corpus/NAME and a fixed
#              number of seeded mutations of each.
#   FLM_FUZZ:  a libFuzzer binary fuzz_NAME (clang; address, undefined behaviour); nothing else of tests/ is built.
function(flm_fuzz_targets)
  file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.cc)
  foreach(source IN LISTS targets)
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" name ${name})
    if(FLM_FUZZ)
      add_executable(fuzz_${name} ${source})
      target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
      add_executable(fuzz_${name} ${source} fuzz/replay_main.cc fuzz/mutation.cc)
      flm_add_replay_test(${name})
    endif()
    target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  endforeach()
endfunction()

# 4 GiB of address space: a parser that believes a length in the file fails here. The sanitizers
# reserve more than that for themselves, so that they run without the limit.
function(flm_add_replay_test name)
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  if(FLM_SANITIZE)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} ${corpus})
  else()
    add_test(NAME fuzz_${name} COMMAND sh -c "ulimit -v 4194304 && exec \"$0\" \"$1\"" $<TARGET_FILE:fuzz_${name}> ${corpus})
  endif()
  set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 300)
  if(IS_DIRECTORY /dev/shm)  # targets that write a file for each input
    set_tests_properties(fuzz_${name} PROPERTIES ENVIRONMENT TMPDIR=/dev/shm)
  endif()
endfunction()
