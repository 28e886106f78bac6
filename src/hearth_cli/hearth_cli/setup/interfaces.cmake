# Included by CMake right after project() of every package (CMAKE_PROJECT_INCLUDE).
# rclpy loads C type support only, so the C++ generators, half of the build time, are dropped,
# and generated sources are compiled in large units. A colcon build without this file, as on a
# robot, makes everything.
file(GLOB _hearth_interfaces msg/*.msg srv/*.srv action/*.action)
if(NOT _hearth_interfaces)
  return()
endif()
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators QUIET)
if(rosidl_default_generators_FOUND)
  list(FILTER AMENT_EXTENSIONS_rosidl_generate_idl_interfaces EXCLUDE REGEX "_cpp:")
endif()
set(CMAKE_UNITY_BUILD ON)
set(CMAKE_UNITY_BUILD_BATCH_SIZE 0)

# Generated descriptions define the same static names in every file: compiled one by one.
function(_hearth_split_descriptions)
  get_property(_targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  foreach(_target ${_targets})
    get_target_property(_sources ${_target} SOURCES)
    list(FILTER _sources INCLUDE REGEX "__description\\.c$")
    if(_sources)
      set_source_files_properties(${_sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
endfunction()
cmake_language(DEFER CALL _hearth_split_descriptions)
