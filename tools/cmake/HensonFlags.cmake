# How everything is compiled, and the functions that make the parts.

# ccache takes precompiled headers only when it is told that neither what is defined after them nor
# __DATE__ matters: ours are the standard library's alone. Their bytes differ from one source tree to
# the next, so it goes by the .sum file beside them.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1 ${CCACHE_PROGRAM})
endif()

# What many files include of the standard library, parsed once. Nothing of the project: a change in
# it would compile everything again, and files must name what they use (the sanitizers' presets
# compile without).
set(HENSON_PRECOMPILED <algorithm> <array> <cmath> <cstdint> <filesystem> <functional> <limits>
  <map> <memory> <numeric> <optional> <set> <span> <string> <string_view> <unordered_map> <utility>
  <variant> <vector>)

# GCC 12 reports -Wrestrict falsely in std::string's own operator+ (its bugs 105329 and 105651), and
# two others that it keeps quiet about unless the header is precompiled.
add_library(henson_flags INTERFACE)
target_compile_options(henson_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-sign-conversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<BOOL:${HENSON_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  target_compile_options(henson_flags INTERFACE -Wno-stringop-overflow -Wno-array-bounds)
endif()
target_include_directories(henson_flags INTERFACE ${PROJECT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/runtime/include)

if(HENSON_SANITIZE)
  set(flags -fsanitize=${HENSON_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  if(HENSON_SANITIZE MATCHES integer)  # clang's; UBSAN_OPTIONS say whether a finding ends the process
    list(APPEND flags -fsanitize-recover=undefined,integer
      -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/tools/cmake/sanitize_ignore.txt)
  endif()
  if(HENSON_BUILD_FUZZERS)
    list(APPEND flags -fsanitize=fuzzer-no-link)
  endif()
  target_compile_options(henson_flags INTERFACE ${flags})
  target_link_options(henson_flags INTERFACE ${flags})
endif()

# henson_headers(TARGET PACKAGE...): lets TARGET include the headers of header-only packages; their
# warnings are not ours.
function(henson_headers target)
  set(Eigen3_target Eigen3::Eigen)
  set(nlohmann_json_target nlohmann_json::nlohmann_json)
  set(CLI11_target CLI11::CLI11)
  foreach(package IN LISTS ARGN)
    target_include_directories(${target} SYSTEM PRIVATE
      $<TARGET_PROPERTY:${${package}_target},INTERFACE_INCLUDE_DIRECTORIES>)
  endforeach()
endfunction()

# henson_part(NAME SOURCES FILE... [USES PART...] [LIBRARIES TARGET...] [LINKS TARGET...]
#   [HEADERS PACKAGE...])
# The object library henson_NAME, or nothing when there are no sources. LIBRARIES and LINKS are
# recorded for henson_library, which links them; nothing is compiled with what LINKS say.
function(henson_part name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LIBRARIES;LINKS;HEADERS")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_library(henson_${name} OBJECT ${arg_SOURCES})
  target_link_libraries(henson_${name} PRIVATE henson_flags PUBLIC ${arg_LIBRARIES})
  foreach(library IN LISTS arg_LINKS)
    target_link_libraries(henson_${name} INTERFACE $<LINK_ONLY:${library}>)
  endforeach()
  set_target_properties(henson_${name} PROPERTIES CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  henson_headers(henson_${name} ${arg_HEADERS})
  set_property(GLOBAL APPEND PROPERTY HENSON_PARTS ${name})
  set_property(GLOBAL APPEND PROPERTY HENSON_LIBRARIES ${arg_LIBRARIES} ${arg_LINKS})
endfunction()

# henson_compile_quickly(FILE...): for code whose speed does not matter.
function(henson_compile_quickly)
  set_source_files_properties(${ARGN} PROPERTIES
    COMPILE_OPTIONS $<$<CONFIG:Release,RelWithDebInfo>:-O1>)
endfunction()

# henson_precompile_headers(TARGET HEADER...): target_precompile_headers, with what ccache goes by.
function(henson_precompile_headers target)
  target_precompile_headers(${target} PRIVATE ${ARGN})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} --version OUTPUT_VARIABLE compiler)
  string(SHA256 sum "${compiler};${ARGN}")
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir/cmake_pch.hxx.gch.sum ${sum})
endfunction()

# henson_precompile(PART...): the parts share a precompiled header, that of the first of all; they
# are compiled with the same flags.
function(henson_precompile)
  foreach(part IN LISTS ARGN)
    get_property(owner GLOBAL PROPERTY HENSON_PRECOMPILED_BY)
    if(owner)
      target_precompile_headers(henson_${part} REUSE_FROM ${owner})
    else()
      henson_precompile_headers(henson_${part} ${HENSON_PRECOMPILED})
      set_property(GLOBAL PROPERTY HENSON_PRECOMPILED_BY henson_${part})
    endif()
  endforeach()
endfunction()

# henson_link(TARGET PART...): puts the objects of parts into TARGET.
function(henson_link target)
  foreach(part IN LISTS ARGN)
    if(TARGET henson_${part})
      target_link_libraries(${target} PRIVATE henson_${part})
    endif()
  endforeach()
endfunction()
