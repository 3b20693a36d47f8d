#include "thole/store/log_format.hpp"

#include <charconv>

#include "thole/base/text.hpp"
#include "thole/store/crc32c.hpp"
#include "thole/store/wire.hpp"

namespace thole::store {
namespace {

constexpr std::string_view kSegmentMagic = "tholelog";
constexpr std::uint8_t kPut = 1;
constexpr std::uint8_t kDelete = 2;

std::string_view text_of(const ClusterId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::uint32_t seed_of(const FramePlace& place, std::uint64_t batch) {
  std::string seed(text_of(place.cluster));
  WireWriter out(seed);
  out.number(place.generation);
  out.number(batch);
  return crc32c(0, seed);
}

}  // namespace

std::string encode(const SegmentHeader& header) {
  std::string bytes(kSegmentMagic);
  WireWriter out(bytes);
  out.number(kFormatVersion);
  out.number(header.note_version);
  out.bytes(text_of(header.cluster));
  out.number(header.generation);
  out.number(header.first_batch);
  out.number(header.before);
  out.number(crc32c(0, bytes));
  bytes.resize(kSegmentHeaderBytes);
  return bytes;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  SegmentHeader header;
  WireReader in(bytes);
  if (in.bytes(kSegmentMagic.size()) != kSegmentMagic) return std::nullopt;
  if (in.number<std::uint32_t>() != kFormatVersion) return std::nullopt;
  header.note_version = in.number<std::uint32_t>();
  const std::string_view id = in.bytes(header.cluster.size());
  header.generation = in.number<std::uint64_t>();
  header.first_batch = in.number<std::uint64_t>();
  header.before = in.number<std::uint64_t>();
  const auto crc = in.number<std::uint32_t>();
  if (!in.good() || crc != crc32c(0, bytes.substr(0, 56))) return std::nullopt;
  std::memcpy(header.cluster.data(), id.data(), id.size());
  return header;
}

std::string encode_frame(const FramePlace& place, std::uint64_t batch,
                         std::span<const ChangePtr> changes) {
  THOLE_ASSERT(!changes.empty());
  std::size_t length = 0;
  for (const ChangePtr& change : changes) {
    length += 17 + change->resource().size() + change->name().size();
    if (change->after()) length += change->after()->footprint();
  }
  std::string frame;
  frame.reserve(kFrameHeaderBytes + length + kFrameAlign);
  frame.resize(8);  // The length and the checksum, when they are known.
  WireWriter out(frame);
  out.number(batch);
  out.number(changes.front()->revision());
  out.number(changes.back()->revision());
  out.number(static_cast<std::uint32_t>(changes.size()));
  out.number(std::uint32_t{0});
  for (const ChangePtr& change : changes) {
    const Value* value = change->after().get();
    out.number(static_cast<std::uint32_t>(change->revision() - changes.front()->revision()));
    out.number(value ? kPut : kDelete);
    out.number(static_cast<std::uint16_t>(change->resource().size()));
    out.number(static_cast<std::uint16_t>(change->name().size()));
    out.number(static_cast<std::uint32_t>(value ? value->note().size() : 0));
    out.number(static_cast<std::uint32_t>(value ? value->bytes().size() : 0));
    out.bytes(change->resource());
    out.bytes(change->name());
    if (!value) continue;
    out.words(value->note());
    out.bytes(value->bytes());
  }
  std::string head;
  WireWriter(head).number(static_cast<std::uint32_t>(frame.size() - kFrameHeaderBytes));
  const std::uint32_t crc =
      crc32c(crc32c(seed_of(place, batch), head), std::string_view(frame).substr(8));
  WireWriter(head).number(crc);
  frame.replace(0, head.size(), head);
  frame.resize((frame.size() + kFrameAlign - 1) / kFrameAlign * kFrameAlign);
  return frame;
}

std::optional<FrameHead> check_frame(const FramePlace& place, std::string_view bytes) {
  FrameHead head;
  WireReader in(bytes);
  head.length = in.number<std::uint32_t>();
  const auto crc = in.number<std::uint32_t>();
  head.batch = in.number<std::uint64_t>();
  head.first = in.number<std::uint64_t>();
  head.last = in.number<std::uint64_t>();
  head.count = in.number<std::uint32_t>();
  in.number<std::uint32_t>();
  const std::string_view changes = in.bytes(head.length);
  if (!in.good() || head.batch == 0 || head.count == 0 || head.last < head.first) {
    return std::nullopt;
  }
  const std::uint32_t wanted = crc32c(crc32c(seed_of(place, head.batch), bytes.substr(0, 4)),
                                      bytes.substr(8, kFrameHeaderBytes - 8 + changes.size()));
  if (crc != wanted) return std::nullopt;
  return head;
}

Result<std::vector<FrameChange>> decode_changes(const FrameHead& head, std::string_view frame) {
  WireReader in(frame.substr(kFrameHeaderBytes, head.length));
  std::vector<FrameChange> changes;
  Revision before = head.first;
  while (in.good() && !in.at_end()) {
    FrameChange change;
    change.revision = head.first + in.number<std::uint32_t>();
    const auto kind = in.number<std::uint8_t>();
    const auto resource_size = in.number<std::uint16_t>();
    const auto name_size = in.number<std::uint16_t>();
    const auto note_count = in.number<std::uint32_t>();
    const auto byte_count = in.number<std::uint32_t>();
    change.put = kind == kPut;
    change.resource = in.bytes(resource_size);
    change.name = in.bytes(name_size);
    WireReader note(in.bytes(std::size_t{note_count} * 4));
    while (!note.at_end()) change.note.push_back(note.number<std::uint32_t>());
    change.bytes = in.bytes(byte_count);
    const bool fits = kind == kPut || (kind == kDelete && byte_count == 0 && note_count == 0);
    if (!in.good() || !fits || change.revision < before || change.revision > head.last) {
      return fail(ErrorKind::InternalError, "a change is malformed");
    }
    before = change.revision;
    changes.push_back(std::move(change));
  }
  if (!in.good() || changes.empty() || changes.size() != head.count || before != head.last ||
      changes.front().revision != head.first) {
    return fail(ErrorKind::InternalError, "the changes do not fit their frame");
  }
  return changes;
}

std::string file_name(std::string_view kind, std::uint64_t number) {
  std::string name = cat(kind, "-");
  for (int shift = 60; shift >= 0; shift -= 4) name += "0123456789abcdef"[(number >> shift) & 15];
  return name;
}

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view kind) {
  if (name.size() != kind.size() + 17 || !name.starts_with(kind) || name[kind.size()] != '-') {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(name.data() + kind.size() + 1, name.data() + name.size(), number, 16);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

}  // namespace thole::store
