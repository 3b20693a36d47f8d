# Makes OUT/prose.gz with the Go program in TOOL, or makes it empty and says so.
file(MAKE_DIRECTORY ${OUT})
set(failed "there is no Go here")
if(GO)
  set(ENV{GOFLAGS} "-buildvcs=false")
  execute_process(COMMAND ${GO} run . ${OUT}/prose.gz
    WORKING_DIRECTORY ${TOOL} RESULT_VARIABLE failed ERROR_VARIABLE why)
endif()
if(NOT failed EQUAL 0)
  message("schema: no field descriptions, as kubectl explain will say: ${failed} ${why}")
  file(WRITE ${OUT}/prose.gz "")
endif()
