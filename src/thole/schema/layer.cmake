# The facts are embedded; the prose too, where Go is present to take it from the pinned module. It
# is not checked in. Without Go, or without the module, its file is empty and all else works.
set(thole_prose ${CMAKE_BINARY_DIR}/schema-prose)
find_program(THOLE_GO go HINTS /usr/local/go/bin)
add_custom_command(
  OUTPUT ${thole_prose}/prose.gz
  COMMAND ${CMAKE_COMMAND} -DGO=${THOLE_GO} -DOUT=${thole_prose}
          -DTOOL=${CMAKE_SOURCE_DIR}/tools/schemagen/prose -P ${CMAKE_CURRENT_LIST_DIR}/prose.cmake
  DEPENDS ${CMAKE_SOURCE_DIR}/tools/schemagen/prose/main.go ${CMAKE_CURRENT_LIST_DIR}/prose.cmake
  VERBATIM)
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/embedded.S PROPERTIES
  TARGET_DIRECTORY thole_schema
  COMPILE_OPTIONS "-I${CMAKE_BINARY_DIR}"
  OBJECT_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/data/builtin.txt;${thole_prose}/prose.gz")
target_sources(thole_schema PRIVATE ${thole_prose}/prose.gz)

# Fails when the facts, or the generator, were changed without the other; 'make schema' renews both.
# Whether the facts are still upstream's is for 'make schema-check', which needs Go and minutes.
add_test(NAME schema_facts_are_current COMMAND sha256sum --check --quiet facts.sha256
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/tools/schemagen)
