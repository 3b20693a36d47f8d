#include "thole/sim/trace.hpp"

#include <algorithm>

#include "thole/base/text.hpp"
#include "thole/sim/draw.hpp"

namespace thole::sim {
namespace {

constexpr std::size_t kShownBefore = 5;
constexpr std::size_t kShownBytes = 60;

std::string printable(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, kShownBytes)) out += c >= ' ' && c <= '~' ? c : '.';
  if (bytes.size() > kShownBytes) out += "...";
  return out;
}

}  // namespace

void Trace::add(std::string_view event, std::initializer_list<std::uint64_t> numbers,
                std::string_view bytes) {
  hash_ = mix(hash_, hash_of(event));
  for (const std::uint64_t number : numbers) hash_ = mix(hash_, number);
  if (!bytes.empty()) hash_ = mix(hash_, hash_of(bytes));
  ++size_;
  if (hashes_.size() == kHashesMax) return;
  hashes_.push_back(hash_);
  if (!keep_texts_) return;
  std::string text(event);
  for (const std::uint64_t number : numbers) text += cat(" ", number);
  if (!bytes.empty()) text += cat(" \"", printable(bytes), "\" (", bytes.size(), " bytes)");
  texts_.push_back(std::move(text));
}

std::string Trace::show(std::size_t index) const {
  if (index >= hashes_.size()) return "(the run has ended)";
  return index < texts_.size() ? texts_[index] : "(its text was not kept)";
}

std::string Trace::first_difference(const Trace& a, const Trace& b) {
  const auto found = std::ranges::mismatch(a.hashes_, b.hashes_);
  if (found.in1 == a.hashes_.end() && found.in2 == b.hashes_.end()) {
    if (a.hash_ == b.hash_ && a.size_ == b.size_) return {};
    return cat("they differ after event ", kHashesMax, "\n");
  }
  const auto index = static_cast<std::size_t>(found.in1 - a.hashes_.begin());
  std::string out;
  for (std::size_t i = index - std::min(index, kShownBefore); i < index; ++i) {
    out += cat("  event ", i, ": ", a.show(i), "\n");
  }
  out += cat("a event ", index, ": ", a.show(index), "\n");
  out += cat("b event ", index, ": ", b.show(index), "\n");
  return out;
}

}  // namespace thole::sim
