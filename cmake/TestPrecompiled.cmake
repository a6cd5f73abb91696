# What most tests begin with, compiled once for all of them; only tests take it, for a product's body
# proves that its header compiles alone. Tests are compiled with -O1: what is measured is not in them.
function(flm_test_precompiled)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/tests_precompiled.cc CONTENT "// The holder of the tests' precompiled header.\n" @ONLY)
  add_library(flm_test_precompiled OBJECT ${PROJECT_BINARY_DIR}/tests_precompiled.cc)
  target_compile_options(flm_test_precompiled PRIVATE -O1 -fpch-preprocess)  # the latter for ccache
  target_link_libraries(flm_test_precompiled PRIVATE GTest::gtest GTest::gmock)
  target_precompile_headers(flm_test_precompiled PRIVATE <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
endfunction()

function(flm_use_test_precompiled target)
  # GCC 12 at -O1 takes std::string("a") + "b" for a copy beyond the end, by the lengths of the two.
  target_compile_options(${target} PRIVATE -O1 -fpch-preprocess
    $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
  target_precompile_headers(${target} REUSE_FROM flm_test_precompiled)
endfunction()
