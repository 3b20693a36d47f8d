#pragma once
// A LIST that is written while it is sent, out of a pinned snapshot: memory does not grow with it,
// and nothing is encoded again. Threads: the connection's executor.

#include <string>

#include "thole/api/stored.hpp"
#include "thole/message/message.hpp"
#include "thole/store/snapshot.hpp"

namespace thole::api {

class ListSource final : public message::Source {
 public:
  // `list_head` ends in `"items":[`; `item_head` goes in front of each item's members.
  ListSource(store::Snapshot snapshot, store::Cursor cursor, bool metadata_only,
             Selection selection, std::string list_head, std::string item_head);

  Read read(std::span<std::byte> buffer) override;

 private:
  void fill(std::size_t wanted);

  const store::Snapshot snapshot_;  // Keeps what the cursor walks.
  store::Cursor cursor_;
  const bool metadata_only_;
  const Selection selection_;
  const std::string item_head_;
  std::string pending_;
  std::size_t sent_ = 0;
  bool first_ = true;
  bool complete_ = false;
};

}  // namespace thole::api
