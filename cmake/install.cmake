# Headers, libraries, the CMake package, the pkg-config file and the program with its man page and
# shell completions. Proven by the consumer projects in tests/install.
include(CMakePackageConfigHelpers)
set(symphony_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/symphony)
get_property(symphony_exported GLOBAL PROPERTY SYMPHONY_EXPORTED)

install(TARGETS ${symphony_exported} symphony EXPORT symphonyTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/symphony
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT symphonyTargets NAMESPACE symphony:: DESTINATION ${symphony_package_dir})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/symphonyConfig.cmake.in
    ${PROJECT_BINARY_DIR}/symphonyConfig.cmake INSTALL_DESTINATION ${symphony_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/symphonyConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/symphonyConfig.cmake
    ${PROJECT_BINARY_DIR}/symphonyConfigVersion.cmake ${PROJECT_SOURCE_DIR}/cmake/FindJq.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindHiredis.cmake ${PROJECT_SOURCE_DIR}/cmake/FindBrotli.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindZstd.cmake
    ${PROJECT_SOURCE_DIR}/cmake/FindNghttp2.cmake
    DESTINATION ${symphony_package_dir})

# The libraries are static, so plain `pkg-config --libs` names what they need too. The linker wants
# users before what they use: the layers from the top down.
set(symphony_pc_libs "")
foreach(target IN LISTS symphony_exported)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
        string(PREPEND symphony_pc_libs "-l${target} ")
    endif()
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/symphony.pc.in ${PROJECT_BINARY_DIR}/symphony.pc.in @ONLY)
# The prefix is known only when `cmake --install --prefix` runs.
install(CODE "set(symphony_pc_template \"${PROJECT_BINARY_DIR}/symphony.pc.in\")
set(symphony_pc_dir \"${CMAKE_INSTALL_LIBDIR}/pkgconfig\")")
install(CODE [[
    file(READ "${symphony_pc_template}" text)
    string(REPLACE "%prefix%" "${CMAKE_INSTALL_PREFIX}" text "${text}")
    set(pc "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${symphony_pc_dir}/symphony.pc")
    message(STATUS "Installing: ${pc}")
    file(WRITE "${pc}" "${text}")
]])

# What `cmake --install` copies, without tests and examples.
add_custom_target(install_parts)
foreach(target IN LISTS symphony_exported)
    get_target_property(type ${target} TYPE)
    if(NOT type STREQUAL "INTERFACE_LIBRARY")
        add_dependencies(install_parts ${target})
    endif()
endforeach()

if(TARGET symphony_cli)
    install(TARGETS symphony_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    # The program prints its own man page and completions, from the definitions of its options.
    set(share ${PROJECT_BINARY_DIR}/share)
    add_custom_command(
        OUTPUT ${share}/symphony.1 ${share}/symphony ${share}/_symphony ${share}/symphony.fish
        COMMAND ${CMAKE_COMMAND} -E make_directory ${share}
        COMMAND symphony_cli man > ${share}/symphony.1
        COMMAND symphony_cli completion bash > ${share}/symphony
        COMMAND symphony_cli completion zsh > ${share}/_symphony
        COMMAND symphony_cli completion fish > ${share}/symphony.fish
        DEPENDS symphony_cli VERBATIM
        COMMENT "Writing the man page and the shell completions")
    add_custom_target(symphony_share ALL DEPENDS ${share}/symphony.1)
    install(FILES ${share}/symphony.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${share}/symphony
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${share}/_symphony DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${share}/symphony.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    add_dependencies(install_parts symphony_cli symphony_share)
endif()
