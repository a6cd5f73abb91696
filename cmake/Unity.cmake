# A fresh build reads each header once for eight files: the files of a folder are compiled together, in
# groups of at most eight. So a name in an unnamed namespace is unique within its folder (of one target).
# A file with flags of its own (the kernels) stays alone. FLM_UNITY=OFF, for work on a file and in the
# preset fuzz, compiles each one alone, which also proves that it includes what it needs.
set(FLM_UNITY_GROUP 8)

function(flm_compile_by_folder target)
  get_target_property(sources ${target} SOURCES)
  get_target_property(root ${target} SOURCE_DIR)
  list(SORT sources)
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${root} NORMALIZE)
    cmake_path(GET source PARENT_PATH folder)
    string(MD5 id ${folder})
    math(EXPR group "0${count_${id}} / ${FLM_UNITY_GROUP}")
    math(EXPR count_${id} "0${count_${id}} + 1")
    cmake_path(RELATIVE_PATH folder BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE name)
    string(MAKE_C_IDENTIFIER "${name}_${group}" name)
    set_property(SOURCE ${source} TARGET_DIRECTORY ${target} PROPERTY UNITY_GROUP ${name})
  endforeach()
  # GCC takes a body that another file includes for a header, whose classes others would see.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# Every target of a folder and of those below it, but for those that prove or hold something by file.
function(flm_compile_by_folders directory)
  get_property(targets DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "LIBRARY|EXECUTABLE" AND NOT target MATCHES "^flm_(headers|test_precompiled|cuda_emulated)$")
      flm_compile_by_folder(${target})
    endif()
  endforeach()
  get_property(below DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS below)
    flm_compile_by_folders(${folder})
  endforeach()
endfunction()
