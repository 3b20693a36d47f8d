#include "thole/sim/draw.hpp"

#include <cstring>

#include "thole/base/result.hpp"

namespace thole::sim {
namespace {

constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15;

// The output function of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number
// Generators", 2014).
std::uint64_t scramble(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
  word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
  return word ^ (word >> 31);
}

}  // namespace

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return scramble(a * 31 + scramble(b + kStep));
}

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = bytes.size();
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = bytes.size() < sizeof word ? bytes.size() : sizeof word;
    std::memcpy(&word, bytes.data(), size);
    hash = mix(hash, word);
    bytes.remove_prefix(size);
  }
  return hash;
}

Draw::Draw(std::uint64_t seed) : seed_(seed), state_(scramble(seed + kStep)) {}

std::uint64_t Draw::next() {
  state_ += kStep;
  return scramble(state_);
}

void Draw::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t word = next();
    const std::size_t size = bytes.size() < sizeof word ? bytes.size() : sizeof word;
    std::memcpy(bytes.data(), &word, size);
    bytes = bytes.subspan(size);
  }
}

std::unique_ptr<Random> Draw::fork(std::string_view name) {
  return std::make_unique<Draw>(forked(name));
}

Duration Draw::between(Duration least, Duration most) {
  THOLE_ASSERT(least <= most);
  return least + Duration(below(static_cast<std::uint64_t>((most - least).count()) + 1));
}

}  // namespace thole::sim
