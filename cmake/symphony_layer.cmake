# One library target per layer. A layer's directory lists its sources; what it may include from
# other layers is what it links, and tools/check_layers.py holds the includes against that.
#
#   symphony_layer(policy SOURCES a.cpp b.cpp LAYERS core LINK fmt::fmt PUBLIC_LINK symphony_asio)
function(symphony_layer name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;LINK;PUBLIC_LINK" ${ARGN})
    set(target symphony_${name})
    add_library(${target} STATIC ${ARG_SOURCES})
    add_library(symphony::${name} ALIAS ${target})
    target_compile_features(${target} PUBLIC cxx_std_23)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
               $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:symphony_warnings> ${ARG_LINK})
    list(TRANSFORM ARG_LAYERS PREPEND symphony_)
    target_link_libraries(${target} PUBLIC ${ARG_LAYERS} ${ARG_PUBLIC_LINK})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME symphony_${name})
    set_property(GLOBAL APPEND PROPERTY SYMPHONY_EXPORTED ${target})
endfunction()
