option(SYMPHONY_BUILD_APPS "Build the symphony program" ${PROJECT_IS_TOP_LEVEL})
option(SYMPHONY_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(SYMPHONY_BUILD_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(SYMPHONY_BUILD_BENCH "Build the benchmarks" OFF)
option(SYMPHONY_BUILD_FUZZ "Build the fuzz targets (Clang)" OFF)
option(SYMPHONY_INSTALL "Generate install rules" ${PROJECT_IS_TOP_LEVEL})
option(SYMPHONY_WERROR "Warnings are errors" OFF)
set(SYMPHONY_SANITIZE "" CACHE STRING "Sanitizers for the whole build: address;undefined or thread")

# Everything but the warnings is decided for whole builds only: inside another project these are
# that project's business.
if(PROJECT_IS_TOP_LEVEL)
    get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
    if(NOT CMAKE_BUILD_TYPE AND NOT multi_config)
        set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
    endif()
    set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)

    find_program(SYMPHONY_CCACHE ccache)
    mark_as_advanced(SYMPHONY_CCACHE)
    if(SYMPHONY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
        set(CMAKE_CXX_COMPILER_LAUNCHER ${SYMPHONY_CCACHE})
    endif()
    find_program(SYMPHONY_LLD NAMES ld.lld-19 ld.lld)
    mark_as_advanced(SYMPHONY_LLD)
    if(SYMPHONY_LLD AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
        add_link_options(--ld-path=${SYMPHONY_LLD})
    endif()

    if(SYMPHONY_SANITIZE)
        string(REPLACE ";" "," sanitizers "${SYMPHONY_SANITIZE}")
        add_compile_options(
            -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
        add_link_options(-fsanitize=${sanitizers})
    endif()
    if(SYMPHONY_BUILD_FUZZ)
        if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
            message(FATAL_ERROR "The fuzz targets need Clang's libFuzzer.")
        endif()
        add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)

# Linked privately by every target of ours and never exported.
add_library(symphony_warnings INTERFACE)
target_compile_options(symphony_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
    -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual)
if(SYMPHONY_WERROR)
    target_compile_options(symphony_warnings INTERFACE -Werror)
endif()
