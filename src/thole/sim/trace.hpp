#pragma once
// The trace of a run: a hash over every scheduling choice and every call of a seam, with its
// arguments and bytes. Two runs of one seed must agree; where they don't, the first event that
// differs says where the run saw something outside its world.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thole::sim {

class Trace {
 public:
  // With `keep_texts` every event can be shown, at a cost in memory.
  explicit Trace(bool keep_texts) : keep_texts_(keep_texts) {}

  void add(std::string_view event, std::initializer_list<std::uint64_t> numbers,
           std::string_view bytes = {});
  void add(std::string_view event, std::initializer_list<std::uint64_t> numbers,
           std::span<const std::byte> bytes) {
    add(event, numbers, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  std::uint64_t hash() const { return hash_; }
  std::uint64_t size() const { return size_; }
  const std::vector<std::string>& texts() const { return texts_; }

  // Empty when both runs were the same; otherwise the first event that differs, with the few
  // before it, as far as their texts were kept.
  static std::string first_difference(const Trace& a, const Trace& b);

 private:
  // The hash after each of so many events is kept; a longer run only has its last one.
  static constexpr std::size_t kHashesMax = 4'000'000;

  std::string show(std::size_t index) const;

  bool keep_texts_;
  std::uint64_t hash_ = 0;
  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> hashes_;
  std::vector<std::string> texts_;
};

}  // namespace thole::sim
