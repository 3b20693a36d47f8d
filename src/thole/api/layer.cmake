# The bootstrap objects are embedded; ninja has to know that the assembler reads them.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/bootstrap/data.S PROPERTIES
  TARGET_DIRECTORY thole_api
  OBJECT_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/bootstrap/objects.jsonl;${CMAKE_CURRENT_LIST_DIR}/bootstrap/cluster.jsonl")
