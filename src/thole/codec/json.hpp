#pragma once
// JSON as encoding/json and sigs.k8s.io/json read and write it (RFC 8259), into and out of Values.
//
// The parser keeps its own stack, so no input can overflow the thread's. Integers that fit 64 bits
// are Int, all other numbers Double. Bytes that are no UTF-8, and lone surrogates, become U+FFFD.
// The last of several equal keys wins; the others can be collected. Errors are BadRequest with the
// words of Go's scanner: `invalid character 'x' after object key`.
//
// Threads: any; functions without state.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thole/codec/value.hpp"

namespace thole::codec {

struct JsonLimits {
  std::size_t depth_max = 10'000;  // As upstream's decoder.
  std::size_t bytes_max = std::size_t{1} << 30;
};

// The paths of fields that stood there more than once, such as `spec.containers[0].image`, in the
// order of their second occurrence; at most 100.
using DuplicateFields = std::vector<std::string>;

// The bytes are copied: the result does not refer to `text`.
Result<Document> parse_json(std::string_view text, const JsonLimits& limits = {},
                            DuplicateFields* duplicates = nullptr);
Result<Value> parse_json(std::string_view text, Arena& arena, const JsonLimits& limits = {},
                         DuplicateFields* duplicates = nullptr);

// Appends compact JSON, as json.Marshal writes it: members in their order, <, > and & escaped.
// No newline at the end (upstream's encoder adds one to each compact answer).
void write_json(const Value& value, std::string& out);
std::string to_json(const Value& value);

// Appends what json.MarshalIndent(v, "", "  ") writes, for people.
void write_pretty_json(const Value& value, std::string& out);

// The pieces, for writers that do not start from a Value.
void write_json_string(std::string_view text, std::string& out);  // With its quotes.
void write_json_double(double number, std::string& out);          // NaN and infinities: null.

// Go's strconv.Quote, which error messages use: "a\"b\n".
std::string go_quote(std::string_view text);

}  // namespace thole::codec
