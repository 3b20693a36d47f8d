#pragma once
// TaggedPtr is a pointer and a version in one word, so that a compare-and-swap fails when the word
// left and came back in between (A, B, A). The version takes the address bits that user space does
// not use: 16 beside a 48-bit address. Where addresses are longer, or when T's are not known to be
// short, AtomicTaggedPtr's double-width form is the alternative; it is not packaged here because a
// 16-byte load is a locked operation on x86 and the packed form covers every system thole runs on.
//
// Bound: the version wraps after 2^tag_bits changes; an operation that is stopped for exactly a
//   multiple of that many changes is fooled. A test with 2 bits shows it happening.
// Size: one word; always lock-free.
// Source: IBM System/370 Principles of Operation (1983), appendix on compare double and swap.

#include "thole/base/result.hpp"
#include "thole/sync/order.hpp"

namespace thole::sync {

template <typename T, unsigned tag_bits = 16>
class TaggedPtr {
  static_assert(tag_bits >= 1 && tag_bits <= 16);

 public:
  TaggedPtr() = default;
  TaggedPtr(T* pointer, std::uint64_t tag)
      : word_(reinterpret_cast<std::uintptr_t>(pointer) | (tag & tag_mask) << 48) {
    THOLE_ASSERT((reinterpret_cast<std::uintptr_t>(pointer) >> 48) == 0);
  }

  T* pointer() const { return reinterpret_cast<T*>(word_ & ((std::uint64_t{1} << 48) - 1)); }
  std::uint64_t tag() const { return word_ >> 48; }
  // The next version, pointing to `pointer`.
  TaggedPtr next(T* pointer) const { return TaggedPtr(pointer, tag() + 1); }

  bool operator==(const TaggedPtr&) const = default;

 private:
  static constexpr std::uint64_t tag_mask = (std::uint64_t{1} << tag_bits) - 1;
  std::uint64_t word_ = 0;
};

}  // namespace thole::sync
