# Compiling several files as one is what lets CI build everything on two cores: most of a file's time
# goes into Asio's and the library's headers. THOLE_UNITY turns it on; the dev preset leaves it off,
# since there one file is changed at a time.
#
# Not joined: `real`, for the macros of the system's headers; `http`, whose sessions use the same
# names for the callbacks of two roles; the tests of layers whose files share names. The rest are
# files that share a name with another of their layer in an unnamed namespace.

option(THOLE_UNITY "Compile several files as one" OFF)

set(THOLE_UNITY_TESTS api base codec schema store message)
set(THOLE_UNITY_APART
  api/auth/escalation.cpp api/auth/impersonation.cpp api/auth/rbac_policy.cpp api/auth/reviews.cpp api/crd/rules.cpp
  api/negotiate.cpp api/kinds/admissionregistration.cpp api/subresources.cpp
  api/tables/apps.cpp api/lists_test.cpp api/protobuf_body_test.cpp api/verbs_test.cpp
  base/metrics.cpp cli/serve.cpp cli/up.cpp
  codec/json_parse.cpp codec/quantity.cpp codec/time.cpp codec/yaml_scalar.cpp
  lab/aba.cpp
  schema/validate.cpp schema/openapi.cpp schema/openapi_custom.cpp schema/strategic_merge.cpp
  schema/structural.cpp schema/round_trip_test.cpp
  store/checkpoint.cpp)

# thole_join_sources(target layer): several of the target's files are one to the compiler
function(thole_join_sources target layer)
  if(NOT THOLE_UNITY OR layer MATCHES "^(real|http|memmodel)$")
    return()
  endif()
  if(target MATCHES "_test$" AND NOT layer IN_LIST THOLE_UNITY_TESTS)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  foreach(source ${THOLE_UNITY_APART})
    set_source_files_properties(${CMAKE_SOURCE_DIR}/src/thole/${source} PROPERTIES
      SKIP_UNITY_BUILD_INCLUSION ON)
  endforeach()
endfunction()
