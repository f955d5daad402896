# What an installed copy has: find_package(Offstage COMPONENTS executor) gives offstage::executor, which needs nothing
# but threads. Each part is a component; a part brings those below it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(offstage_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Offstage)
foreach(part base sys sync executor)
  install(TARGETS offstage_${part} EXPORT offstage_${part} COMPONENT executor
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT offstage_${part} NAMESPACE offstage:: FILE Offstage_${part}.cmake
    DESTINATION ${offstage_config_dir} COMPONENT executor)
endforeach()
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/OffstageConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/OffstageConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/OffstageConfigVersion.cmake
  DESTINATION ${offstage_config_dir} COMPONENT executor)
