#include "thole/api/list_source.hpp"

#include <algorithm>
#include <cstring>

namespace thole::api {

ListSource::ListSource(store::Snapshot snapshot, store::Cursor cursor, bool metadata_only,
                       Selection selection, std::string list_head, std::string item_head)
    : snapshot_(std::move(snapshot)),
      cursor_(std::move(cursor)),
      metadata_only_(metadata_only),
      selection_(std::move(selection)),
      item_head_(std::move(item_head)),
      pending_(std::move(list_head)) {}

message::Source::Read ListSource::read(std::span<std::byte> buffer) {
  if (pending_.size() - sent_ < buffer.size()) fill(buffer.size());
  const std::size_t size = std::min(buffer.size(), pending_.size() - sent_);
  if (size == 0) return {State::End, 0};
  std::memcpy(buffer.data(), pending_.data() + sent_, size);
  sent_ += size;
  return {State::Data, size};
}

void ListSource::fill(std::size_t wanted) {
  pending_.erase(0, sent_);
  sent_ = 0;
  while (!complete_ && pending_.size() < wanted) {
    if (!cursor_.valid()) {
      pending_ += "]}\n";
      complete_ = true;
      return;
    }
    const store::Value& value = cursor_.value();
    if (selection_.matches(cursor_.name(), value)) {
      if (!first_) pending_ += ',';
      first_ = false;
      if (metadata_only_) {
        emit_metadata(value, item_head_, value.revision(), pending_);
      } else {
        emit(value, item_head_, value.revision(), pending_);
      }
    }
    cursor_.next();
  }
}

}  // namespace thole::api
