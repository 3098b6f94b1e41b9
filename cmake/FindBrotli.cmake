# Finds brotli, which has no CMake package in Debian 12. Defines Brotli::decoder and, for tests and
# only where it is installed, Brotli::encoder.
find_path(Brotli_INCLUDE_DIR brotli/decode.h)
find_library(Brotli_LIBRARY brotlidec)
find_library(Brotli_ENCODER_LIBRARY brotlienc)
mark_as_advanced(Brotli_INCLUDE_DIR Brotli_LIBRARY Brotli_ENCODER_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Brotli REQUIRED_VARS Brotli_LIBRARY Brotli_INCLUDE_DIR)

if(Brotli_FOUND AND NOT TARGET Brotli::decoder)
    add_library(Brotli::decoder UNKNOWN IMPORTED)
    set_target_properties(Brotli::decoder PROPERTIES
        IMPORTED_LOCATION "${Brotli_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${Brotli_INCLUDE_DIR}")
endif()
if(Brotli_ENCODER_LIBRARY AND NOT TARGET Brotli::encoder)
    add_library(Brotli::encoder UNKNOWN IMPORTED)
    set_target_properties(Brotli::encoder PROPERTIES
        IMPORTED_LOCATION "${Brotli_ENCODER_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${Brotli_INCLUDE_DIR}")
endif()
