# Installs Henson into a new prefix, builds a copy of the consumer against it with find_package alone
# in a build tree of its own, and runs it; then its C program by pkg-config alone.
#   cmake -D BUILD_DIR=... -D SOURCE_DIR=... -D FORM=static|shared -D CXX=... -D BUILD_TYPE=...
#     -D ARCHIVE=... [-D SANITIZE=...] -P run.cmake
cmake_minimum_required(VERSION 3.20)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(work ${BUILD_DIR}/consumer_${FORM})
file(REMOVE_RECURSE ${work})
foreach(component runtime development)
  run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${work}/prefix --component ${component})
endforeach()
if(FORM STREQUAL "static")  # as a build without the other form installs it
  file(GLOB shared ${work}/prefix/lib*/libhenson.so* ${work}/prefix/lib*/*/libhenson.so*)
  if(shared)
    file(REMOVE ${shared})
  endif()
endif()
file(COPY ${SOURCE_DIR}/tests/consumer/CMakeLists.txt ${SOURCE_DIR}/tests/consumer/main.cc
  ${SOURCE_DIR}/tests/consumer/page.cc ${SOURCE_DIR}/tests/consumer/contents.cc
  ${SOURCE_DIR}/tests/consumer/in_c.c
  DESTINATION ${work}/source)
run(${CMAKE_COMMAND} -S ${work}/source -B ${work}/build -G Ninja -D CMAKE_PREFIX_PATH=${work}/prefix
  -D CMAKE_CXX_COMPILER=${CXX} -D CMAKE_BUILD_TYPE=${BUILD_TYPE} -D FORM=${FORM})

# The build folder may lie within the source tree: what is left without it must not name the tree.
foreach(file compile_commands.json build.ninja)
  file(READ ${work}/build/${file} commands)
  string(REPLACE ${BUILD_DIR} "" commands "${commands}")
  string(FIND "${commands}" ${SOURCE_DIR} position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "the consumer's ${file} names the source tree ${SOURCE_DIR}")
  endif()
endforeach()
file(READ ${work}/build/compile_commands.json commands)
string(FIND "${commands}" ${work}/prefix position)
if(position EQUAL -1)
  message(FATAL_ERROR "the consumer does not compile against ${work}/prefix")
endif()

run(${CMAKE_COMMAND} --build ${work}/build)
run(${work}/build/consumer ${ARCHIVE})
if(NOT output STREQUAL "1 5 32 ")
  message(FATAL_ERROR "the consumer printed \"${output}\"")
endif()
run(${work}/build/page ${SOURCE_DIR}/tests/tasks/masked_lm.pt ${SOURCE_DIR}/tests/tasks/vocab.txt)
if(NOT output MATCHES "^by hand: ([a-z#]+)\nfrom text: ([a-z#]+)\nin one call: [a-z#]+\n$"
    OR NOT CMAKE_MATCH_1 STREQUAL CMAKE_MATCH_2)
  message(FATAL_ERROR "the page's example printed \"${output}\"")
endif()
run(${work}/build/contents ${ARCHIVE})
if(NOT output MATCHES "^BERT encoder: 1 layer, hidden 32, .*query of layer 0")
  message(FATAL_ERROR "the contents are told as \"${output}\"")
endif()


set(masked_lm ${SOURCE_DIR}/tests/tasks/masked_lm.pt ${SOURCE_DIR}/tests/tasks/vocab.txt)
function(check_c)
  if(NOT output MATCHES "^1 5 32 1 32 [a-z#]+\n$")
    message(FATAL_ERROR "the C program printed \"${output}\"")
  endif()
endfunction()
run(${work}/build/in_c ${ARCHIVE} ${masked_lm})
check_c()

file(GLOB_RECURSE pc ${work}/prefix/henson.pc)
get_filename_component(pc_folder ${pc} DIRECTORY)
get_filename_component(lib_folder ${pc_folder} DIRECTORY)
set(ENV{PKG_CONFIG_PATH} ${pc_folder})
set(static)
if(FORM STREQUAL "static")
  set(static --static)
endif()
run(pkg-config ${static} --cflags --libs henson)
separate_arguments(flags UNIX_COMMAND "${output}")
set(sanitizer)
if(SANITIZE)
  set(sanitizer -fsanitize=${SANITIZE})
endif()
run(cc -std=c11 -D_POSIX_C_SOURCE=200809L ${work}/source/in_c.c -o ${work}/by_pkg_config ${sanitizer}
  ${flags} -Wl,-rpath,${lib_folder})
run(${work}/by_pkg_config ${ARCHIVE} ${masked_lm})
check_c()
