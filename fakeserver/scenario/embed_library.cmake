# Writes OUTPUT, a C++ file that holds every scenarios/<folder>/*.yaml and the schema as string literals:
#   cmake -DSCENARIOS=<folder> -DOUTPUT=<file> -P embed_library.cmake
# A literal has a length limit in the standard (65,536 characters) that long files exceed; the compilers that the
# project supports have none.
file(GLOB files RELATIVE "${SCENARIOS}" "${SCENARIOS}/*/*.yaml")
list(SORT files)

set(code "// Generated from scenarios/ by embed_library.cmake.\n#include \"scenario/library.hpp\"\n\n")
string(APPEND code "#include <array>\n\nnamespace tdsfake::scenario {\nnamespace {\n\n")

# The delimiter must not occur in the text; the check makes sure of it.
set(open "R\"tdsfake(")
set(close ")tdsfake\"")
function(literal text out)
  string(FIND "${text}" "${close}" at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "a scenario contains ${close}")
  endif()
  set(${out} "${open}${text}${close}" PARENT_SCOPE)
endfunction()

set(entries "")
set(count 0)
foreach(file IN LISTS files)
  file(READ "${SCENARIOS}/${file}" text)
  get_filename_component(folder "${file}" DIRECTORY)
  get_filename_component(name "${file}" NAME_WE)
  # `about` stands on one line, plain or in double quotes without escapes; a unit test compares it with the loader's.
  string(REGEX MATCH "(^|\n)about: ([^\n]*)" found "${text}")
  if(NOT found)
    message(FATAL_ERROR "${file} has no line `about: …`")
  endif()
  string(REGEX REPLACE "^\"(.*)\"$" "\\1" about "${CMAKE_MATCH_2}")
  literal("${text}" text)
  literal("${about}" about)
  string(APPEND entries "    library_entry{\"${name}\", \"${folder}\", ${text},\n        ${about}},\n")
  math(EXPR count "${count} + 1")
endforeach()
if(count EQUAL 0)
  message(FATAL_ERROR "no scenarios in ${SCENARIOS}")
endif()

file(READ "${SCENARIOS}/scenario.schema.json" schema)
literal("${schema}" schema)
string(APPEND code
  "constexpr std::array<library_entry, ${count}> entries{{\n${entries}}};\n\n"
  "constexpr std::string_view schema = ${schema};\n\n"
  "} // namespace\n\n"
  "std::span<const library_entry> library() noexcept { return entries; }\n"
  "std::string_view schema_text() noexcept { return schema; }\n\n"
  "} // namespace tdsfake::scenario\n")
file(WRITE "${OUTPUT}" "${code}")
