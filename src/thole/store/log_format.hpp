#pragma once
// The bytes of the journal's files: docs/design/journal.md says it in prose, with an example.
// Everything here is a pure function; what it reads may be damaged.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thole/base/result.hpp"
#include "thole/store/change.hpp"

namespace thole::store {

inline constexpr std::size_t kSegmentHeaderBytes = 4'096;
inline constexpr std::size_t kFrameHeaderBytes = 40;
inline constexpr std::size_t kFrameAlign = 8;
inline constexpr std::uint32_t kFormatVersion = 1;

using ClusterId = std::array<std::byte, 16>;

struct SegmentHeader {
  ClusterId cluster{};
  std::uint32_t note_version = 0;
  std::uint64_t generation = 0;   // Each use of a segment has a greater one.
  std::uint64_t first_batch = 0;  // Of this segment; earlier segments count up to here only.
  Revision before = 0;            // The state's revision before that batch.
};

std::string encode(const SegmentHeader& header);  // kSegmentHeaderBytes long.
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

// Where a frame stands; its checksum covers this too, so a frame can't pass for another.
struct FramePlace {
  ClusterId cluster{};
  std::uint64_t generation = 0;
};

struct FrameHead {
  std::uint32_t length = 0;  // Of the changes.
  std::uint64_t batch = 0;
  Revision first = 0;
  Revision last = 0;
  std::uint32_t count = 0;  // Of changes.

  // Of the frame on disk, padding included.
  std::uint64_t size() const {
    return (kFrameHeaderBytes + length + kFrameAlign - 1) / kFrameAlign * kFrameAlign;
  }
};

// The whole frame, padded.
std::string encode_frame(const FramePlace& place, std::uint64_t batch,
                         std::span<const ChangePtr> changes);

// The frame that `bytes` begin with; nothing when there is none that is whole and undamaged.
std::optional<FrameHead> check_frame(const FramePlace& place, std::string_view bytes);

// One change of a frame, pointing into it.
struct FrameChange {
  Revision revision = 0;
  bool put = false;
  std::string_view resource;
  std::string_view name;
  std::vector<std::uint32_t> note;
  std::string_view bytes;
};
// Fails only for a frame that was written wrongly: its checksum held.
Result<std::vector<FrameChange>> decode_changes(const FrameHead& head, std::string_view frame);

// "log-00000000000000a7" and the like.
std::string file_name(std::string_view kind, std::uint64_t number);
std::optional<std::uint64_t> number_in(std::string_view name, std::string_view kind);

}  // namespace thole::store
