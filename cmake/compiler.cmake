# Clang 19 unless the user names a compiler: GCC 12, Debian 12's default, miscompiles coroutines.
if(NOT DEFINED CMAKE_CXX_COMPILER AND NOT DEFINED ENV{CXX} AND PROJECT_IS_TOP_LEVEL STREQUAL "")
    find_program(SYMPHONY_CLANG clang++-19)
    if(SYMPHONY_CLANG)
        set(CMAKE_CXX_COMPILER ${SYMPHONY_CLANG})
    endif()
endif()
