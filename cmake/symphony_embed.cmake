# Scripts that are sent to a server are text files in the tree and string constants in the program.
#
#   symphony_embed(symphony_store rate_window_script a.lua b.lua)
#
# gives the target `std::string_view symphony::detail::rate_window_script()`, the files one after the
# other. Run as a script (cmake -P), this file writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
    set(text "")
    string(REPLACE "|" ";" files "${FILES}")
    foreach(file IN LISTS files)
        file(READ ${file} part)
        string(APPEND text "${part}")
    endforeach()
    file(WRITE ${OUTPUT}
        "#include <string_view>\n\nnamespace symphony::detail {\n\n"
        "std::string_view ${FUNCTION}() noexcept;\n"
        "std::string_view ${FUNCTION}() noexcept {\n    return R\"embedded(${text})embedded\";\n}\n\n"
        "}  // namespace symphony::detail\n")
    return()
endif()

set(symphony_embed_script ${CMAKE_CURRENT_LIST_FILE})
function(symphony_embed target function)
    list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE files)
    list(JOIN files "|" joined)
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DOUTPUT=${output} "-DFILES=${joined}"
                -P ${symphony_embed_script}
        DEPENDS ${files} ${symphony_embed_script} VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
