# One library target per layer. A layer's directory lists its sources; what it may include from
# other layers is what it links, and tools/check_layers.py holds the includes against that.
#
#   symphony_layer(policy SOURCES a.cpp b.cpp LAYERS core LINK fmt::fmt PUBLIC_LINK Boost::headers)
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
    target_link_libraries(${target} PRIVATE symphony_warnings ${ARG_LINK})
    foreach(layer IN LISTS ARG_LAYERS)
        target_link_libraries(${target} PUBLIC symphony_${layer})
    endforeach()
    target_link_libraries(${target} PUBLIC ${ARG_PUBLIC_LINK})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME symphony_${name})
    set_property(GLOBAL APPEND PROPERTY SYMPHONY_LAYERS ${target})
endfunction()

# One GoogleTest program, run by ctest case by case.
#
#   symphony_test(policy_test SOURCES rate_limiter_test.cpp LINK symphony::policy LABELS unit)
function(symphony_test name)
    cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LINK;LABELS;ENVIRONMENT" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE symphony_warnings ${ARG_LINK} GTest::gmock GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/tests)
    gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST
        PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" ENVIRONMENT "${ARG_ENVIRONMENT}")
endfunction()
