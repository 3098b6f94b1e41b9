# Finds libjq, which has no CMake package of its own. Defines Jq::Jq.
find_path(Jq_INCLUDE_DIR jq.h)
find_library(Jq_LIBRARY jq)
mark_as_advanced(Jq_INCLUDE_DIR Jq_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Jq REQUIRED_VARS Jq_LIBRARY Jq_INCLUDE_DIR)

if(Jq_FOUND AND NOT TARGET Jq::Jq)
    add_library(Jq::Jq UNKNOWN IMPORTED)
    set_target_properties(Jq::Jq PROPERTIES
        IMPORTED_LOCATION "${Jq_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${Jq_INCLUDE_DIR}")
endif()
