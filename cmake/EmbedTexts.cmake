# flm_embed_texts(target header name=file...): the texts of files, as the std::string_views that `header`
# declares in namespace flm. A text that changes is embedded again by the next build.
set(FLM_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(flm_embed_texts target header)
  set(files)
  foreach(pair IN LISTS ARGN)
    string(REGEX REPLACE "^[^=]*=" "" file ${pair})
    list(APPEND files ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  endforeach()
  string(MAKE_C_IDENTIFIER ${header} stem)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${stem}.cc)
  string(REPLACE ";" "," pairs "${ARGN}")
  add_custom_command(OUTPUT ${out} VERBATIM DEPENDS ${files} ${FLM_EMBED_SCRIPT}
    COMMAND ${CMAKE_COMMAND} -DHEADER=${header} -DPAIRS=${pairs} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR} -DOUT=${out} -P ${FLM_EMBED_SCRIPT})
  target_sources(${target} PRIVATE ${out})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(text "#include \"${HEADER}\"\n\nnamespace flm {\n")
  string(REPLACE "," ";" pairs "${PAIRS}")
  foreach(pair IN LISTS pairs)
    string(REGEX MATCH "^([^=]*)=(.*)$" matched ${pair})
    file(READ ${FOLDER}/${CMAKE_MATCH_2} content)
    string(APPEND text "const std::string_view ${CMAKE_MATCH_1} = R\"embedded(${content})embedded\";\n")
  endforeach()
  string(APPEND text "}  // namespace flm\n")
  file(WRITE ${OUT} "${text}")
endif()
