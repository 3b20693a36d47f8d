#pragma once
// UTF-8 (RFC 3629), byte by byte and bounded. Threads: any.

#include <cstdint>
#include <string>
#include <string_view>

namespace thole::codec {

struct Rune {
  char32_t code = 0xFFFD;
  std::uint32_t size = 1;  // Bytes taken; 1 for a byte that starts no valid sequence.
  bool valid = false;
};

// The first character of `text`, which must not be empty.
Rune decode_rune(std::string_view text);
void append_rune(char32_t code, std::string& out);
std::uint32_t encode_rune(char32_t code, char* out);  // At most 4 bytes; returns how many.
bool is_utf8(std::string_view text);
std::size_t rune_count(std::string_view text);  // As Go's utf8.RuneCountInString.

}  // namespace thole::codec
