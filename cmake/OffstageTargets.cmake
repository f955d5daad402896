# Helpers that every part uses, so that a part's CMakeLists.txt says only what is its own.

# offstage_library(NAME [HEADERS ...] [SOURCES ...] [PUBLIC ...] [PRIVATE ...])
# A part of the library: target offstage_NAME, alias offstage::NAME. HEADERS are its public headers; each must compile by itself.
function(offstage_library name)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target offstage_${name})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:offstage_warnings>)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(offstage::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_include_directories(${target} ${scope} $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} ${scope} ${arg_PUBLIC})
  if(arg_HEADERS)
    target_sources(${target} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  endif()
endfunction()

# Puts a target among those that the thread sanitizer is asked about.
function(offstage_has_threads target)
  if(NOT TARGET offstage_threads)
    add_custom_target(offstage_threads)
  endif()
  add_dependencies(offstage_threads ${target})
endfunction()

# More than half of a build is tests: they are compiled to be ready soon, and what they test as users have it.
function(offstage_quick_to_compile target)
  if(OFFSTAGE_SANITIZE MATCHES address)
    target_compile_options(${target} PRIVATE -O0)
  elseif(CMAKE_BUILD_TYPE STREQUAL Release)
    target_compile_options(${target} PRIVATE -O1)
  endif()
endfunction()

# offstage_test(NAME [THREADS] SOURCES ... [LINK ...] [ENVIRONMENT A=1 ...] [TIMEOUT seconds])
# A GoogleTest program, each of its tests known to ctest. THREADS marks what is run under the thread sanitizer too.
function(offstage_test name)
  cmake_parse_arguments(arg "THREADS" "TIMEOUT" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
  if(NOT OFFSTAGE_TOP_LEVEL)
    return()
  endif()
  find_package(GTest REQUIRED)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gmock GTest::gtest_main offstage_warnings)
  offstage_quick_to_compile(${name})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set(labels unit)
  if(arg_THREADS)
    set(labels threads)
    offstage_has_threads(${name})
  endif()
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES TEST_PREFIX "${name}."
    PROPERTIES LABELS "${labels}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${arg_ENVIRONMENT}")
endfunction()

# offstage_fuzzer(NAME SOURCES ... [LINK ...] CORPUS folder ...)
# A file with LLVMFuzzerTestOneInput. The preset `fuzz` builds it with libFuzzer and gives it two tests: .fuzz goes a short way
# from the committed corpus on, from one seed and without what hangs on addresses, so that it fails by what was changed and
# hardly by chance; .search looks further, another way each time, and keeps what it found for the next. Everywhere else its
# test is that corpus, run once.
set(OFFSTAGE_SEARCH_SECONDS 60 CACHE STRING "How long each fuzzer's .search runs")
function(offstage_fuzzer name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;CORPUS" ${ARGN})
  if(NOT OFFSTAGE_TOP_LEVEL)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} offstage_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  list(TRANSFORM arg_CORPUS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  if(OFFSTAGE_SANITIZE MATCHES fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    if(NOT TARGET offstage_fuzzers)
      add_custom_target(offstage_fuzzers)
    endif()
    add_dependencies(offstage_fuzzers ${name})
    set(found ${CMAKE_CURRENT_BINARY_DIR}/${name}.found)
    file(MAKE_DIRECTORY ${found})
    list(TRANSFORM arg_CORPUS APPEND /* OUTPUT_VARIABLE patterns)
    file(GLOB inputs CONFIGURE_DEPENDS ${patterns})
    list(JOIN inputs "," inputs)
    set(limits -timeout=10 -rss_limit_mb=1024 -artifact_prefix=${CMAKE_CURRENT_BINARY_DIR}/${name}.)
    add_test(NAME ${name}.fuzz COMMAND ${name} -seed=1 -use_cmp=0 -max_total_time=10 ${limits} -seed_inputs=${inputs})
    set_tests_properties(${name}.fuzz PROPERTIES LABELS fuzz)
    add_test(NAME ${name}.search COMMAND ${name} -max_total_time=${OFFSTAGE_SEARCH_SECONDS} ${limits} ${found} ${arg_CORPUS})
    set_tests_properties(${name}.search PROPERTIES LABELS search)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/replay_corpus.cpp)
    add_test(NAME ${name}.corpus COMMAND ${name} ${arg_CORPUS})
    set_tests_properties(${name}.corpus PROPERTIES LABELS unit)
  endif()
endfunction()

# offstage_program(NAME SOURCES ... [LINK ...])
function(offstage_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} offstage_warnings)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()

# offstage_embed(TARGET NAMESPACE name FILES file ...)
# Puts files into a target as bytes: `namespace NAME { std::span<const Asset> assets(); }` with each file's name and content,
# declared by "NAME_assets.hpp" (generated). Names are relative to the calling folder.
function(offstage_embed target)
  cmake_parse_arguments(arg "" "NAMESPACE" "FILES" ${ARGN})
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/embed)
  string(REPLACE "::" "_" stem ${arg_NAMESPACE})
  set(header ${dir}/${stem}_assets.hpp)
  set(source ${dir}/${stem}_assets.cpp)
  set(assembly "")
  set(rows "")
  set(externs "")
  set(i 0)
  foreach(file IN LISTS arg_FILES)
    set(path ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    set(symbol offstage_asset_${stem}_${i})
    string(APPEND externs "extern \"C\" const char ${symbol}[];\nextern \"C\" const char ${symbol}_end[];\n")
    string(APPEND assembly
      "asm(\".section .rodata\\n.global ${symbol}\\n.global ${symbol}_end\\n${symbol}:\\n.incbin \\\"${path}\\\"\\n${symbol}_end:\\n.byte 0\\n.previous\\n\");\n")
    string(APPEND rows "    {\"${file}\", {${symbol}, static_cast<std::size_t>(${symbol}_end - ${symbol})}},\n")
    math(EXPR i "${i} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${header} CONTENT
"// Generated by offstage_embed: files as bytes.
#pragma once
#include <span>
#include <string_view>
namespace ${arg_NAMESPACE} {
struct Asset {
    std::string_view name;
    std::string_view content;
};
std::span<const Asset> assets();
} // namespace ${arg_NAMESPACE}
" @ONLY)
  file(CONFIGURE OUTPUT ${source} CONTENT
"#include \"${stem}_assets.hpp\"
#include <cstddef>
${externs}
${assembly}
namespace ${arg_NAMESPACE} {
std::span<const Asset> assets() {
    static const Asset all[] = {
${rows}    };
    return all;
}
} // namespace ${arg_NAMESPACE}
" @ONLY)
  set(paths ${arg_FILES})
  list(TRANSFORM paths PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}")
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${dir})
endfunction()

# offstage_example(NAME [THREADS] [UNORDERED] [LINK ...])
# NAME.cpp of the calling folder, built and run as the test example.NAME in a fresh folder; its output is compared to
# NAME.out, line by line, UNORDERED: as a set of lines. It reads NAME.in where there is one. THREADS as in offstage_test.
function(offstage_example name)
  cmake_parse_arguments(arg "THREADS;UNORDERED" "" "LINK" ${ARGN})
  offstage_program(example_${name} SOURCES ${name}.cpp LINK ${arg_LINK})
  set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name})
  set(input ${CMAKE_CURRENT_SOURCE_DIR}/${name}.in)
  if(NOT EXISTS ${input})
    set(input /dev/null)
  endif()
  add_test(NAME example.${name}
    COMMAND ${CMAKE_COMMAND} -D PROGRAM=$<TARGET_FILE:example_${name}> -D EXPECTED=${CMAKE_CURRENT_SOURCE_DIR}/${name}.out
      -D INPUT=${input} -D UNORDERED=${arg_UNORDERED} -D FOLDER=${CMAKE_CURRENT_BINARY_DIR}/${name}.run
      -P ${PROJECT_SOURCE_DIR}/cmake/RunExample.cmake)
  set(labels unit)
  if(arg_THREADS)
    set(labels threads)
    offstage_has_threads(example_${name})
  endif()
  set_tests_properties(example.${name} PROPERTIES LABELS "${labels}" TIMEOUT 120)
endfunction()
