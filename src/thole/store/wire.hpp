#pragma once
// Numbers and bytes as they stand in the journal's files: little-endian, packed.

#include <concepts>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace thole::store {

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  template <std::unsigned_integral T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      out_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
    }
  }
  void bytes(std::string_view value) { out_ += value; }
  void words(std::span<const std::uint32_t> values) {
    for (const std::uint32_t value : values) number(value);
  }

 private:
  std::string& out_;
};

// Reads what may be damaged: behind the end everything is zero or empty, and `good` is false.
class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}

  template <std::unsigned_integral T>
  T number() {
    const std::string_view raw = bytes(sizeof(T));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      value |= std::uint64_t{static_cast<unsigned char>(raw[i])} << (8 * i);
    }
    return static_cast<T>(value);
  }
  std::string_view bytes(std::size_t size) {
    if (size > in_.size()) {
      good_ = false;
      in_ = {};
      return {};
    }
    const std::string_view taken = in_.substr(0, size);
    in_.remove_prefix(size);
    return taken;
  }
  bool good() const { return good_; }
  bool at_end() const { return in_.empty(); }

 private:
  std::string_view in_;
  bool good_ = true;
};

}  // namespace thole::store
