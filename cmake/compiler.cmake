# Clang 19 unless the user names a compiler: GCC 12, Debian 12's default, miscompiles coroutines.
if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT DEFINED CMAKE_CXX_COMPILER
   AND NOT DEFINED ENV{CXX})
    find_program(SYMPHONY_CLANG clang++-19)
    mark_as_advanced(SYMPHONY_CLANG)
    if(SYMPHONY_CLANG)
        set(CMAKE_CXX_COMPILER ${SYMPHONY_CLANG})
    endif()
endif()
