# What each dependency is for and why it was chosen: docs/adr/. What the installed libraries need
# of them is repeated in cmake/symphonyConfig.cmake.in.
list(APPEND CMAKE_MODULE_PATH ${PROJECT_SOURCE_DIR}/cmake)

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(fmt 9 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(Jq REQUIRED)
find_package(Hiredis REQUIRED)
find_package(CURL 7.87 REQUIRED)
find_package(ZLIB 1.2 REQUIRED)
find_package(Brotli REQUIRED)
find_package(Zstd REQUIRED)
find_package(Nghttp2 REQUIRED)
if(SYMPHONY_BUILD_APPS)
    find_package(CLI11 REQUIRED)
    find_package(spdlog REQUIRED)
endif()
if(SYMPHONY_BUILD_TESTS)
    find_package(GTest REQUIRED)
    include(GoogleTest)
endif()

# Asio and Beast as every target must see them: their bodies are compiled once, inside symphony_net,
# so whoever includes their headers needs these definitions. Exported, since public headers show
# Asio's awaitables and executors.
add_library(symphony_asio INTERFACE)
add_library(symphony::asio ALIAS symphony_asio)
set_target_properties(symphony_asio PROPERTIES EXPORT_NAME asio)
target_link_libraries(symphony_asio INTERFACE
    Boost::headers Threads::Threads OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(symphony_asio INTERFACE
    BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
    BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8  # as deep as coroutines are nested in a call
    # What that cache lacks comes from plain new: aligned_alloc passes by the allocator's own cache.
    BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN)
set_property(GLOBAL APPEND PROPERTY SYMPHONY_EXPORTED symphony_asio)
