# Warnings, hardening, sanitizers, linker and cache: what every target is built with.

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
                    -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_compile_options(-Wno-missing-designated-field-initializers)
endif()
if(THOLE_WERROR)
  add_compile_options(-Werror)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)
include_directories(${CMAKE_SOURCE_DIR}/src ${CMAKE_BINARY_DIR}/generated)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-mcx16)  # 16-byte compare-and-swap
endif()

if(THOLE_SANITIZE)
  add_compile_options(-fsanitize=${THOLE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${THOLE_SANITIZE})
  add_compile_definitions(THOLE_SANITIZED=1)
endif()
if(THOLE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(THOLE_MOLD mold)
find_program(THOLE_LLD ld.lld-19)
if(THOLE_MOLD)
  add_link_options(-fuse-ld=${THOLE_MOLD})
elseif(THOLE_LLD)
  add_link_options(-fuse-ld=${THOLE_LLD})
endif()
add_link_options(-Wl,-z,relro,-z,now -Wl,--gc-sections)
add_compile_options(-ffunction-sections -fdata-sections)

find_program(THOLE_CCACHE ccache)
if(THOLE_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${THOLE_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${THOLE_CCACHE})
endif()

# Static libraries where Debian packages them, so that the program is one file to copy.
find_package(Threads REQUIRED)
function(thole_static_library target name)
  find_library(THOLE_LIB_${target} NAMES lib${name}.a ${name} REQUIRED)
  add_library(${target} INTERFACE)
  target_link_libraries(${target} INTERFACE ${THOLE_LIB_${target}} ${ARGN})
endfunction()
thole_static_library(libyaml yaml)
thole_static_library(libnghttp2 nghttp2)
thole_static_library(thole_zlib z)
thole_static_library(thole_crypto crypto Threads::Threads dl)
thole_static_library(thole_openssl ssl thole_crypto)
