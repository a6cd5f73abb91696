# What `cmake --install` puts where, and the packages that CPack makes of it (scripts/package). The parts:
#   program         bin/: the files of a Debian package, whose libraries are the system's
#   shared          share/: tasks, data manifests, samples, nano, documents
#   openmpi, mpich  lib/flmeval/: the plug-ins for several nodes
#   portable        the program with its libraries beside it and a script that starts it, in place of `program`;
#                   where the system's C library is older, with that too (cmake/package/starter.in)
include(GNUInstallDirs)

set(programs flmeval)
if(TARGET flmeval-bench)
  list(APPEND programs flmeval-bench)
endif()
# DT_RPATH: libraries find theirs by it too. A Debian package has nothing there but plug-ins.
set_target_properties(${programs} PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/flmeval")
foreach(program IN LISTS programs)
  target_link_options(${program} PRIVATE -Wl,--disable-new-dtags)
endforeach()

install(TARGETS ${programs} DESTINATION bin COMPONENT program)
install(TARGETS ${programs} RUNTIME_DEPENDENCY_SET flm_libraries DESTINATION libexec COMPONENT portable EXCLUDE_FROM_ALL)
foreach(library IN ITEMS openmpi mpich)
  if(TARGET flmeval-${library})
    install(TARGETS flmeval-${library} DESTINATION lib/flmeval COMPONENT ${library})
    install(TARGETS flmeval-${library} DESTINATION lib/flmeval COMPONENT portable EXCLUDE_FROM_ALL)
    list(APPEND plugins ${library})
  endif()
endforeach()

install(DIRECTORY tasks/definitions DESTINATION share/flmeval/tasks)
install(DIRECTORY datasets/manifests datasets/samples datasets/published DESTINATION share/flmeval/datasets)
install(DIRECTORY models/nano DESTINATION share/flmeval/models)
install(PROGRAMS scripts/demo DESTINATION share/flmeval)
install(FILES README.md README.zh.md CHANGELOG.md LICENSE NOTICE DESTINATION share/doc/flmeval)
install(DIRECTORY docs DESTINATION share/doc/flmeval)

# ---- portable: third-party libraries, and the C and C++ libraries with their loader apart
set(c_library_parts libc.so.6 libm.so.6 libstdc++.so.6 libgcc_s.so.1 libresolv.so.2 libdl.so.2 libpthread.so.0 librt.so.1
  libnss_files.so.2 libnss_dns.so.2)
string(REPLACE "." "\\." excluded "/(ld-linux[^/]*|${c_library_parts})$")
string(REPLACE "+" "\\+" excluded "${excluded}")
string(REPLACE ";" "|" excluded "${excluded}")
set(elsewhere)
if(CMAKE_CROSSCOMPILING)
  set(elsewhere DIRECTORIES ${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} ${CMAKE_SYSROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE})
endif()
install(RUNTIME_DEPENDENCY_SET flm_libraries DESTINATION lib/flmeval COMPONENT portable EXCLUDE_FROM_ALL ${elsewhere}
  PRE_EXCLUDE_REGEXES "linux-vdso" "libcuda\\.so" "libcublas" POST_EXCLUDE_REGEXES "${excluded}")

# Of the compiler's headers, not of this machine: another processor has its own (cmake/aarch64.cmake).
file(STRINGS ${CMAKE_SYSROOT}/usr/include/features.h c_library REGEX "define[ \t]+__GLIBC_MINOR__")
string(REGEX REPLACE ".*__GLIBC_MINOR__[ \t]+" "" FLM_C_LIBRARY_MINOR "${c_library}")
set(FLM_C_LIBRARY 2.${FLM_C_LIBRARY_MINOR})
set(FLM_LOADER ld-linux-x86-64.so.2)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(FLM_LOADER ld-linux-aarch64.so.1)
endif()
foreach(part IN LISTS c_library_parts ITEMS ${FLM_LOADER})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=${part} OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(REAL_PATH ${path} path)
  install(PROGRAMS ${path} DESTINATION lib/flmeval/own RENAME ${part} COMPONENT portable EXCLUDE_FROM_ALL)
endforeach()
install(CODE "execute_process(COMMAND ${PROJECT_SOURCE_DIR}/cmake/package/licences \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/flmeval
  \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/doc/flmeval/licences COMMAND_ERROR_IS_FATAL ANY)" COMPONENT portable EXCLUDE_FROM_ALL)
foreach(FLM_STARTED IN LISTS programs)
  configure_file(cmake/package/starter.in package/${FLM_STARTED} @ONLY)
  install(PROGRAMS ${PROJECT_BINARY_DIR}/package/${FLM_STARTED} DESTINATION bin COMPONENT portable EXCLUDE_FROM_ALL)
endforeach()

# ---- packages
set(CPACK_PACKAGE_VENDOR "the FLM-Eval authors")
set(CPACK_PACKAGE_CONTACT "the FLM-Eval authors <flmeval@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "scores language-model checkpoints on benchmarks")
set(CPACK_SYSTEM_NAME "linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)  # all
set(CPACK_GENERATOR TXZ DEB)
if(FLM_CUDA OR CMAKE_CROSSCOMPILING)
  set(CPACK_GENERATOR TXZ)
endif()
if(FLM_CUDA)
  set(CPACK_PACKAGE_NAME flmeval-cuda)
endif()
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package/parts.cmake)
set(CPACK_COMPONENTS_ALL program shared portable ${plugins})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FLMEVAL_PACKAGE_NAME flmeval)
set(CPACK_DEBIAN_FLMEVAL_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_FLMEVAL_PACKAGE_RECOMMENDS "bubblewrap, python3, ca-certificates")
foreach(library IN LISTS plugins)
  string(TOUPPER ${library} part)
  set(CPACK_DEBIAN_${part}_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_${part}_PACKAGE_DEPENDS "flmeval (= ${PROJECT_VERSION})")
  set(CPACK_DEBIAN_${part}_DESCRIPTION "flmeval over several nodes with ${library}")
endforeach()
include(CPack)
cpack_add_component(program GROUP flmeval)
cpack_add_component(shared GROUP flmeval)
