# Debian packages by CPack: libhenson0, libhenson-dev and henson. `cpack` in the build folder of a
# build with HENSON_BUILD_BOTH makes them.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME henson)
set(CPACK_PACKAGE_VENDOR "The authors of Henson")
set(CPACK_PACKAGE_CONTACT "The authors of Henson <henson@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Runs traced BERT models without PyTorch")
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime development tools)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)

# What a package's programs and libraries are linked with is asked of dpkg-shlibdeps.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libhenson${HENSON_ABI_VERSION})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "Runs traced BERT models without PyTorch: the library")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libhenson-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
  "Runs traced BERT models without PyTorch: headers for C++ and C, and the static library")
string(CONCAT CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
  "libhenson${HENSON_ABI_VERSION} (= ${PROJECT_VERSION})")
# Of who links the static library.
string(CONCAT static_needs "libzip-dev, libdeflate-dev, libutf8proc-dev, libonig-dev, pkg-config")
if(HENSON_USE_ONEDNN)
  string(APPEND static_needs ", libdnnl-dev")
endif()
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_RECOMMENDS "${static_needs}")

set(CPACK_DEBIAN_TOOLS_PACKAGE_NAME henson)
set(CPACK_DEBIAN_TOOLS_PACKAGE_SECTION science)
set(CPACK_COMPONENT_TOOLS_DESCRIPTION "Runs traced BERT models without PyTorch: the command line")

include(CPack)
