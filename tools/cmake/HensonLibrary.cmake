# libhenson, static and shared, of the same objects; how it installs, and how others find it.

# henson_form(FORM): the target henson_FORM of all parts, static or shared.
function(henson_form form)
  get_property(parts GLOBAL PROPERTY HENSON_PARTS)
  get_property(libraries GLOBAL PROPERTY HENSON_LIBRARIES)
  string(TOUPPER ${form} type)
  add_library(henson_${form} ${type})
  foreach(part IN LISTS parts)
    target_sources(henson_${form} PRIVATE $<TARGET_OBJECTS:henson_${part}>)
  endforeach()
  set_target_properties(henson_${form} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME henson
    EXPORT_NAME ${form} VERSION ${PROJECT_VERSION} SOVERSION ${HENSON_ABI_VERSION})
  target_compile_features(henson_${form} INTERFACE cxx_std_20)
  target_link_libraries(henson_${form} PRIVATE ${libraries})
  if(HENSON_SANITIZE)  # whoever links the library must link the sanitizers' runtime
    target_link_options(henson_${form} PUBLIC -fsanitize=${HENSON_SANITIZE})
  endif()
  target_include_directories(henson_${form} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/runtime/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

  install(TARGETS henson_${form} EXPORT henson_${form}
    ARCHIVE COMPONENT development
    LIBRARY COMPONENT runtime NAMELINK_COMPONENT development)
  install(EXPORT henson_${form} NAMESPACE henson:: FILE henson_${form}.cmake
    DESTINATION ${package_dir} COMPONENT development)
endfunction()

# What is marked HENSON_API is exported, and no instance of a template of the standard library.
function(henson_export_api target)
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/henson.map.in ${PROJECT_BINARY_DIR}/henson.map)
  target_link_options(${target} PRIVATE
    LINKER:--version-script=${PROJECT_BINARY_DIR}/henson.map)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${PROJECT_BINARY_DIR}/henson.map)
endfunction()

# What pkg-config tells. Of who links the static library it tells libraries and not packages: those
# would have to be there for the shared one too.
function(henson_pkg_config)
  set(libraries ${LIBZIP_LIBRARIES} ${LIBDEFLATE_LIBRARIES} ${UTF8PROC_LIBRARIES}
    ${ONIGURUMA_LIBRARIES} stdc++ m pthread)
  list(TRANSFORM libraries PREPEND "-l")
  list(JOIN libraries " " HENSON_LIBS_PRIVATE)
  if(HENSON_USE_ONEDNN)
    set(HENSON_LIBS_PRIVATE "-ldnnl ${OpenMP_CXX_FLAGS} ${HENSON_LIBS_PRIVATE}")
  endif()
  # By where it lies, so that the installation can be moved.
  file(RELATIVE_PATH HENSON_PC_TO_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/henson.pc.in ${PROJECT_BINARY_DIR}/henson.pc
    @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/henson.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
    COMPONENT development)
endfunction()

# henson_library(): henson::henson is the shared library or the static one, as BUILD_SHARED_LIBS
# says; HENSON_BUILD_BOTH makes the other as well.
function(henson_library)
  set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/henson)
  if(BUILD_SHARED_LIBS OR HENSON_BUILD_BOTH)
    henson_form(shared)
    henson_export_api(henson_shared)
  endif()
  if(NOT BUILD_SHARED_LIBS OR HENSON_BUILD_BOTH)
    henson_form(static)
  endif()
  if(BUILD_SHARED_LIBS)
    add_library(henson::henson ALIAS henson_shared)
  else()
    add_library(henson::henson ALIAS henson_static)
  endif()

  install(DIRECTORY runtime/include/henson DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    COMPONENT development)
  include(CMakePackageConfigHelpers)
  configure_package_config_file(tools/cmake/hensonConfig.cmake.in
    ${PROJECT_BINARY_DIR}/hensonConfig.cmake INSTALL_DESTINATION ${package_dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/hensonConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/hensonConfig.cmake
    ${PROJECT_BINARY_DIR}/hensonConfigVersion.cmake tools/cmake/FindOneDNN.cmake
    DESTINATION ${package_dir} COMPONENT development)
  henson_pkg_config()
endfunction()
