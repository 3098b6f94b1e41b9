set(symphony_compiler_remedy
    "Use clang++-19 or GCC 13 and later: cmake -DCMAKE_CXX_COMPILER=clang++-19")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    message(FATAL_ERROR
        "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines: temporaries inside co_await are "
        "destroyed twice (docs/adr/0001-compiler.md). ${symphony_compiler_remedy}")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
    message(FATAL_ERROR
        "Clang ${CMAKE_CXX_COMPILER_VERSION} does not accept std::expected of libstdc++ 12 "
        "(docs/adr/0001-compiler.md). ${symphony_compiler_remedy}")
endif()
