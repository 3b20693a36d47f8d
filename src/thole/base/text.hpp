#pragma once
// cat("a", 1, 'x', name) makes one string of its pieces with one allocation. It replaces the
// format library that libstdc++ 12 lacks.

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace thole {

namespace text_detail {

// One argument of `cat` as text; numbers are written into its own buffer.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  Piece(char c) : buffer_{c}, text_(buffer_.data(), 1) {}
  Piece(bool) = delete;
  template <std::integral T>
  Piece(T number) {
    const auto end = std::to_chars(buffer_.data(), buffer_.data() + buffer_.size(), number).ptr;
    text_ = {buffer_.data(), static_cast<std::size_t>(end - buffer_.data())};
  }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  std::string_view text() const { return text_; }

 private:
  std::array<char, 24> buffer_{};
  std::string_view text_;
};

std::string join(const Piece* const* pieces, std::size_t count);

template <typename... Pieces>
std::string cat_pieces(const Pieces&... pieces) {
  const std::array<const Piece*, sizeof...(pieces)> all = {&pieces...};
  return join(all.data(), all.size());
}

}  // namespace text_detail

template <typename... Args>
std::string cat(const Args&... args) {
  return text_detail::cat_pieces(text_detail::Piece(args)...);
}

}  // namespace thole
